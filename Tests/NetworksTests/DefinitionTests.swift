import Failures
import Foundation
import Networks
import Symmetry
import Tensors
import TestSupport
import Testing

/// A network on `[3, 8, 8]` images with two classes that ends in `flatten` and `fc`, unless told otherwise.
private func network(_ layers: [Layer], classes: Int = 2, image: [Int] = [3, 8, 8]) -> NetworkDefinition {
  var nodes: [Node] = []
  for layer in layers {
    nodes.append(Node(name: "n\(nodes.count)", inputs: [nodes.last?.name ?? Node.image], layer: layer))
  }
  return NetworkDefinition(architecture: "test", imageShape: image, classCount: classes, nodes: nodes)
}

private func convolution(_ channels: Int, groups: Int = 1, kernelSize: Int = 3, padding: Int = 0) -> Layer {
  .convolution(Convolution(outputChannels: channels, kernelSize: kernelSize, padding: padding, groups: groups))
}

/// A definition that is refused, and how.
struct Refusal: Sendable, CustomTestStringConvertible {
  let definition: NetworkDefinition
  let message: String
  var testDescription: String { message }

  static let end: [Layer] = [.flatten, .dense(Dense(outputs: 2))]

  static func nodes(_ nodes: [(String, [String], Layer)]) -> NetworkDefinition {
    NetworkDefinition(
      architecture: "test", imageShape: [3, 8, 8], classCount: 2,
      nodes: nodes.map { Node(name: $0.0, inputs: $0.1, layer: $0.2) })
  }

  static let shapes: [Refusal] = [
    .init(
      definition: network([.dense(Dense(outputs: 2))]),
      message: "dense n0: needs [features], has [3x8x8]: flatten first"),
    .init(
      definition: network([convolution(4, groups: 2)] + end),
      message: "convolution n0: cannot split 3 and 4 channels into 2 groups"),
    .init(
      definition: network([convolution(4, kernelSize: 9)] + end),
      message: "convolution n0: has a 9x9 window on 8 pixels with padding 0"),
    .init(
      definition: network([convolution(4, padding: 4)] + end), message: "convolution n0: needs padding in 0...3, has 4"),
    .init(
      definition: network([convolution(0)] + end), message: "convolution n0: needs outputChannels in 1...1048576, has 0"
    ),
    .init(
      definition: network([.maxPooling(Pooling(kernelSize: 3, padding: 2))] + end),
      message: "max-pooling n0: needs padding of at most half the window"),
    .init(definition: network([.dropout(Dropout(rate: 1))] + end), message: "dropout n0: needs a rate in 0..<1"),
    .init(
      definition: network([.groupConvolution(GroupConvolution(.p4, outputChannels: 2, kernelSize: 3))] + end),
      message: "group-convolution n0: needs [4 c, h, w], maps over p4, has [3x8x8]"),
    .init(
      definition: network(
        [.groupConvolution(GroupConvolution(.p4m, lifting: true, outputChannels: 2, kernelSize: 4))] + end),
      message: "group-convolution n0: needs an odd kernel for p4m, has 4x4"),
    .init(
      definition: network(
        [.groupConvolution(GroupConvolution(.p4, lifting: true, outputChannels: 1 << 20, kernelSize: 3))] + end),
      message: "group-convolution n0: needs outputChannels in 1...1048576, has 4194304"),
    .init(
      definition: network(
        [.groupConvolution(GroupConvolution(.p4, lifting: true, outputChannels: 0, kernelSize: 3))] + end),
      message: "group-convolution n0: needs outputChannels in 1...1048576, has 0"),
    .init(
      definition: network([.groupMaxPooling(.p4m)] + end),
      message: "group-max-pooling n0: needs [8 c, h, w], maps over p4m, has [3x8x8]"),
    .init(
      definition: network(
        [.groupBatchNormalization(BatchNormalization(epsilon: 0), over: .p4)] + end, image: [4, 2, 2]),
      message: "group-batch-normalization n0: needs epsilon > 0 and momentum in 0...1"),
    .init(definition: network([.sum] + end), message: "sum n0: needs two or more inputs, has 1"),
    .init(definition: network(end, classes: 3), message: ": ends in [2], not in 3 logits"),
    .init(definition: network(end, classes: 1), message: ": has 1 classes, needs 2 or more"),
    .init(definition: network(end, image: [3, 8]), message: ": has the image shape [3, 8], which is not [c, h, w]"),
    .init(definition: network([]), message: ": has 0 nodes, needs 1...10000"),
    .init(
      definition: network([convolution(1 << 20, kernelSize: 1), .flatten], image: [3, 64, 64]),
      message: "convolution n0: is too large: [3x64x64] to [1048576x64x64]"),
  ]

