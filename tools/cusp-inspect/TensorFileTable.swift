import Records
import ToolSupport

/// A file of another tool for people: facts, the layers of the network recognised in it, its tensors and texts.
struct TensorFileTable {
  private let record: TensorFileRecord
  private let layers: [ModelRecord.Layer]

  init(_ record: TensorFileRecord, layers: [ModelRecord.Layer]) {
    self.record = record
    self.layers = layers
  }

  /// All sections, an empty line between each two.
  var text: String {
    let tensors = TensorTable(
      record.tensors.map {
        .init(name: $0.name, element: $0.element, shape: $0.shape, digest: "", statistics: $0.statistics)
      })
    let metadata = record.metadata.flatMap { ModelTable.section("metadata", $0) }
    let sections =
      [
        ModelTable.aligned(facts), layers.isEmpty ? nil : LayerTable(layers).text, tensors.text,
        ModelTable.section("not read", record.unread), metadata,
      ]
    return sections.compactMap { $0 }.joined(separator: "\n")
  }

  private var facts: [(String, String)] {
    let count = "\(NumberText.grouped(record.tensors.count)), \(NumberText.grouped(record.elements)) numbers"
    let reason =
      ["onnx", "keras", "keras-h5"].contains(record.format) ? "by its graph" : "by the names and shapes of its tensors"
    return [
      ("file", "\(record.path), \(NumberText.grouped(record.bytes)) bytes"), ("format", record.format),
      ("architecture", record.architecture.map { "\($0), \(reason)" } ?? "not recognised"),
      ("tensors", count),
    ]
  }
}
