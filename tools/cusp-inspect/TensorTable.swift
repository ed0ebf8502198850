import Records
import ToolSupport

/// Tensors for people: names and shapes, with what their numbers come to where that was asked for.
struct TensorTable {
  /// One tensor of a record.
  struct Row {
    let name: String
    /// What the elements are; empty where all are 32-bit floats.
    let element: String
    let shape: [Int]
    /// The SHA-256; empty where the file has none.
    let digest: String
    let statistics: JSON?
  }

  /// The table, its last line ended.
  let text: String

  init(_ rows: [Row]) {
    let withElements = rows.contains { !$0.element.isEmpty }
    let withStatistics = rows.contains { $0.statistics != nil }
    let withDigests = !withStatistics && rows.contains { !$0.digest.isEmpty }
    var columns: [TextTable.Column] = [.words("tensor")]
    if withElements { columns.append(.words("element")) }
    columns.append(.words("shape"))
    if withDigests { columns.append(.words("SHA-256")) }
    if withStatistics {
      columns += ["mean", "deviation", "minimum", "maximum", "zeros", "NaN", "infinite"].map { .numbers($0) }
      columns.append(.words("histogram"))
    }
    var table = TextTable(columns)
    for row in rows {
      table.add(
        [row.name] + (withElements ? [row.element] : []) + [Self.shape(row.shape)] + (withDigests ? [row.digest] : [])
          + (row.statistics.map(Self.cells) ?? []))
    }
    text = table.text
  }

  /// `64x32x32`; `-` for a single number.
  static func shape(_ sizes: [Int]) -> String {
    sizes.isEmpty ? "-" : sizes.map(String.init).joined(separator: "x")
  }

  private static func cells(_ statistics: JSON) -> [String] {
    let numbers = ["mean", "deviation", "minimum", "maximum"].map { key in
      statistics[key]?.number.map { NumberText.significant($0) } ?? "-"
    }
    let counts = ["zeros", "nans", "infinities"].map { key in
      let count = statistics[key]?.integer ?? 0
      return count == 0 ? "-" : NumberText.grouped(count)
    }
    return numbers + counts + [bars((statistics["histogram"]?.array ?? []).compactMap(\.integer))]
  }

  /// One character a bin, as high as the bin is full; a dot for an empty one.
  private static func bars(_ counts: [Int]) -> String {
    let bars = Array("▁▂▃▄▅▆▇█")
    let largest = counts.max() ?? 0
    return String(counts.map { $0 == 0 ? "·" : bars[min(bars.count - 1, $0 * bars.count / max(largest, 1))] })
  }
}
