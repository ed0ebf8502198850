import Checkpoints
import Failures
import Files
import Foundation
import Interchange
import Networks
import PortableBackend
import Programs
import Symmetry
import Tensors
import TestSupport
import Testing

/// Networks drawn at random, run by this package, and by the layers' definition from the Keras file that becomes of them.
@Suite("Random networks as Keras files")
struct KerasRandomTests {
  /// Draws a network, and keeps the shape of what it has come to.
  private struct Drawing {
    var nodes: [Node] = []
    private var random: Numbers
    private var value = Node.image
    private var shapes: [String: Shape] = [:]
    private(set) var shape: [Int]
    let imageShape: [Int]

    /// Numbers that a seed decides.
    private struct Numbers: RandomNumberGenerator {
      var state: UInt64
      mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return (state >> 33) << 32 | state >> 32 & 0xFFFF_FFFF
      }
    }

    init(seed: Int) {
      random = Numbers(state: UInt64(seed) &* 0x9E37_79B9_7F4A_7C15 &+ 1)
      imageShape = [Int.random(in: 1...3, using: &random), 7, 8]
      shape = imageShape
      for _ in 0..<Int.random(in: 3...7, using: &random) { addLayer() }
      if draw(0...1) == 0 { add(.averagePooling(.global)) }
      add(.flatten)
      if draw(0...2) == 0 { add(.activation(.tanh)) }
      if draw(0...3) == 0 { add(.channelSlice(ChannelSlice(start: 0, count: max(1, shape[0] - 1)))) }
      add(.dense(Dense(outputs: 3)))
    }

    private mutating func draw(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }

    private mutating func choose<Element>(_ list: [Element]) -> Element { list[draw(0...list.count - 1)] }

    /// Adds `layer` behind the last one, unless that does not take it.
    @discardableResult private mutating func add(_ layer: Layer, _ others: [String] = []) -> Bool {
      let inputs = [value] + others
      guard let made = try? layer.checkedShape(of: inputs.map { shapes[$0] ?? Shape(imageShape) }) else { return false }
      value = "n.\(nodes.count)"
      nodes.append(Node(name: value, inputs: inputs, layer: layer))
      shapes[value] = made
      shape = made.sizes
      return true
    }

    private mutating func margins(_ most: Int) -> Margins {
      Margins(top: draw(0...most), left: draw(0...most), bottom: draw(0...most), right: draw(0...most))
    }

    private mutating func extent(_ range: ClosedRange<Int>) -> Extent {
      Extent(height: draw(range), width: draw(range))
    }

    private mutating func addLayer() {
      let channels = shape[0]
      switch draw(0...15) {
      case 0, 1:
        let groups = choose([1, 1, channels, channels.isMultiple(of: 2) ? 2 : 1])
        let isDilated = draw(0...3) == 0
        let settings = Convolution(
          outputChannels: groups * draw(1...3), kernelSize: extent(1...3),
          stride: isDilated ? Extent(1) : extent(1...2),
          padding: margins(2), dilation: isDilated ? extent(1...2) : Extent(1), groups: groups, bias: draw(0...1) == 0)
        add(.convolution(settings))
      case 2:
        let settings = TransposedConvolution(
          outputChannels: draw(1...3), kernelSize: extent(2...3), stride: extent(1...2), padding: margins(1),
          bias: draw(0...1) == 0)
        add(.transposedConvolution(settings))
      case 3: add(.batchNormalization(BatchNormalization(epsilon: 1e-3)))
      case 4: add(.groupNormalization(GroupNormalization(groups: choose([1, channels]), affine: draw(0...1) == 0)))
      case 5: add(.layerNormalization(LayerNormalization(affine: draw(0...1) == 0)))
      case 6, 7:
        let all: [Activation] = [
          .relu, .relu6, .leakyReLU(slope: 0.25), .elu(alpha: 0.5), .gelu, .geluTanh, .silu, .sigmoid, .tanh,
          .hardSigmoid, .hardSwish, .softplus,
        ]
        add(.activation(choose(all)))
      case 8:
        add(.relu)
        let settings = Pooling(
          kernelSize: extent(2...3), stride: extent(1...2), padding: margins(1), ceilMode: draw(0...1) == 0)
        add(.maxPooling(settings))
      case 9:
        let settings = Pooling(kernelSize: extent(2...3), stride: extent(1...2), padding: margins(1))
        add(.averagePooling(settings))
      case 10: add(.upsampling(Upsampling(factor: extent(1...2), mode: choose([.nearest, .bilinear]))))
      case 11: add(.adaptiveAveragePooling(extent(1...3)))
      case 12:
        add(
          .scaleShift(
            ScaleShift(
              scale: (0..<channels).map { Float($0) / 2 - 0.75 }, shift: (0..<channels).map { Float($0) / 8 })))
      case 13: addChannels(channels)
      case 14:
        let before = value
        let isJoined = draw(0...1) == 0
        let kernel = Convolution(outputChannels: channels, kernelSize: 3, padding: 1)
        guard before != Node.image, add(.convolution(kernel)) else { return }
        add(isJoined ? .concatenation : choose([.sum, .product]), [before])
      default:
        // Factors for channels.
        let before = value
        guard before != Node.image, add(.averagePooling(.global)) else { return }
        add(.activation(.sigmoid))
        let factors = value
        (value, shape) = (before, shapes[before]?.sizes ?? shape)
        add(.product, [factors])
      }
    }

