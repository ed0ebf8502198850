extension Figure {
  /// This figure as lines of text for a terminal of `columns` columns: lines in braille dots, cells as numbers or blocks.
  ///
  /// - Parameters:
  ///   - columns: how wide the terminal is.
  ///   - isColoured: whether the terminal shows colours, which tell series apart.
  public func text(columns: Int, isColoured: Bool) -> String {
    var writer = TerminalWriter(columns: min(max(columns, 40), 400), isColoured: isColoured)
    if !title.isEmpty { writer.line(title) }
    for panel in panels {
      switch panel {
      case .chart(let chart): writer.draw(chart, rows: panels.count == 1 ? 16 : 6)
      case .grid(let grid): writer.draw(grid)
      }
    }
    for (place, name) in names.enumerated() { writer.line(writer.coloured("⠶", place) + " " + name) }
    writer.line(caption)
    return writer.text
  }
}

/// Draws panels in characters.
struct TerminalWriter {
  let columns: Int
  let isColoured: Bool
  private(set) var text = ""

  init(columns: Int, isColoured: Bool) { (self.columns, self.isColoured) = (columns, isColoured) }

  mutating func line(_ words: String) {
    text += words
    text += "\n"
  }

  /// `words` in the colour of a series.
  func coloured(_ words: String, _ series: Int) -> String {
    let colours = [34, 31, 32, 35, 33, 36, 39]
    return isColoured ? "\u{1B}[\(colours[series % colours.count])m\(words)\u{1B}[0m" : words
  }

  mutating func draw(_ chart: Chart, rows: Int) {
    let vertical = chart.y.ticks(atMost: max(2, rows / 3))
    let left = vertical.map(\.text.count).max() ?? 0
    var canvas = BrailleCanvas(columns: columns - left - 3, rows: rows)
    func dot(_ point: Point) -> (x: Int, y: Int) {
      (
        Int((chart.x.place(point.x) * Double(canvas.width - 1)).rounded()),
        Int(((1 - chart.y.place(point.y)) * Double(canvas.height - 1)).rounded())
      )
    }
    for series in chart.series {
      for run in series.runs {
        for (first, last) in zip(run, run.dropFirst()) where series.shape != .dots {
          canvas.line(from: dot(first), to: dot(last), owner: series.style)
        }
        for point in run where run.count == 1 || series.shape == .dots {
          let (x, y) = dot(point)
          for (across, down) in [(0, 0), (1, 0), (0, 1), (1, 1)] {
            canvas.set(x + across, y + down, owner: series.style)
          }
        }
      }
    }
    line(chart.y.label)
    let labels = Dictionary(
      vertical.map { (Int(((1 - chart.y.place($0.value)) * Double(rows - 1)).rounded()), $0.text) },
      uniquingKeysWith: { first, _ in first })
    for row in 0..<rows {
      let label = labels[row] ?? ""
      let characters = (0..<canvas.columns).map { column in
        let character = String(canvas.character(column: column, row: row))
        return canvas.owners[row * canvas.columns + column].map { coloured(character, $0) } ?? character
      }
      line(Self.trimmed(Self.padded(label, left) + " │" + characters.joined()))
    }
    line(Self.padded("", left) + " └" + String(repeating: "─", count: canvas.columns))
    writeTicks(of: chart.x, indent: left + 2, columns: canvas.columns)
  }

  /// The numbers below a chart, and what they are.
  private mutating func writeTicks(of axis: Axis, indent: Int, columns: Int) {
    let ticks = axis.ticks(atMost: max(2, columns / 12))
    var characters = [Character](repeating: " ", count: indent + columns)
    for tick in ticks {
      let middle = indent + Int((axis.place(tick.value) * Double(columns - 1)).rounded())
      let start = min(max(0, middle - tick.text.count / 2), characters.count - tick.text.count)
      guard start >= 0, characters[max(0, start - 1)..<start + tick.text.count].allSatisfy({ $0 == " " }) else {
        continue
      }
      characters.replaceSubrange(start..<start + tick.text.count, with: tick.text)
    }
    line(Self.trimmed(String(characters)))
    if !axis.label.isEmpty {
      line(Self.trimmed(Self.padded("", indent + max(0, (columns - axis.label.count) / 2)) + axis.label))
    }
  }

  mutating func draw(_ grid: Grid) {
    if !grid.title.isEmpty { line(grid.title) }
    let left = max(grid.rows.map(\.count).max() ?? 0, 1)
    let widest = (grid.cells.joined().compactMap { $0?.text.count } + grid.columns.map(\.count)).max() ?? 1
    line(grid.y)
    if left + 2 + grid.columns.count * (widest + 2) <= columns {
      for (name, cells) in zip(grid.rows, grid.cells) {
        let texts = cells.map { cell in
          shaded(" " + Self.padded(cell?.text ?? "-", widest) + " ", cell?.shade)
        }
        line(Self.trimmed(Self.padded(name, left) + "  " + texts.joined()))
      }
      let names = grid.columns.map { " " + Self.padded($0, widest) + " " }
      line(Self.trimmed(Self.padded("", left) + "  " + names.joined()))
    } else {
      drawBlocks(grid, left: left)
    }
    line(Self.padded("", left) + "  " + grid.x)
  }

  /// Two rows of cells a line of half blocks; without colours one row a line in four shades.
  private mutating func drawBlocks(_ grid: Grid, left: Int) {
    let shown = grid.cells.map { $0.prefix(max(1, columns - left - 2)) }
    let height = isColoured ? 2 : 1
    for row in stride(from: 0, to: shown.count, by: height) {
      let blocks = shown[row].indices.map { column -> String in
        let upper = shown[row][column]?.shade
        guard isColoured else {
          return upper.map { String(Array(" ░▒▓█")[min(4, Int($0 * 5))]) } ?? "·"
        }
        let lower = row + 1 < shown.count ? shown[row + 1][column]?.shade : nil
        return "\u{1B}[38;5;\(Self.colour(upper));48;5;\(Self.colour(lower))m▀\u{1B}[0m"
      }
      line(Self.trimmed(Self.padded(grid.rows[row], left) + "  " + blocks.joined()))
    }
    if shown.first?.count ?? 0 < grid.columns.count {
      line("the first \(shown.first?.count ?? 0) of \(grid.columns.count) columns; widen the terminal for all")
    }
  }

  private func shaded(_ words: String, _ shade: Double?) -> String {
    guard isColoured, let shade else { return words }
    let text = Palette.colour(shade).takesDarkText ? 16 : 231
    return "\u{1B}[38;5;\(text);48;5;\(Self.colour(shade))m\(words)\u{1B}[0m"
  }

  /// The nearest of the 256 colours that terminals have.
  private static func colour(_ shade: Double?) -> Int {
    guard let shade else { return 16 }
    let colour = Palette.colour(shade)
    func level(_ value: Int) -> Int { value < 48 ? 0 : value < 115 ? 1 : (value - 35) / 40 }
    return 16 + 36 * level(colour.red) + 6 * level(colour.green) + level(colour.blue)
  }

  static func padded(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(0, width - text.count)) + text
  }

  static func trimmed(_ text: String) -> String {
    String(text.reversed().drop { $0 == " " }.reversed())
  }
}
