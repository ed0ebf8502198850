extension Layout {
  mutating func draw(_ grid: Grid, in frame: Frame) {
    let cellWidth = frame.width / Double(max(1, grid.columns.count))
    let cellHeight = frame.height / Double(max(1, grid.rows.count))
    if !grid.title.isEmpty {
      let title = TextWidths.shortened(grid.title, to: (width - frame.x - margin) / em)
      write(title, x: frame.x, y: frame.y - 0.9 * em, .start)
    }
    // Texts are shown in all cells or in none.
    let texts = grid.cells.joined().compactMap { $0?.text }
    let widest = (texts.map(TextWidths.width).max() ?? 0) * 0.85 * em
    let hasTexts = widest + 0.4 * em <= cellWidth && cellHeight >= 1.2 * em
    for (row, cells) in grid.cells.enumerated() {
      for (column, cell) in cells.enumerated() {
        let place = Scene.Place(
          x: frame.x + Double(column) * cellWidth, y: frame.y + Double(row) * cellHeight)
        guard let cell else {
          draw(.box(place, width: cellWidth, height: cellHeight), "x", hint: "no record")
          continue
        }
        let colour = Palette.colour(cell.shade)
        draw(
          .box(place, width: cellWidth, height: cellHeight), min(cellWidth, cellHeight) < em ? "z" : "y",
          fill: hexadecimal(colour.red, colour.green, colour.blue), hint: cell.hint)
        if hasTexts {
          write(
            cell.text, x: place.x + cellWidth / 2, y: place.y + cellHeight / 2, .middle,
            style: colour.takesDarkText ? "k" : "w")
        }
      }
    }
    writeNames(of: grid, in: frame, cellWidth, cellHeight)
    drawScale(beside: frame)
    writeHorizontalLabel(grid.x, of: frame)
    writeVerticalLabel(grid.y, of: frame)
  }

  /// Rows and columns by name, as many as have room.
  private mutating func writeNames(of grid: Grid, in frame: Frame, _ cellWidth: Double, _ cellHeight: Double) {
    let widest = (grid.columns.map(TextWidths.width).max() ?? 0) * em + 0.6 * em
    let step = max(1, Int((min(widest, 6 * em) / cellWidth).rounded(.up)))
    for column in stride(from: 0, to: grid.columns.count, by: step) {
      let text = TextWidths.shortened(grid.columns[column], to: max(cellWidth * Double(step) / em - 0.3, 1))
      write(below: frame, text, x: frame.x + (Double(column) + 0.5) * cellWidth, depth: 1.1)
    }
    let rowStep = max(1, Int((1.3 * em / cellHeight).rounded(.up)))
    for row in stride(from: 0, to: grid.rows.count, by: rowStep) {
      let text = TextWidths.shortened(grid.rows[row], to: 0.25 * width / em)
      write(text, x: frame.x - 0.6 * em, y: frame.y + (Double(row) + 0.5) * cellHeight, .end)
    }
  }

  /// What the colours mean: shares of 0 to 100 %.
  private mutating func drawScale(beside frame: Frame) {
    let (left, count) = (frame.x + frame.width + 0.7 * em, 20)
    for step in 0..<count {
      let colour = Palette.colour((Double(step) + 0.5) / Double(count))
      let height = frame.height / Double(count)
      draw(
        .box(
          .init(x: left, y: frame.y + frame.height - Double(step + 1) * height), width: 0.7 * em, height: height),
        "z", fill: hexadecimal(colour.red, colour.green, colour.blue))
    }
    write("100 %", x: left + em, y: frame.y + 0.5 * em, .start, style: "u")
    write("0 %", x: left + em, y: frame.y + frame.height - 0.5 * em, .start, style: "u")
  }
}

/// A colour as `#rrggbb`.
func hexadecimal(_ red: Int, _ green: Int, _ blue: Int) -> String {
  "#" + [red, green, blue].map { String(0x100 + $0, radix: 16).dropFirst() }.joined()
}
