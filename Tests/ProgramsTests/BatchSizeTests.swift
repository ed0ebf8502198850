import Networks
import Programs
import Tensors
import Testing

/// How many images evaluation programs take at once.
@Suite("The batch of evaluation programs")
struct BatchSizeTests {
  /// A convolution to `channels` channels of a square image, its mean, and ten logits.
  private func graph(side: Int, channels: Int) throws -> NetworkGraph {
    let window = Convolution(outputChannels: channels, kernelSize: 3, padding: 1, bias: false)
    let nodes = [
      Node(name: "conv", inputs: [Node.image], layer: .convolution(window)),
      Node(name: "bend", inputs: ["conv"], layer: .relu),
      Node(name: "pool", inputs: ["bend"], layer: .averagePooling(.global)),
      Node(name: "flat", inputs: ["pool"], layer: .flatten),
      Node(name: "fc", inputs: ["flat"], layer: .dense(Dense(outputs: 10))),
    ]
    return try NetworkGraph(
      NetworkDefinition(architecture: "mine", imageShape: [3, side, side], classCount: 10, nodes: nodes))
  }

  @Test("It is the largest power of two up to 32 of which all that a pass writes takes at most 1 GiB")
  func rule() throws {
    // Pixels and what the convolution writes, its ReLU within: 4 (3 + channels) side² bytes, and a few numbers more.
    for (side, channels, size) in [
      (32, 64, 32), (512, 28, 32), (512, 29, 16), (512, 60, 16), (512, 61, 8), (1024, 61, 2), (1024, 253, 2),
      (1024, 1021, 2),
    ] {
      let graph = try graph(side: side, channels: channels)
      #expect(graph.evaluationBatchSize == size, "\(side), \(channels): \(graph.evaluationByteCount)")
      let written = 4 * (3 + channels) * side * side
      #expect(graph.evaluationByteCount - written < 4 * (2 * channels + 20) && graph.evaluationByteCount > written)
    }
  }

  @Test(
    "Architectures of customary depth for images of 32 pixels a side keep the usual batch; others take 1 GiB at most")
  func architectures() throws {
    for architecture in Architecture.allCases {
      let graph = try NetworkGraph(architecture.definition())
      let size = graph.evaluationBatchSize
      #expect(size == 2 || size * graph.evaluationByteCount <= 1 << 30, "\(architecture.name)")
      #expect(size == 32 || 2 * size * graph.evaluationByteCount > 1 << 30, "\(architecture.name)")
    }
    for name in ["small-cnn", "vgg19", "resnet18", "preact-resnet18", "senet18", "mobilenetv2", "efficientnet-b0"] {
      #expect(try NetworkGraph(try #require(Architecture(rawValue: name)).definition()).evaluationBatchSize == 32)
    }
    let vgg = try NetworkGraph(try #require(Architecture(rawValue: "vgg16-bn-224")).definition())
    #expect(vgg.evaluationBatchSize == 16 && vgg.imageShape == [3, 224, 224])
  }

  @Test("Both programs take it, and large images are compiled for no more")
  func programs() throws {
    let (graph, spy) = (try graph(side: 512, channels: 61), SpyBackend(answer: [0]))
    let parameters = Parameters(initializing: graph, seed: 0)
    #expect(try InferenceProgram(graph, parameters: parameters, on: spy).batchSize == 8)
    #expect(try InputGradientProgram(graph, parameters: parameters, on: spy).batchSize == 8)
    #expect(
      spy.events.filter { if case .made = $0 { true } else { false } } == [
        .made(.inference, batchSize: 8), .made(.inputGradient, batchSize: 8),
      ])
  }
}
