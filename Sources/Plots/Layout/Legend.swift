/// What the colours, dashes and markers stand for: beside the panels where that leaves them enough room, else below.
struct Legend {
  let isBeside: Bool
  let width: Double
  let height: Double
  private let names: [String]
  private let columns: Int
  private let em: Double

  private static let swatch = 2.6

  init(_ figure: Figure, _ theme: Theme, width available: Double) {
    em = theme.fontSize
    let widest = (figure.names.map(TextWidths.width).max() ?? 0) * em
    let line = 1.45 * em
    let count = figure.names.count
    isBeside = available >= 46 * em && count > 1 && line * Double(count) <= 0.4 * available
    if isBeside {
      columns = 1
      width = min(widest, 0.28 * available) + Self.swatch * em
    } else {
      let inner = available - 1.6 * em
      let column = min(widest + (Self.swatch + 1) * em, inner)
      // Many long names take two columns and are shortened.
      columns = max(Int(inner / column), count > 6 ? 2 : 1)
      width = min(inner / Double(columns), column)
    }
    let room = (width - Self.swatch * em - (isBeside ? 0 : 0.6 * em)) / em
    names = TextWidths.shortened(figure.names, to: room)
    height = count == 0 ? 0 : line * Double((count + columns - 1) / columns) + 0.6 * em
  }

  func draw(into scene: inout Scene, x: Double, y: Double) {
    let rows = (names.count + columns - 1) / max(1, columns)
    for (place, name) in names.enumerated() {
      let left = x + width * Double(place / rows)
      let middle = y + 1.45 * em * (Double(place % rows) + 0.5)
      scene.add(
        .line([.init(x: left, y: middle), .init(x: left + 1.9 * em, y: middle)]), Style.line(place),
        part: .key(place))
      scene.add(
        .marker(.init(x: left + 0.95 * em, y: middle), kind: place % Palette.markers, radius: 0.3 * em),
        Style.fill(place), part: .key(place))
      scene.write(name, x: left + Self.swatch * em, y: middle, part: .key(place))
    }
  }
}

/// The names of styles in a scene.
enum Style {
  static func line(_ series: Int) -> String {
    let dash = series / Palette.light.count % Palette.dashes.count
    return "l l\(series % Palette.light.count)" + (dash > 0 ? " e\(dash)" : "")
  }

  static func bar(_ series: Int) -> String { "o l\(series % Palette.light.count)" }

  static func fill(_ series: Int) -> String { "f\(series % Palette.light.count)" }

  static func band(_ series: Int) -> String { "b f\(series % Palette.light.count)" }
}
