import Failures
import Foundation
import Networks
import Tensors
import Testing

/// Parameters that no layer reads.
@Suite("Unused parameters")
struct UnusedParameterTests {
  private let filter = UnusedParameter(name: "old.conv.weight", shape: [4, 3, 5, 5])

  private func definition(_ unused: [UnusedParameter]) -> NetworkDefinition {
    NetworkDefinition(
      architecture: "test", imageShape: [3, 4, 4], classCount: 2,
      nodes: [
        Node(name: "flatten", inputs: [Node.image], layer: .flatten),
        Node(name: "fc", inputs: ["flatten"], layer: .dense(Dense(outputs: 2))),
      ], unusedParameters: unused)
  }

  @Test("stand after those of the layers, which stay as they are, and are not counted with what training changes")
  func order() throws {
    let plain = try NetworkGraph(definition([]))
    let graph = try NetworkGraph(definition([filter]))
    #expect(graph.parameters.dropLast() == plain.parameters[...])
    #expect(graph.parameters.last?.path == "old.conv.weight" && graph.parameters.last?.role == .unused)
    #expect(graph.vertices.map(\.node) == plain.vertices.map(\.node) && graph.multiplyAdds == plain.multiplyAdds)
    let (one, other) = (Parameters(initializing: plain, seed: 4), Parameters(initializing: graph, seed: 4))
    #expect(other.trainableCount == one.trainableCount)
    #expect(other["fc.weight"] == one["fc.weight"] && other["fc.bias"] == one["fc.bias"])
  }

  @Test("begin as PyTorch's convolutions and norms do, by their names")
  func initial() throws {
    let names = ["weight", "bias", "running_mean", "running_var", "num_batches_tracked"]
    let norm = names.map { UnusedParameter(name: "old.bn.\($0)", shape: $0.hasPrefix("num") ? [] : [4]) }
    let graph = try NetworkGraph(definition([filter] + norm))
    let parameters = Parameters(initializing: graph, seed: 4)
    let weights = parameters["old.conv.weight"].values
    let bound = 1 / Float(75).squareRoot()
    #expect(weights.allSatisfy { abs($0) <= bound } && weights.contains { abs($0) > 0.9 * bound })
    #expect(names.map { parameters[ParameterPath("old.bn.\($0)")].values[0] } == [1, 0, 0, 1, 0])
    #expect(graph.parameters.last?.role == .counter)
    // What is no single number is no counter.
    let list = UnusedParameter(name: "old.num_batches_tracked", shape: [3])
    #expect(try NetworkGraph(definition([list])).parameters.last?.role == .unused)
  }

  @Test("come back from JSON, which does not speak of them where there are none")
  func json() throws {
    for unused in [[], [filter]] {
      let data = try JSONEncoder().encode(definition(unused))
      #expect(try JSONDecoder().decode(NetworkDefinition.self, from: data) == definition(unused))
      #expect(String(decoding: data, as: UTF8.self).contains("unusedParameters") == !unused.isEmpty)
    }
    let mistyped = #"{"name": "a", "shape": 3}"#
    #expect(throws: DecodingError.self) { try JSONDecoder().decode(UnusedParameter.self, from: Data(mistyped.utf8)) }
  }

  @Test(
    "need names of their own and sizes that a tensor can have",
    arguments: [
      ([("fc.weight", [2])], "two parameters fc.weight: an unused one needs a name of its own"),
      ([("a", [1]), ("a", [1])], "two parameters a: an unused one needs a name of its own"),
      ([("a", [2, 0])], "the unused parameter a of [2, 0], needs sizes of 1 or more, 1073741824 elements at most"),
      ([("a", [-1])], "the unused parameter a of [-1], needs sizes of 1 or more, 1073741824 elements at most"),
      (
        [("a", [1 << 20, 1 << 20])],
        "the unused parameter a of [1048576, 1048576], needs sizes of 1 or more, 1073741824 elements at most"
      ),
      ((0...10_000).map { ("\($0)", [1]) }, "10001 unused parameters, takes 0...10000"),
    ] as [([(String, [Int])], String)])
  func refusals(unused: [(String, [Int])], reason: String) {
    #expect(throws: Failure(.data, "network test: has \(reason)")) {
      _ = try NetworkGraph(definition(unused.map { UnusedParameter(name: $0.0, shape: $0.1) }))
    }
  }

  @Test("of EfficientNet are the first convolution and norm of its first block")
  func efficientNet() throws {
    let graph = try NetworkGraph(#require(Architecture(rawValue: "efficientnet-b0")).definition())
    let unused = graph.parameters.filter {
      $0.path.text.hasPrefix("layers.0.conv1") || $0.path.text.hasPrefix("layers.0.bn1")
    }
    #expect(unused.map(\.path.text) == graph.definition.unusedParameters.map(\.name) && unused.count == 6)
    #expect(unused.map(\.shape) == [[32], [], [32], [32], [32], [32, 32, 1, 1]])
    for architecture in Architecture.allCases where architecture.name != "efficientnet-b0" {
      #expect(architecture.definition().unusedParameters.isEmpty, "\(architecture.name)")
    }
  }
}
