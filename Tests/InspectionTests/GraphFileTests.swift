import Failures
import Foundation
import Inspection
import Interchange
import Networks
import Records
import Tensors
import TestSupport
import Testing

/// ONNX files: what they show of their tensors, and of the network that the graph gives.
@Suite("Files of graphs")
struct GraphFileTests {
  private func open(_ name: String) throws -> OpenedModel { try OpenedModel(path: Fixture.path("onnx/\(name)")) }

  @Test(
    "show the network's parameters by its names, and hold what they say", arguments: ["plain-script", "excited-dynamo"])
  func network(name: String) throws {
    let model = try open("\(name).onnx")
    let graph = try #require(model.graph)
    #expect(model.tensors.map(\.name) == graph.parameters.filter { $0.role != .counter }.map(\.path.text))
    #expect(model.others.isEmpty && model.provenance == nil)
    #expect(try model.verify().isSound)
    for tensor in model.tensors {
      let statistics = try model.statistics(of: tensor.stored)
      #expect(statistics.count == tensor.stored.shape.count && statistics.nans == 0)
    }
    let definition = try JSON(parsing: model.definitionText())
    #expect(definition["architecture"]?.string == "onnx")
    #expect(definition["nodes"]?.array?.count == graph.vertices.count)
  }

  @Test("say which program wrote them, and in which version")
  func facts() throws {
    let file = try open("plain-script.onnx").file
    #expect(file.metadata["ir_version"] == "8" && file.metadata["opset"] == "17")
    #expect(file.metadata["producer"]?.hasPrefix("pytorch 2.") == true)
    #expect(file.unread.isEmpty)
    #expect(!file.isCheckpoint)
    let tree = try file.tree()
    #expect(tree.kind == "onnx" && tree.detail.hasPrefix("IR 8, opset 17, by pytorch 2."))
    #expect(tree.children.filter { $0.kind == "tensor" }.map(\.name) == file.tensors.map(\.name))
  }

  @Test("of one network by both exporters have the same weights")
  func bothExporters() throws {
    let (script, dynamo) = (try open("normalised-script.onnx"), try open("normalised-dynamo.onnx"))
    let record = try script.difference(from: dynamo, tolerance: 1e-6, tensorsAlone: true)
    #expect(record.compared > 0 && record.tensors.isEmpty && record.reshaped.isEmpty, "\(record)")
    let other = try script.difference(from: open("plain-script.onnx"))
    #expect(!other.isSame)
  }

  @Test("that no network is made of show their tensors, and say why when asked")
  func refused() throws {
    try Fixture.withTemporaryFolder { folder in
      var bytes = try Fixture.data("onnx/plain-script.onnx")
      // The operator of a node, field 4 of its message, not a name that begins so.
      let place = try #require(bytes.range(of: Data([0x22, 7]) + Data("MaxPool".utf8)))
      bytes.replaceSubrange(place, with: Data([0x22, 7]) + Data("MaxPuul".utf8))
      try bytes.write(to: URL(fileURLWithPath: "\(folder)/x.onnx"))
      let model = try OpenedModel(path: "\(folder)/x.onnx")
      #expect(model.graph == nil && model.tensors.count == model.file.tensors.count && !model.tensors.isEmpty)
      #expect(try model.verify().line.contains("of no network known here"))
      let failure = #expect(throws: Failure.self) { _ = try model.definitionText() }
      #expect(failure?.message.contains(", MaxPuul: is an operator that is not taken") == true)
      #expect(try model.file.tree().children.contains { $0.kind == "MaxPuul" })
    }
  }
}
