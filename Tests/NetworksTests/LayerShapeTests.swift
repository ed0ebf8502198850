import Failures
import Networks
import Tensors
import Testing

/// Layers with settings beyond square windows: what they make of `[6, 9, 7]`, and what they refuse.
@Suite("Shapes that layers make")
struct LayerShapeTests {
  /// The shape that `layer` makes of images of `image`, twice the same where it takes two inputs.
  private func shape(_ layer: Layer, of image: [Int] = [6, 9, 7]) throws -> [Int] {
    let inputs = layer == .product ? [Node.image, Node.image] : [Node.image]
    let graph = try NetworkGraph(
      NetworkDefinition(
        architecture: "layer", imageShape: image, classCount: 2,
        nodes: [
          Node(name: "layer", inputs: inputs, layer: layer), Node(name: "flat", inputs: ["layer"], layer: .flatten),
          Node(name: "fc", inputs: ["flat"], layer: .dense(Dense(outputs: 2))),
        ]))
    return graph.vertices[0].outputShape.sizes
  }

  private static let kernel = Extent(height: 3, width: 2)

  @Test("windows that are not square")
  func windows() throws {
    let convolution = Convolution(
      outputChannels: 4, kernelSize: Self.kernel, stride: Extent(height: 2, width: 1),
      padding: Margins(top: 1, left: 0, bottom: 2, right: 1), dilation: Extent(height: 2, width: 3))
    // (9 + 3 - 5) / 2 + 1 and (7 + 1 - 4) / 1 + 1.
    #expect(try shape(.convolution(convolution)) == [4, 4, 5])
    let transposed = TransposedConvolution(
      outputChannels: 4, kernelSize: Self.kernel, stride: Extent(height: 2, width: 3),
      padding: Margins(top: 1, left: 0, bottom: 0, right: 0), outputPadding: Extent(height: 1, width: 2))
    // 8 * 2 - 1 + 3 + 1 and 6 * 3 + 2 + 2.
    #expect(try shape(.transposedConvolution(transposed)) == [4, 19, 22])
    #expect(try shape(.upsampling(Upsampling(factor: Self.kernel, mode: .nearest))) == [6, 27, 14])
    #expect(try shape(.adaptiveAveragePooling(Self.kernel)) == [6, 3, 2])
  }

  @Test("a last window past the padding begins before its end", arguments: [false, true])
  func ceilMode(isCeil: Bool) throws {
    func pooled(_ side: Int, padding: Int) throws -> Int {
      let settings = Pooling(
        kernelSize: Extent(2), stride: Extent(2), padding: Margins(padding), ceilMode: isCeil)
      return try shape(.maxPooling(settings), of: [1, side, side])[1]
    }
    #expect(try pooled(7, padding: 0) == (isCeil ? 4 : 3))
    #expect(try pooled(8, padding: 0) == 4)
    // A fifth window would begin in the padding below: PyTorch leaves it out, too.
    #expect(try pooled(7, padding: 1) == 4)
  }

  @Test("two inputs of one shape may be multiplied")
  func product() throws { #expect(try shape(.product) == [6, 9, 7]) }

  @Test(
    "settings that cannot be are refused",
    arguments: [
      (.channelSlice(ChannelSlice(start: 4, count: 3)), "takes 3 channels from 4 on, has [6x9x7]"),
      (.channelSlice(ChannelSlice(start: -1, count: 1)), "takes 1 channels from -1 on, has [6x9x7]"),
      (.channelShuffle(groups: 4), "cannot split 6 channels into 4 groups"),
      (.channelPermutation(order: [0, 1, 2, 3, 4]), "needs an order of all channels, 0...5, each once"),
      (.channelPermutation(order: [0, 1, 2, 3, 4, 4]), "needs an order of all channels, 0...5, each once"),
      (
        .channelPadding(ChannelPadding(before: -1, after: 1)),
        "needs 0...1048576 channels before and after, has -1 and 1"
      ),
      (.scaleShift(ScaleShift(scale: [1, 2], shift: [0, 0])), "needs one finite scale and shift"),
      (.activation(.leakyReLU(slope: -0.5)), "needs a finite slope of 0 or more"),
      (.activation(.elu(alpha: 0)), "needs a finite alpha above 0"),
      (.adaptiveAveragePooling(Extent(height: 10, width: 1)), "needs a size within the image [6x9x7], has 10x1"),
      (.groupNormalization(GroupNormalization(groups: 5)), "cannot split 6 channels into 5 groups"),
      (.layerNormalization(LayerNormalization(epsilon: 0)), "needs epsilon > 0"),
      (.localResponseNormalization(LocalResponseNormalization(size: 3, k: 0)), "k above 0"),
      (.upsampling(Upsampling(factor: Extent(0), mode: .nearest)), "needs factor in 1...1048576, has 0"),
      (
        .transposedConvolution(
          TransposedConvolution(outputChannels: 2, kernelSize: Extent(3), outputPadding: Extent(1))),
        "needs outputPadding below the stride or the dilation, has 1"
      ),
    ] as [(Layer, String)])
  func refusals(layer: Layer, message: String) {
    do {
      _ = try shape(layer)
      Issue.record("\(layer) is taken")
    } catch {
      #expect("\(error)".contains(message), "\(error)")
    }
  }
}
