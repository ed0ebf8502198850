import ToolSupport

/// A table of a row a model, which becomes one of a column a model where the terminal is narrower.
struct ModelRows {
  private let titles: [String]
  private var rows: [(name: String, cells: [String])] = []

  /// A table of `titles` beside the models' names: the first `words` of them over words, the others over numbers.
  init(_ titles: [String], words: Int = 0) { (self.titles, wordCount) = (titles, words) }

  private let wordCount: Int

  /// Appends a model's row, a cell a title.
  mutating func add(_ name: String, _ cells: [String]) { rows.append((name, cells)) }

  /// The table within so many columns of a terminal, if they are told.
  func text(within limit: Int?) -> String {
    var table = TextTable(
      [.words("model")] + titles.prefix(wordCount).map { .words($0) } + titles.dropFirst(wordCount).map { .numbers($0) }
    )
    for row in rows { table.add([row.name] + row.cells) }
    guard let limit, table.text.split(separator: "\n").contains(where: { $0.count > limit }) else { return table.text }
    var turned = TextTable([.words("")] + rows.map { .numbers($0.name) })
    for (place, title) in titles.enumerated() { turned.add([title] + rows.map { $0.cells[place] }) }
    return turned.text
  }
}
