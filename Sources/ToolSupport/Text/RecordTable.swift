public import Records

/// Records as a table for spreadsheets and data frames: a row a record, a column a key.
///
/// Keys of objects within stand after a dot, as in `parameters.steps`, the ends of an interval as `.lower` and `.upper`;
/// other lists are one cell of JSON. `v` is left out, and `type` where all are of one.
public struct RecordTable: Sendable {
  private var columns: [String] = []
  private var places: [String: Int] = [:]
  private var rows: [[Int: String]] = []

  /// The table of `records`.
  public init(_ records: [any Record]) {
    self.init(records.compactMap(Self.json), withTypes: Set(records.map { type(of: $0).type }).count > 1)
  }

  /// The table of the objects `rows`, with their types or without.
  public init(_ rows: [JSON], withTypes: Bool = false) {
    for row in rows {
      var cells: [Int: String] = [:]
      for member in row.members ?? [] where member.key != "v" && (withTypes || member.key != "type") {
        add(member.value, under: member.key, to: &cells)
      }
      self.rows.append(cells)
    }
  }

  private mutating func add(_ value: JSON, under name: String, to cells: inout [Int: String]) {
    if let members = value.members {
      for member in members { add(member.value, under: "\(name).\(member.key)", to: &cells) }
      return
    }
    if let ends = value.array, ends.count == 2, name.hasSuffix("interval") {
      for (end, key) in zip(ends, ["lower", "upper"]) { add(end, under: "\(name).\(key)", to: &cells) }
      return
    }
    let place = places[name] ?? columns.count
    if place == columns.count {
      columns.append(name)
      places[name] = place
    }
    cells[place] = value == .null ? "" : value.string ?? value.text
  }

  /// Comma-separated values, a cell quoted where RFC 4180 says so; lines end with a line feed.
  public var commaSeparated: String {
    lines(",") { cell in
      guard cell.unicodeScalars.contains(where: { [",", "\"", "\r", "\n"].contains($0) }) else { return cell }
      return "\"" + Self.escape(cell, ["\"": "\"\""]) + "\""
    }
  }

  /// Tab-separated values; a tab, a line's end and a backslash in a cell are written `\t`, `\n`, `\r` and `\\`.
  public var tabSeparated: String {
    lines("\t") { Self.escape($0, ["\\": #"\\"#, "\t": #"\t"#, "\n": #"\n"#, "\r": #"\r"#]) }
  }

  /// By code points: a sign with an accent on it is the sign nevertheless.
  private static func escape(_ cell: String, _ signs: [Unicode.Scalar: String]) -> String {
    cell.unicodeScalars.reduce(into: "") { text, sign in
      if let escaped = signs[sign] { text += escaped } else { text.unicodeScalars.append(sign) }
    }
  }

  private func lines(_ separator: String, _ escape: (String) -> String) -> String {
    let all = [columns] + rows.map { cells in columns.indices.map { cells[$0] ?? "" } }
    return all.map { $0.map(escape).joined(separator: separator) + "\n" }.joined()
  }

  /// One list of all `rows`, a line each.
  static func list(_ rows: [JSON]) -> String {
    rows.isEmpty ? "[]\n" : "[\n" + rows.map(\.text).joined(separator: ",\n") + "\n]\n"
  }

  /// The object that `record` is written as.
  static func json(_ record: any Record) -> JSON? { try? JSON(parsing: record.line) }
}
