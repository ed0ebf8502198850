import Networks
import Programs
import Symmetry
import Tensors
import TestSupport
import Testing

/// Norms over a group in training, whose numbers lie row-major.
@Suite("Norms over a group")
struct GroupNormTests {
  static let batch = 3

  /// Images of two channels over p4m, normed; some sides fill vectors, others do not.
  private func graph(side: Int, relu: Bool, lifted: Bool) throws -> NetworkGraph {
    let lifting = GroupConvolution(.p4m, lifting: true, outputChannels: 2, kernelSize: 3, padding: 1)
    let norm = Layer.groupBatchNormalization(BatchNormalization(), over: .p4m)
    var nodes = lifted ? [Node(name: "lift", inputs: [Node.image], layer: .groupConvolution(lifting))] : []
    nodes.append(Node(name: "bn", inputs: [lifted ? "lift" : Node.image], layer: norm))
    if relu { nodes.append(Node(name: "relu", inputs: ["bn"], layer: .relu)) }
    nodes.append(Node(name: "flatten", inputs: [relu ? "relu" : "bn"], layer: .flatten))
    return try NetworkGraph(
      NetworkDefinition(
        architecture: "norm", imageShape: [lifted ? 1 : 16, side, side], classCount: 16 * side * side, nodes: nodes))
  }

  /// One step of training: what came out, and the program.
  private func trained(_ graph: NetworkGraph, on backend: TestBackend) throws -> (logits: Tensor, TrainingProgram) {
    let parameters = Parameters(of: graph) { spec in
      let path = spec.path.text
      let kind: FormulaWeights.Kind =
        path.hasPrefix("bn") ? (path.hasSuffix("weight") ? .normWeight : .normBias) : .weight
      guard !path.contains("running"), !path.contains("num") else { return Tensor(spec.shape) }
      return Tensor(spec.shape, FormulaWeights.values(path: path, shape: spec.shape.sizes, kind: kind))
    }
    let program = try TrainingProgram(graph, parameters: parameters, batchSize: Self.batch, on: backend.make(2))
    var logits = Tensor([Self.batch, graph.classCount])
    try program.forward(pixels(graph), masks: [], into: &logits)
    try program.backward(arriving(graph))
    return (logits, program)
  }

  private func pixels(_ graph: NetworkGraph) -> Tensor {
    let shape = [Self.batch] + graph.imageShape.sizes
    return Tensor(Shape(shape), FormulaWeights.pixels(shape: shape))
  }

  private func arriving(_ graph: NetworkGraph) -> Tensor {
    let units = FormulaWeights.units(path: "arriving", count: Self.batch * graph.classCount)
    return Tensor([Self.batch, graph.classCount], units.map { Float($0) })
  }

  @Test(
    "a channel's mean and variance are those of its eight maps, and so are the gradients of its scale and shift",
    arguments: TestBackends.all, [(8, true), (8, false), (5, true), (5, false)])
  func channels(backend: TestBackend, maps: (side: Int, relu: Bool)) throws {
    let (side, relu) = maps
    let graph = try graph(side: side, relu: relu, lifted: false)
    let (logits, program) = try trained(graph, on: backend)
    let (pixels, arriving) = (pixels(graph).values, arriving(graph).values)
    let (gradients, parameters) = (try program.gradients(), try program.parameters())
    let size = 8 * side * side
    for channel in 0..<2 {
      let places = (0..<Self.batch).flatMap { image in (0..<size).map { (2 * image + channel) * size + $0 } }
      let count = Double(places.count)
      let mean = places.reduce(0) { $0 + Double(pixels[$1]) } / count
      let variance = places.reduce(0) { $0 + (Double(pixels[$1]) - mean) * (Double(pixels[$1]) - mean) } / count
      let scale = Double(parameters["bn.weight"].values[channel]), shift = Double(parameters["bn.bias"].values[channel])
      var (ofScale, ofShift) = (0.0, 0.0)
      for place in places {
        let normed = (Double(pixels[place]) - mean) / (variance + 1e-5).squareRoot()
        let value = normed * scale + shift
        #expect(abs(Double(logits.values[place]) - (relu ? max(value, 0) : value)) < 1e-5)
        if relu, value <= 0 { continue }
        ofScale += Double(arriving[place]) * normed
        ofShift += Double(arriving[place])
      }
      #expect(abs(Double(try #require(gradients["bn.weight"]).values[channel]) - ofScale) < 1e-4)
      #expect(abs(Double(try #require(gradients["bn.bias"]).values[channel]) - ofShift) < 1e-4)
      #expect(abs(Double(parameters["bn.running_mean"].values[channel]) - 0.1 * mean) < 1e-6)
      #expect(
        abs(Double(parameters["bn.running_var"].values[channel]) - 0.1 * variance * count / (count - 1)) < 1e-6)
    }
  }

  @Test("gradients behind a norm are the same on every engine", arguments: [8, 5], [true, false])
  func through(side: Int, relu: Bool) throws {
    let graph = try graph(side: side, relu: relu, lifted: true)
    let expected = try trained(graph, on: TestBackends.portable).1.gradients()
    #expect(expected.count == 4)
    for backend in TestBackends.all {
      let found = try trained(graph, on: backend).1.gradients()
      for path in ["lift.weight", "bn.weight", "bn.bias"] as [ParameterPath] {
        #expect(difference(try #require(found[path]), try #require(expected[path])) < 2e-5, "\(path)")
      }
    }
  }
}
