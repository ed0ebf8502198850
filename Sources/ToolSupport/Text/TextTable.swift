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

    /// What becomes of a column where there is no room for all.
    enum Weight: Sendable {
      case essential, setting, detail
    }

    /// The title.
    public let title: String
    /// To which side title and cells are set.
    public let alignment: Alignment
    private(set) var weight = Weight.essential

    private init(_ title: String, _ alignment: Alignment) { (self.title, self.alignment) = (title, alignment) }

    /// A column of words.
    public static func words(_ title: String) -> Column { Column(title, .left) }
    /// A column of numbers.
    public static func numbers(_ title: String) -> Column { Column(title, .right) }

    /// The same column, told once below the table where there is no room and all its cells are alike.
    public var setting: Column { weighing(.setting) }
    /// The same column, left out where there is no room.
    public var detail: Column { weighing(.detail) }

    private func weighing(_ weight: Weight) -> Column {
      var column = self
      column.weight = weight
      return column
    }
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
  public var text: String { text(of: Array(columns.indices)) }

  /// The same within so many columns of a terminal, if they are told: first columns of settings that are alike in all rows
  /// leave, then details, the last ones first; what left is said below.
  public func text(within limit: Int?) -> String {
    guard let limit, width(of: Array(columns.indices)) > limit else { return text }
    var (kept, shared, omitted) = (Array(columns.indices), [Int](), [Int]())
    for column in columns.indices.reversed() where columns[column].weight == .setting && width(of: kept) > limit {
      guard let cell = rows.first?[column], rows.allSatisfy({ $0[column] == cell }) else { continue }
      kept.removeAll { $0 == column }
      shared.insert(column, at: 0)
    }
    for column in columns.indices.reversed() where columns[column].weight == .detail && width(of: kept) > limit {
      kept.removeAll { $0 == column }
      omitted.insert(column, at: 0)
    }
    var notes = ""
    if !shared.isEmpty {
      let cells = shared.map { "\(columns[$0].title) \(rows.first?[$0] ?? "")" }
      notes += "in all rows: \(cells.joined(separator: ", "))\n"
    }
    if !omitted.isEmpty {
      // A title may come twice.
      let titles = omitted.map { columns[$0].title }.reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
      notes += "left out for width: \(titles.joined(separator: ", ")); --format csv has all\n"
    }
    return text(of: kept) + (notes.isEmpty ? "" : "\n" + notes)
  }

  /// How many columns of a terminal the columns `kept` take.
  private func width(of kept: [Int]) -> Int { kept.reduce(0) { $0 + widths[$1] } + 2 * max(kept.count - 1, 0) }

  private var widths: [Int] {
    columns.indices.map { column in
      rows.reduce(columns[column].title.count) { max($0, $1[column].count) }
    }
  }

  private func text(of kept: [Int]) -> String {
    let widths = widths
    return ([columns.map(\.title)] + rows).map { cells in
      let padded = kept.map { column in
        let space = String(repeating: " ", count: widths[column] - cells[column].count)
        return columns[column].alignment == .left ? cells[column] + space : space + cells[column]
      }
      var line = padded.joined(separator: "  ")
      while line.last == " " { line.removeLast() }
      return line + "\n"
    }.joined()
  }
}
