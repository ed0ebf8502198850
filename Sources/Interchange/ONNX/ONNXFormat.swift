import Failures
import Files
import HDF5
import Tensors

extension ModelFormat {
  /// A network and its tensors in protocol buffers.
  public static let onnx = ModelFormat(
    "onnx", suffixes: ["onnx"], kinds: [.onnx], open: openONNX, writer: .network { try $0.writeONNX(to: $1) })
}

/// Opens an ONNX file: its tensors are those that the graph begins with.
private func openONNX(_ source: ByteSource, _ input: InputFile?) throws -> TensorFile.Parts {
  let model = try ONNXDecoder.model(source, input)
  var metadata = model.metadata
  for (key, value) in model.facts where metadata[key] == nil { metadata[key] = value }
  return TensorFile.Parts(
    tensors: model.graph.initializers, unread: model.graph.unread, metadata: metadata, content: .source(source),
    findModel: { try model.network(in: $0, $1) }, makeTree: { model.tree() })
}

extension ONNXModel {
  /// What the file says of itself, by key.
  fileprivate var facts: [String: String] {
    ["ir_version": "\(irVersion)", "opset": "\(opset)", "producer": producer].filter { !$0.value.isEmpty }
  }

  /// The raw structure.
  fileprivate func tree() -> FileNode {
    let texts = metadata.sorted { $0.key < $1.key }.map { FileNode($0.key, "text", printable($0.value)) }
    let ends = graph.inputs.map { FileNode($0, "input") } + graph.outputs.map { FileNode($0, "output") }
    let nodes = graph.nodes.map { node in
      let names = "\(node.inputs.joined(separator: ", ")) -> \(node.outputs.joined(separator: ", "))"
      return FileNode(node.name, node.operation, printable(names))
    }
    return FileNode(
      "", "onnx", "IR \(irVersion), opset \(opset)\(producer.isEmpty ? "" : ", by \(printable(producer))")",
      children: texts + ends + nodes + graph.initializers.map { FileNode($0) })
  }
}

extension FileNode {
  fileprivate init(_ value: ONNXValue, _ kind: String) {
    let sizes = value.shape.map { $0.map { $0.map(String.init) ?? "?" }.joined(separator: "x") }
    self.init(value.name, kind, sizes ?? "")
  }
}
