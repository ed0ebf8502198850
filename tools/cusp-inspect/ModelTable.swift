import Records
import ToolSupport

/// A model's record for people: facts, layers, how it was trained and where it comes from.
struct ModelTable {
  private let record: ModelRecord
  private let withAllEpochs: Bool
  private let withDigests: Bool

  /// How many epochs are shown unless all are asked for.
  private static let epochCount = 5

  init(_ record: ModelRecord, withAllEpochs: Bool, withDigests: Bool) {
    self.record = record
    self.withAllEpochs = withAllEpochs
    self.withDigests = withDigests
  }

  /// All sections, an empty line between each two.
  var text: String {
    let documents = [("configuration", record.configuration), ("provenance", record.provenance)]
    let sections =
      [Self.aligned(facts), layers] + documents.compactMap { Self.section($0, $1) } + [history].compactMap { $0 }
      + (withDigests ? [tensors] : [])
    return sections.joined(separator: "\n")
  }

  private var facts: [(String, String)] {
    let names = record.classNames.prefix(10).joined(separator: ", ") + (record.classNames.count > 10 ? ", ..." : "")
    let buffers = record.buffers > 0 ? ", and \(NumberText.grouped(record.buffers)) numbers of statistics" : ""
    return [
      ("file", "\(record.path), \(NumberText.grouped(record.bytes)) bytes"), ("digest", record.digest),
      ("architecture", record.architecture), ("input", "\(Self.shape(record.input)), pixels in 0...1"),
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

  private var layers: String {
    var table = TextTable([
      .words("layer"), .words("kind"), .words("output"), .numbers("parameters"), .numbers("share"),
      .numbers("multiply-adds"), .numbers("activation bytes"),
    ])
    for layer in record.layers {
      let share = Double(layer.parameters) / Double(max(record.parameters, 1))
      table.add([
        layer.name, layer.kind, Self.shape(layer.output), Self.count(layer.parameters),
        layer.parameters > 0 ? NumberText.percent(share) : "-", Self.count(layer.multiplyAdds),
        Self.count(layer.activationBytes),
      ])
    }
    return table.text
  }

  private var tensors: String {
    var table = TextTable([.words("tensor"), .words("shape"), .words("SHA-256")])
    for tensor in record.tensors { table.add([tensor.name, Self.shape(tensor.shape), tensor.digest]) }
    return table.text
  }

  private var history: String? {
    guard let epochs = record.history?.array, let keys = epochs.last?.members?.map(\.key), !keys.isEmpty else {
      return nil
    }
    var table = TextTable(keys.map { .numbers($0) })
    let shown = withAllEpochs ? epochs[...] : epochs.suffix(Self.epochCount)
    for epoch in shown { table.add(keys.map { epoch[$0].map(Self.number) ?? "-" }) }
    let hidden = epochs.count - shown.count
    return table.text + (hidden > 0 ? "and \(hidden) before: --history shows them\n" : "")
  }

  private static func section(_ title: String, _ document: JSON?) -> String? {
    let members = (document?.members ?? []).filter { $0.value != .null }
    guard !members.isEmpty else { return nil }
    return "\(title)\n" + aligned(members.map { ("  \($0.key)", $0.value.string ?? $0.value.text) })
  }

  /// Names and values in two columns.
  private static func aligned(_ lines: [(String, String)]) -> String {
    let width = lines.map(\.0.count).max() ?? 0
    return lines.map { name, value in
      Diagnostics.printable(name + String(repeating: " ", count: width - name.count + 2) + value) + "\n"
    }.joined()
  }

  /// `64x32x32`; `-` for a single number.
  private static func shape(_ sizes: [Int]) -> String {
    sizes.isEmpty ? "-" : sizes.map(String.init).joined(separator: "x")
  }

  private static func count(_ value: Int) -> String { value == 0 ? "-" : NumberText.grouped(value) }

  /// A number of an epoch, with four decimals where it has many.
  private static func number(_ value: JSON) -> String {
    guard case .number(let number) = value else { return value.string ?? value.text }
    let shortest = NumberText.shortest(number)
    return shortest.count > 8 && number.magnitude >= 0.001 ? NumberText.decimal(number, places: 4) : shortest
  }
}
