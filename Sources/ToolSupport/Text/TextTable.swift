/// A table for people: aligned columns under their titles.
public struct TextTable: Sendable {
  /// One column.
  public struct Column: Sendable {
    /// To which side cells are set.
    public enum Alignment: Sendable {
      /// Words.
      case left
      /// Numbers.
      case right
    }

    /// The title.
    public let title: String
    /// To which side title and cells are set.
    public let alignment: Alignment

    /// A column of words.
    public static func words(_ title: String) -> Column { Column(title: title, alignment: .left) }
    /// A column of numbers.
    public static func numbers(_ title: String) -> Column { Column(title: title, alignment: .right) }
  }

  private let columns: [Column]
  private var rows: [[String]] = []

  /// A table without rows.
  public init(_ columns: [Column]) { self.columns = columns }

  /// Appends a row of one cell a column; missing cells are empty, surplus ones dropped.
  public mutating func add(_ cells: [String]) {
    let padded = cells.prefix(columns.count).map(Diagnostics.printable)
    rows.append(padded + repeatElement("", count: columns.count - padded.count))
  }

  /// Titles and rows, two spaces between columns, each line ended; nothing sticks out at the right.
  public var text: String {
    let lines = [columns.map(\.title)] + rows
    let widths = columns.indices.map { column in lines.map { $0[column].count }.max() ?? 0 }
    return lines.map { cells in
      let padded = columns.indices.map { column in
        let space = String(repeating: " ", count: widths[column] - cells[column].count)
        return columns[column].alignment == .left ? cells[column] + space : space + cells[column]
      }
      var line = padded.joined(separator: "  ")
      while line.last == " " { line.removeLast() }
      return line + "\n"
    }.joined()
  }
}
