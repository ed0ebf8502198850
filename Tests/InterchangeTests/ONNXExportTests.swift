import Checkpoints
import Files
import Foundation
import Interchange
import Networks
import PortableBackend
import Programs
import Tensors
import TestSupport
import Testing

/// The logits that the portable engine gives of `pixels` for the network of `model`.
func logits(_ model: MatchedModel, _ pixels: Tensor) throws -> [Float] {
  let program = try InferenceProgram(
    model.graph, parameters: model.parameters(), batchSize: pixels.shape[0], on: PortableBackend(threads: 2))
  var logits = Tensor([pixels.shape[0], model.graph.classCount])
  try program.forward(pixels, into: &logits)
  return logits.values
}

/// The file of `bytes` without the texts under `key`: the network has to be found in the graph then.
func withoutText(_ key: String, _ bytes: [UInt8]) throws -> [UInt8] {
  let position = try #require(Data(bytes).range(of: Data(key.utf8), options: .backwards)?.lowerBound)
  var changed = bytes
  changed[position] = UInt8(ascii: "x")
  return changed
}

@Suite("Networks as ONNX files")
struct ONNXExportTests {
  /// Those that are small enough to be run number by number.
  private static let small = ["digits-cnn", "lenet", "net-mnist"].filter(ReferenceNumbers.architectures.contains)

  @Test(
    "A file computes what PyTorch computes, run by the operators' definition",
    arguments: ReferenceNumbers.layers + small)
  func computed(name: String) throws {
    try Fixture.withTemporaryFolder { folder in
      let network = try ReferenceNetwork(name, as: .onnx, in: folder)
      let document = try #require(ONNXDocument(network.bytes))
      let images = ONNXReference.Array(network.pixels.shape.sizes, network.pixels.values.map(Double.init))
      let result = try ONNXReference(document: document).run(images)
      #expect(result.shape == [network.reference.input[0], network.reference.classes])
      let mismatch = network.reference.evaluation.logits.mismatch(result.values.map { Float($0) }, within: 2e-6)
      #expect(mismatch == nil, "\(mismatch ?? "")")
    }
  }

  @Test("The graph alone gives the network back", arguments: ReferenceNumbers.layers + small)
  func importedAgain(name: String) throws {
    // Of these there is no graph that only they have.
    let others = ["adaptive-pooling-uneven", "image-standardization", "local-response", "softmax-channels"]
    if others.contains(where: { name.contains($0) }) { return }
    try Fixture.withTemporaryFolder { folder in
      let network = try ReferenceNetwork(name, as: .onnx, in: folder)
      let bytes = try withoutText("cusp.definition", network.bytes)
      let model = try TensorFile(ByteSource(bytes, name: "x")).model()
      #expect(model.graph.definition.architecture == "onnx")
      #expect(model.graph.definition.preprocessing == network.graph.definition.preprocessing)
      let mismatch = network.reference.evaluation.logits.mismatch(try logits(model, network.pixels), within: 1e-5)
      #expect(mismatch == nil, "\(mismatch ?? "")")
    }
  }

