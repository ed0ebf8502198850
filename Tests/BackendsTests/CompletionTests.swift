import Networks
import Optimizers
import Programs
import Tensors
import TestSupport
import Testing

@Suite("Gradients while a backward pass goes on")
struct CompletionTests {
  /// Networks of the library's kernels and ours, and one whose norm the portable engine computes.
  private static func graphs() throws -> [NetworkGraph] {
    let layers: [Layer] = [
      .convolution(Convolution(outputChannels: 4, kernelSize: 3)), .groupNormalization(GroupNormalization(groups: 2)),
      .relu, .flatten, .dense(Dense(outputs: 3)),
    ]
    let nodes = layers.enumerated().map { index, layer in
      Node(name: "node\(index)", inputs: [index == 0 ? Node.image : "node\(index - 1)"], layer: layer)
    }
    let grouped = NetworkDefinition(architecture: "grouped", imageShape: [1, 5, 4], classCount: 3, nodes: nodes)
    return try [Architecture.resnet18.definition(), Architecture.digitsCNN.definition(), grouped].map(NetworkGraph.init)
  }

  @Test(
    "Each is said to be complete once, in the same order every time, and nothing changes it after that",
    arguments: TestBackends.all, [false, true])
  func once(backend: TestBackend, accumulates: Bool) throws {
    for graph in try Self.graphs() {
      let shape = Shape([2] + graph.imageShape.sizes)
      let pixels = Tensor(shape, FormulaWeights.pixels(shape: shape.sizes, path: "images"))
      let program = try TrainingProgram(
        graph, parameters: Parameters(initializing: graph, seed: 3), batchSize: 2, on: backend.make(2))
      let masks = program.dropouts.map { Tensor($0.shape, Array(repeating: 1, count: $0.shape.count)) }
      let loss = CrossEntropy(labels: [1, 0])
      var (logits, orders) = (Tensor([2, graph.classCount]), [[Int]]())
      for _ in 0..<2 {
        try program.forward(pixels, masks: masks, into: &logits)
        try program.backward(loss, logits: logits)
        try program.forward(pixels, masks: masks, into: &logits)
        var seen: [(place: Int, gradient: [Float])] = []
        try program.backward(loss, logits: logits, accumulates: accumulates) { place in
          seen.append((place, Array(program.gradientBuffers[place])))
        }
        #expect(seen.map(\.place).sorted() == Array(program.gradientBuffers.indices))
        for (place, gradient) in seen { #expect(gradient == Array(program.gradientBuffers[place])) }
        orders.append(seen.map(\.place))
      }
      #expect(orders[0] == orders[1])
    }
  }
}
