import Checkpoints
import Inspection
import Records
import ToolSupport

/// A model's record for people: facts, layers, how it was trained and where it comes from.
struct ModelTable {
  private let record: ModelRecord
  private let withAllEpochs: Bool
  private let withTensors: Bool

  /// How many epochs are shown unless all are asked for.
  private static let epochCount = 5

  init(_ record: ModelRecord, withAllEpochs: Bool, withTensors: Bool) {
    self.record = record
    self.withAllEpochs = withAllEpochs
    self.withTensors = withTensors
  }

  /// All sections, an empty line between each two.
  var text: String {
    let configuration = Self.section("configuration", record.configuration)
    let unread = Self.section("not read", record.unread)
    let sections =
      [Self.aligned(facts), LayerTable(record.layers).text, unread, configuration, provenance, history]
      + (withTensors ? [tensors] : [])
    return sections.compactMap { $0 }.joined(separator: "\n")
  }

  private var facts: [(String, String)] {
    let names = record.classNames.prefix(10).joined(separator: ", ") + (record.classNames.count > 10 ? ", ..." : "")
    let buffers = record.buffers > 0 ? ", and \(NumberText.grouped(record.buffers)) numbers of statistics" : ""
    return [
      ("file", "\(record.path), \(NumberText.grouped(record.bytes)) bytes"), ("digest", record.digest),
      ("architecture", record.architecture), ("input", "\(TensorTable.shape(record.input)), pixels in 0...1"),
      ("preprocessing", preprocessing),
      ("classes", "\(record.classes)" + (names.isEmpty ? "" : ": \(names)")),
      ("parameters", NumberText.grouped(record.parameters) + buffers),
      ("multiply-adds", "\(NumberText.grouped(record.multiplyAdds)) for one image, of convolutions and dense layers"),
      ("activations", "\(NumberText.grouped(record.activationBytes)) bytes for one image, of all layers"),
      ("trained", trained),
    ]
  }

  private var preprocessing: String {
    let (mean, deviation) = (record.preprocessing.mean, record.preprocessing.standardDeviation)
    guard !mean.isEmpty else { return "none" }
    func list(_ values: [Float]) -> String {
      let texts = values.map { "\($0)" }
      return texts.count == 1 ? texts[0] : "[\(texts.joined(separator: ", "))]"
    }
    return "(pixel - \(list(mean))) / \(list(deviation))"
  }

  private var trained: String {
    let epochs = record.epoch == 1 ? "1 epoch" : "\(record.epoch) epochs"
    return epochs + (record.step > 0 ? " and \(record.step == 1 ? "1 step" : "\(record.step) steps") of the next" : "")
  }

  private var tensors: String {
    TensorTable(
      record.tensors.map {
        .init(name: $0.name, element: "", shape: $0.shape, digest: $0.digest, statistics: $0.statistics)
      }
    ).text
  }

  /// The commands that made the file, or the document as it is where it says something else.
  private var provenance: String? {
    guard let document = record.provenance else { return nil }
    guard let provenance = Provenance(json: document.text) else { return Self.section("provenance", document) }
    return "provenance\n"
      + provenance.commandLines.map { Diagnostics.printable("  \($0)") + "\n" }.joined()
  }

  private var history: String? {
    guard let epochs = record.history?.array, let keys = epochs.last?.members?.map(\.key), !keys.isEmpty else {
      return nil
    }
    var table = TextTable(keys.map { .numbers($0) })
    let shown = withAllEpochs ? epochs[...] : epochs.suffix(Self.epochCount)
    for epoch in shown { table.add(keys.map { epoch[$0].map(Self.number) ?? "-" }) }
    let hidden = epochs.count - shown.count
    return table.text + (hidden > 0 ? "and \(hidden) before: --epochs shows them\n" : "")
  }

  /// The members of `document` under `title`; nil if there are none.
  static func section(_ title: String, _ document: JSON?) -> String? {
    let members = (document?.members ?? []).filter { $0.value != .null }
    guard !members.isEmpty else { return nil }
    return "\(title)\n" + aligned(members.map { ("  \($0.key)", $0.value.string ?? $0.value.text) })
  }

  /// The names of `objects` under `title`, with why they are not read; nil if there are none.
  static func section(_ title: String, _ objects: [UnreadRecord]) -> String? {
    guard !objects.isEmpty else { return nil }
    return "\(title)\n" + aligned(objects.map { ("  \($0.name)", $0.reason) })
  }

  /// Names and values in two columns.
  static func aligned(_ lines: [(String, String)]) -> String {
    let width = lines.map(\.0.count).max() ?? 0
    return lines.map { name, value in
      Diagnostics.printable(name + String(repeating: " ", count: width - name.count + 2) + value) + "\n"
    }.joined()
  }

  /// A number of an epoch, with four decimals where it has many.
  private static func number(_ value: JSON) -> String {
    guard case .number(let number) = value else { return value.string ?? value.text }
    let shortest = NumberText.shortest(number)
    return shortest.count > 8 && number.magnitude >= 0.001 ? NumberText.decimal(number, places: 4) : shortest
  }
}
