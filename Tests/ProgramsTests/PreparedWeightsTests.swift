import Networks
import Programs
import Tensors
import Testing

/// Folding by hand: with epsilon 1, the norm's scale is `g / sqrt(v + 1)`.
@Suite("Norms fold into the weights before them")
struct PreparedWeightsTests {
  private let norm = BatchNormalization(epsilon: 1)

  /// Weights of the only convolution, or of the norm where there is none, of a network on `[1, 1, 1]` images.
  private func prepared(_ layers: [Layer], _ values: [ParameterPath: [Float]]) throws -> [PreparedWeights] {
    var nodes: [Node] = []
    for layer in layers + [.flatten, .dense(Dense(outputs: 2))] {
      nodes.append(Node(name: "n\(nodes.count)", inputs: [nodes.last?.name ?? Node.image], layer: layer))
    }
    let graph = try NetworkGraph(
      NetworkDefinition(architecture: "folding", imageShape: [1, 1, 1], classCount: 2, nodes: nodes))
    let parameters = Parameters(of: graph) {
      Tensor($0.shape, values[$0.path] ?? [Float](repeating: 0, count: $0.shape.count))
    }
    return Plan(graph, for: .inference, batchSize: 1).weights.map { PreparedWeights($0, parameters) }
  }

  private let statistics: [ParameterPath: [Float]] = [
    "n1.weight": [2, 3], "n1.bias": [1, -1], "n1.running_mean": [4, 5], "n1.running_var": [3, 8],
  ]

  @Test("a convolution with bias: w g / sqrt(v + e) and (b - m) g / sqrt(v + e) + s")
  func convolution() throws {
    let layers: [Layer] = [.convolution(Convolution(outputChannels: 2, kernelSize: 1)), .batchNormalization(norm)]
    let values = statistics.merging(["n0.weight": [8, 9], "n0.bias": [6, 7]]) { $1 }
    let weights = try prepared(layers, values)[0]
    #expect(weights.weight == Tensor([2, 1, 1, 1], [8, 9]))
    #expect(weights.bias == Tensor([2], [3, 1]))
  }

  @Test("a convolution without bias gets one")
  func convolutionWithoutBias() throws {
    let layers: [Layer] = [
      .convolution(Convolution(outputChannels: 2, kernelSize: 1, bias: false)), .batchNormalization(norm),
    ]
    let weights = try prepared(layers, statistics.merging(["n0.weight": [8, 9]]) { $1 })[0]
    #expect(weights.bias == Tensor([2], [-3, -6]))
  }

  @Test("a norm by itself is a scale and a shift")
  func normAlone() throws {
    let values: [ParameterPath: [Float]] = [
      "n0.weight": [2], "n0.bias": [1], "n0.running_mean": [4], "n0.running_var": [3],
    ]
    let weights = try prepared([.batchNormalization(norm), .relu], values)[0]
    #expect(weights.weight == Tensor([1], [1]))
    #expect(weights.bias == Tensor([1], [-3]))
  }

  @Test("a convolution that two layers read keeps its weights")
  func shared() throws {
    let stem = Node(
      name: "stem", inputs: [Node.image], layer: .convolution(Convolution(outputChannels: 1, kernelSize: 1)))
    let nodes = [
      stem, Node(name: "norm", inputs: ["stem"], layer: .batchNormalization(norm)),
      Node(name: "sum", inputs: ["stem", "norm"], layer: .sum), Node(name: "flat", inputs: ["sum"], layer: .flatten),
      Node(name: "fc", inputs: ["flat"], layer: .dense(Dense(outputs: 2))),
    ]
    let definition = NetworkDefinition(architecture: "folding", imageShape: [1, 1, 1], classCount: 2, nodes: nodes)
    let plan = Plan(try NetworkGraph(definition), for: .inference, batchSize: 1)
    #expect(plan.steps.map(\.name) == ["stem", "norm", "sum", "flat", "fc"])
  }
}
