import Records
import ToolSupport

/// How two files differ, for people.
struct DifferenceTable {
  private let record: DifferenceRecord

  /// How many names of tensors that only one file has are shown.
  private static let nameCount = 10
  /// How many characters of a value are shown.
  private static let valueLength = 60

  init(_ record: DifferenceRecord) { self.record = record }

  /// All sections, an empty line between each two; one line if nothing differs.
  var text: String {
    let alone = [
      Self.alone(record.alone.first, in: record.paths.first), Self.alone(record.alone.second, in: record.paths.second),
    ]
    let unread = [
      Self.unread(record.unread.first, in: record.paths.first),
      Self.unread(record.unread.second, in: record.paths.second),
    ]
    return ([facts, reshaped, tensors] + alone + unread).compactMap { $0 }.joined(separator: "\n")
  }

  private var facts: String? {
    guard !record.facts.isEmpty else { return nil }
    var table = TextTable([.words("what"), .words("first"), .words("second")])
    for fact in record.facts { table.add([fact.name, Self.value(fact.values.first), Self.value(fact.values.second)]) }
    return table.text
  }

  private var reshaped: String? {
    guard !record.reshaped.isEmpty else { return nil }
    var table = TextTable([.words("tensor"), .words("first shape"), .words("second shape")])
    for tensor in record.reshaped {
      table.add([tensor.name, Self.shape(tensor.shapes.first), Self.shape(tensor.shapes.second)])
    }
    return table.text
  }

  private var tensors: String {
    guard record.compared > 0 else {
      return "nothing was compared: no tensor has the same name and shape in both files\n"
    }
    let tolerance = record.tolerance > 0 ? " within \(NumberText.shortest(record.tolerance))" : ""
    let same = "\(NumberText.grouped(record.compared - record.tensors.count)) of \(NumberText.grouped(record.compared))"
    let verdict = "\(same) tensors that both files have are the same\(tolerance)\n"
    guard !record.tensors.isEmpty else { return verdict }
    var table = TextTable([
      .words("tensor"), .words("shape"), .numbers("differing"), .numbers("maximum"), .numbers("relative"),
      .numbers("cosine"),
    ])
    for tensor in record.tensors {
      let count = NumberText.grouped(tensor.differing)
      table.add([
        tensor.name, Self.shape(tensor.shape), tensor.incomparable > 0 ? "\(count), not all finite" : count,
        NumberText.significant(tensor.maximum), tensor.relative.map { NumberText.significant($0) } ?? "-",
        tensor.cosine.map { NumberText.decimal($0, places: 6) } ?? "-",
      ])
    }
    return table.text + verdict
  }

  private static func alone(_ names: [String], in path: String) -> String? {
    guard !names.isEmpty else { return nil }
    let rest = names.count > nameCount ? " and \(names.count - nameCount) more" : ""
    return Diagnostics.printable("only in \(path): \(names.prefix(nameCount).joined(separator: ", "))\(rest)") + "\n"
  }

  private static func unread(_ objects: [UnreadRecord], in path: String) -> String? {
    guard !objects.isEmpty else { return nil }
    let lines = objects.prefix(nameCount).map { "  \($0.name): \($0.reason)" }
    let rest = objects.count > nameCount ? ["  and \(objects.count - nameCount) more"] : []
    return (["not read in \(path):"] + lines + rest).map { Diagnostics.printable($0) + "\n" }.joined()
  }

  private static func shape(_ sizes: [Int]) -> String {
    sizes.isEmpty ? "-" : sizes.map(String.init).joined(separator: "x")
  }

  private static func value(_ value: JSON) -> String {
    guard value != .null else { return "-" }
    let text = value.string ?? value.text
    return text.count > valueLength ? text.prefix(valueLength) + "..." : text
  }
}
