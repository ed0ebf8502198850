internal import ImageFiles

extension PictureSheet {
  /// How many columns small pictures are enlarged to in a terminal.
  private static let leastColumns = 8

  /// The sheet as lines of text, one a group, without the pictures.
  public var text: String {
    let lines = groups.map { $0.heading + ($0.detail.isEmpty ? "" : "  \($0.detail)") }
    return ([title].filter { !$0.isEmpty } + lines + [caption]).map { $0 + "\n" }.joined()
  }

  /// The sheet for a terminal of `columns` columns: pictures in half blocks over the texts of their group, as many groups
  /// side by side as have room.
  ///
  /// - Parameter isColoured: whether the terminal shows colours.
  public func text(columns: Int, isColoured: Bool) -> String {
    let columns = min(max(columns, 20), 400)
    let room = max(1, (columns + 1) / max(1, groups.map(\.pictures.count).max() ?? 1) - 1)
    let enlarged = groups.map { $0.pictures.map { $0.image.enlarged(toFit: min(room, Self.leastColumns)) } }
    // One factor for all, so that what is larger is drawn larger.
    let side = enlarged.joined().map { max($0.width, $0.height) }.max() ?? 1
    let factor = (side + room - 1) / room
    let widths = enlarged.map { images in
      images.reduce(-1) { $0 + 1 + HalfBlocks.columns(of: $1.width, factor: factor) }
    }
    let words = groups.flatMap { "\($0.heading) \($0.detail)".split(separator: " ") }.map(\.count)
    let width = min(columns, max(1, (widths + words).max() ?? 1))
    let blocks = HalfBlocks(isColoured: isColoured)
    let cells = groups.indices.map { place -> [Line] in
      let pictures = blocks.lines(of: enlarged[place], factor: factor).map { Line(text: $0, columns: widths[place]) }
      let texts = [groups[place].heading, groups[place].detail].flatMap { Self.wrapped($0, to: width) }
      return pictures + texts.map { Line(text: $0, columns: $0.count) }
    }
    let across = max(1, (columns + 2) / (width + 2))
    let rows = stride(from: 0, to: cells.count, by: across).map { start in
      Self.row(Array(cells[start..<min(start + across, cells.count)]), width: width)
    }
    return (title.isEmpty ? "" : title + "\n") + rows.joined() + caption + "\n"
  }

  /// A line of a cell, and how many columns it takes: what steers colours takes none.
  private struct Line {
    var text = ""
    var columns = 0
  }

  /// Cells side by side with two columns between, each of lines of so many columns.
  private static func row(_ cells: [[Line]], width: Int) -> String {
    (0..<(cells.map(\.count).max() ?? 0)).map { place in
      let parts = cells.map { cell in
        let line = place < cell.count ? cell[place] : Line()
        return line.text + String(repeating: " ", count: max(0, width - line.columns))
      }
      return TerminalWriter.trimmed(parts.joined(separator: "  ")) + "\n"
    }.joined()
  }

  /// The words of `text` in lines of at most `width` characters; a longer word has a line of its own.
  private static func wrapped(_ text: String, to width: Int) -> [String] {
    text.split(separator: " ").reduce(into: []) { lines, word in
      if let last = lines.last, last.count + 1 + word.count <= width {
        lines[lines.count - 1] = "\(last) \(word)"
      } else {
        lines.append(String(word))
      }
    }
  }
}