    private mutating func addChannels(_ channels: Int) {
      switch draw(0...4) {
      case 0: add(.channelPadding(ChannelPadding(before: draw(0...2), after: draw(0...2))))
      case 1: add(.channelShuffle(groups: choose([1, channels])))
      case 2: add(.channelPermutation(order: (0..<channels).shuffled(using: &random)))
      case 3:
        let start = draw(0...channels - 1)
        add(.channelSlice(ChannelSlice(start: start, count: draw(1...channels - start))))
      default:
        add(.groupConvolution(GroupConvolution(.p4, lifting: true, outputChannels: 1, kernelSize: 3, padding: 1)))
        add(.groupBatchNormalization(BatchNormalization(), over: .p4))
        add(choose([.groupMaxPooling(.p4), .groupAveragePooling(.p4)]))
      }
    }

    /// The network, with preprocessing.
    func graph() throws -> NetworkGraph {
      let count = imageShape[0]
      return try NetworkGraph(
        NetworkDefinition(
          architecture: "random", imageShape: imageShape, classCount: 3,
          preprocessing: Preprocessing(
            mean: .init(repeating: 0.5, count: count), standardDeviation: .init(repeating: 0.25, count: count)),
          nodes: nodes))
    }
  }

  @Test("The file computes what the network computes, and so does what is read of it", arguments: 0..<60)
  func same(seed: Int) throws {
    let graph = try Drawing(seed: seed).graph()
    var parameters = Parameters(initializing: graph, seed: UInt64(seed))
    for spec in graph.parameters where spec.shape.rank == 1 {
      let isScale = spec.path.text.hasSuffix("weight") || spec.path.text.hasSuffix("var")
      let values = FormulaWeights.units(path: spec.path.text, count: spec.shape.count)
      parameters[spec.path] = Tensor(spec.shape, values.map { Float((isScale ? 1 : 0) + 0.5 * $0) })
    }
    let shape = [2] + graph.imageShape.sizes
    let pixels = Tensor(Shape(shape), FormulaWeights.pixels(shape: shape))
    let program = try InferenceProgram(graph, parameters: parameters, batchSize: 2, on: PortableBackend(threads: 1))
    var own = Tensor([2, 3])
    try program.forward(pixels, into: &own)
    let scale = Double(own.values.map(abs).max() ?? 0)
    try Fixture.withTemporaryFolder { folder in
      try Checkpoint(definition: graph.definition, parameters: parameters).write(to: "\(folder)/m.h5")
      let derivation = Derivation(tool: "cusp-convert", version: "1", arguments: [])
      let file = try TensorFile(path: "\(folder)/m.h5")
      let message = refusal { _ = try Conversion(file, by: derivation).write(.keras, to: "\(folder)/m.keras") }
      if let message {
        #expect(message.hasSuffix("so Keras files cannot hold it"), "\(message)")
        return
      }
      let there = try KerasReference(path: "\(folder)/m.keras").run(.init(channelsFirst: pixels)).values
      let worst = zip(there, own.values).map { abs($0 - Double($1)) }.max() ?? .infinity
      #expect(there.count == 6 && worst <= 1e-5 * max(scale, 1), "off by \(worst) of \(scale)")
      let bytes = try changedMember(
        "metadata.json", [UInt8](Data(contentsOf: URL(fileURLWithPath: "\(folder)/m.keras")))
      ) {
        $0.replacing("cusp.definition", with: "other")
      }
      // What is written as several layers of Keras is not all read again.
      guard let model = try? TensorFile(ByteSource(bytes, name: "x")).model() else { return }
      let back = zip(try logits(model, pixels), own.values).map { abs(Double($0 - $1)) }.max() ?? .infinity
      #expect(back <= 1e-5 * max(scale, 1), "read again off by \(back) of \(scale)")
    }
  }
}