  @Test("A file that nobody changed gives the very network back", arguments: ReferenceNumbers.layers)
  func same(name: String) throws {
    try Fixture.withTemporaryFolder { folder in
      let network = try ReferenceNetwork(name, as: .onnx, in: folder)
      let model = try TensorFile(path: network.path).model()
      let hasGroups = network.graph.vertices.contains { $0.node.layer.name.hasPrefix("group-convolution") }
      if !hasGroups, !name.contains("group-norm") { #expect(model.graph.definition == network.graph.definition) }
      let mismatch = network.reference.evaluation.logits.mismatch(try logits(model, network.pixels), within: 1e-5)
      #expect(mismatch == nil, "\(mismatch ?? "")")
    }
  }

  /// Networks drawn at random, as `fixtures/shapes.json` has them.
  private struct RandomNetworks: Decodable {
    struct Network: Decodable { let definition: NetworkDefinition }
    let networks: [Network]
  }

  @Test(
    "Networks drawn at random compute the same in a file, and in the network that its graph gives", arguments: 0..<20)
  func random(number: Int) throws {
    let networks = try JSONDecoder().decode(RandomNetworks.self, from: Fixture.data("shapes.json")).networks
    let definition = try #require(networks.indices.contains(number) ? networks[number] : nil).definition
    let graph = try NetworkGraph(definition)
    let parameters = Parameters(of: graph) { spec in
      let name = spec.path.text
      let kind: FormulaWeights.Kind =
        switch spec.role {
        case .counter: .bias
        case .statistic: name.hasSuffix("var") ? .runningVariance : .runningMean
        case .trainable, .unused: spec.shape.rank > 1 ? .weight : name.hasSuffix("weight") ? .normWeight : .bias
        }
      let values = FormulaWeights.values(path: name, shape: spec.shape.sizes, kind: kind)
      return Tensor(spec.shape, spec.role == .counter ? [3] : values)
    }
    try Fixture.withTemporaryFolder { folder in
      let (checkpoint, path) = ("\(folder)/network.h5", "\(folder)/network.onnx")
      try Checkpoint(definition: definition, parameters: parameters).write(to: checkpoint)
      let derivation = Derivation(tool: "cusp-convert", version: "1", arguments: [])
      _ = try Conversion(TensorFile(path: checkpoint), by: derivation).write(.onnx, to: path)
      let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
      let shape = [2] + definition.imageShape
      let pixels = Tensor(Shape(shape), FormulaWeights.pixels(shape: shape))
      let document = try #require(ONNXDocument(bytes))
      let expected = try ONNXReference(document: document).run(.init(shape, pixels.values.map(Double.init))).values
      let (own, graphAlone) = (
        try TensorFile(path: path).model(),
        try TensorFile(ByteSource(withoutText("cusp.definition", bytes), name: "x")).model()
      )
      #expect(own.graph.definition == definition)
      #expect(try own.parameters() == parameters)
      let scale = max(expected.map(abs).max() ?? 0, 1e-3)
      for model in [own, graphAlone] {
        let worst = try zip(logits(model, pixels), expected).map { abs(Double($0) - $1) }.max() ?? .infinity
        #expect(worst <= 2e-5 * scale, "\(worst) of \(scale)")
      }
    }
  }

  @Test("What a file says of itself")
  func facts() throws {
    try Fixture.withTemporaryFolder { folder in
      let network = try ReferenceNetwork("layers/preprocessing", as: .onnx, in: folder)
      let document = try #require(ONNXDocument(network.bytes))
      #expect((document.irVersion, document.opset, document.producer) == (8, 17, "cusp"))
      #expect(document.inputs.map(\.name) == ["input"])
      #expect(document.inputs[0].shape == ["N"] + network.graph.imageShape.sizes.map(String.init))
      #expect(document.outputs[0].shape == ["N", "\(network.graph.classCount)"])
      #expect(document.operators.first?.operation == "Sub" && document.operators.dropFirst().first?.operation == "Div")
      #expect(Set(document.metadata.keys) == ["cusp.definition", "cusp.provenance"])
      let names = network.graph.parameters.filter { $0.role != .counter }.map(\.path.text)
      #expect(Array(document.tensorNames.prefix(names.count)) == names)
      let file = try TensorFile(path: network.path)
      #expect(file.format == .onnx && file.metadata["opset"] == "17" && file.metadata["producer"] == "cusp")
      let tree = try file.tree()
      #expect(tree.detail == "IR 8, opset 17, by cusp")
      #expect(tree.children.map(\.kind).contains("Sub") && tree.children.map(\.kind).contains("input"))
    }
  }

  @Test("A changed weight, constant or node makes another network of a file that we wrote")
  func changed() throws {
    try Fixture.withTemporaryFolder { folder in
      let network = try ReferenceNetwork("layers/relu6", as: .onnx, in: folder)
      let bytes = try network.bytes
      #expect(try TensorFile(ByteSource(bytes, name: "x")).model().graph.definition.architecture != "onnx")
      // The upper bound of the clip, 6, becomes 7, which no layer has.
      var clipped = bytes
      let bound = try #require(Data(bytes).range(of: Data("bend:high".utf8), options: .backwards))
      let six = try #require(Data(bytes[bound.upperBound...]).range(of: Data([0, 0, 0xC0, 0x40])))
      clipped[six.lowerBound + bound.upperBound + 2] = 0xE0
      let message = refusal { _ = try TensorFile(ByteSource(clipped, name: "x")).model() }
      #expect(message?.hasPrefix("x: node bend, Clip: from 0.0 to 7.0 is not taken") == true, "\(message ?? "")")
      // Another operator of as many letters.
      var turned = bytes
      let clip = try #require(Data(bytes).range(of: Data("Clip".utf8)))
      turned.replaceSubrange(clip, with: Array("Selu".utf8))
      let other = refusal { _ = try TensorFile(ByteSource(turned, name: "x")).model() }
      #expect(other?.contains("node bend, Selu: is an operator that is not taken") == true, "\(other ?? "")")
    }
  }
}