  static let graphs: [Refusal] = [
    .init(
      definition: nodes([("a", ["b"], .relu), ("b", ["a"], .relu)]),
      message: "relu a: reads b, which does not stand before it: reorder, or break the cycle"),
    .init(
      definition: nodes([("a", ["a"], .relu)]),
      message: "relu a: reads a, which does not stand before it: reorder, or break the cycle"),
    .init(definition: nodes([("a", ["b"], .relu)]), message: "relu a: reads b, which no node is"),
    .init(
      definition: nodes([("a", ["input"], .relu), ("a", ["a"], .relu)]),
      message: "relu a: has the name of an earlier node: rename it"),
    .init(
      definition: nodes([("input", ["input"], .relu)]),
      message: "relu input: has the name of an earlier node: rename it"),
    .init(
      definition: nodes([("a", ["input"], .relu), ("f", ["input"], .flatten), ("d", ["f"], .dense(Dense(outputs: 2)))]),
      message: "relu a: is read by no later node: remove it"),
    .init(
      definition: nodes([("a", ["input"], convolution(4)), ("s", ["a", "input"], .sum)]),
      message: "sum s: adds [4x6x6] and [3x8x8]"),
    .init(
      definition: nodes([("a", ["input"], convolution(4)), ("s", ["a", "input"], .concatenation)]),
      message: "concatenation s: joins [4x6x6] and [3x8x8], which differ in more than channels"),
  ]
}

@Suite("Definitions are checked")
struct DefinitionTests {
  @Test("wrong settings and graphs are refused in one line", arguments: Refusal.shapes + Refusal.graphs)
  func refusal(refusal: Refusal) {
    let separator = refusal.message.hasPrefix(":") ? "" : ", "
    #expect(throws: Failure(.data, "network test\(separator)\(refusal.message)")) {
      _ = try NetworkGraph(refusal.definition)
    }
  }

  @Test("preprocessing has a mean and a positive deviation for every channel")
  func preprocessing() {
    for (mean, deviation): ([Float], [Float]) in [
      ([0], [1]), ([0, 0, 0], [1, 1]), ([0, 0, .nan], [1, 1, 1]), ([0, 0, 0], [1, 0, 1]),
    ] {
      var definition = network(Refusal.end)
      definition.preprocessing = Preprocessing(mean: mean, standardDeviation: deviation)
      #expect(
        throws: Failure(.data, "network test: needs 3 finite means and as many positive deviations as preprocessing")
      ) {
        _ = try NetworkGraph(definition)
      }
    }
  }

  @Test("a definition survives JSON", arguments: Architecture.allCases)
  func architectures(architecture: Architecture) throws {
    let definition = architecture.definition(
      preprocessing: Preprocessing(mean: [0.5], standardDeviation: [0.25]))
    let data = try JSONEncoder().encode(definition)
    #expect(try JSONDecoder().decode(NetworkDefinition.self, from: data) == definition)
  }

  @Test("so do the layers' definitions, which Python wrote", arguments: ReferenceNumbers.layers)
  func layers(name: String) throws {
    let definition = try ReferenceNumbers.definition(NetworkDefinition.self, named: name)
    let data = try JSONEncoder().encode(definition)
    #expect(try JSONDecoder().decode(NetworkDefinition.self, from: data) == definition)
  }

  @Test("a layer without one of its settings is no layer")
  func missingSetting() {
    let text = #"{"name": "a", "inputs": ["input"], "kind": "dropout", "rate": 0.5}"#
    #expect(throws: DecodingError.self) { try JSONDecoder().decode(Node.self, from: Data(text.utf8)) }
  }

  @Test("parameters that do not fit say which")
  func parameters() throws {
    let graph = try NetworkGraph(network(Refusal.end))
    let expected =
      "parameters do not fit test: 1 missing: n1.bias; 1 unexpected: n2.bias; "
      + "1 of another shape: n1.weight [2] for [2x192]"
    #expect(throws: Failure(.data, expected)) {
      _ = try Parameters(of: graph, matching: ["n1.weight": Tensor([2]), "n2.bias": Tensor([2])])
    }
  }
}
