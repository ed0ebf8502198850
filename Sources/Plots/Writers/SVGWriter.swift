public import Failures

extension Figure {
  /// This figure as an SVG document, the same bytes every time, and its size in units of the theme.
  ///
  /// - Parameters:
  ///   - theme: sizes and units.
  ///   - width: in units of the theme; its own unless given.
  ///   - height: as high as the figure needs unless given.
  /// - Throws: `Failure(.usage)` where that is too small.
  public func svg(
    theme: Theme = .screen, width: Double? = nil, height: Double? = nil
  ) throws(Failure) -> (document: [UInt8], width: Double, height: Double) {
    let scene = try Layout.scene(of: self, theme: theme, width: width ?? theme.width, height: height)
    var writer = SVGWriter()
    writer.write(scene)
    return (Array(writer.text.utf8), scene.width, scene.height)
  }

  /// This figure as an element of a page, which has `styleSheet` once for all of them.
  ///
  /// What belongs to a series says so by `data-series`, and its entry in the legend by `data-key`, its place there: so that a
  /// page can hide one of them.
  /// - Throws: `Failure(.usage)` where `width`, in pixels, is too small.
  public func element(width: Double) throws(Failure) -> String {
    var writer = SVGWriter(isPartOfPage: true)
    writer.write(try Layout.scene(of: self, theme: .screen, width: width))
    return writer.text
  }

  /// The rules of all elements of a page.
  public static var styleSheet: String { SVGWriter.styleSheet(.screen) }
}

/// Writes a scene as SVG: text as text, two decimals, colours by a style sheet that knows light and dark.
struct SVGWriter {
  /// Whether the page around it has the style sheet, and a use for whose each element is.
  var isPartOfPage = false
  private(set) var text = ""

  mutating func write(_ scene: Scene) {
    let (width, height, unit) = (Self.number(scene.width), Self.number(scene.height), scene.theme.unit)
    text += """
      <svg xmlns="http://www.w3.org/2000/svg" width="\(width)\(unit)" height="\(height)\(unit)" \
      viewBox="0 0 \(width) \(height)" role="img">
      <title>\(Self.escaped(scene.title))</title>
      <desc>\(Self.escaped(scene.description))</desc>

      """
    if !isPartOfPage { text += "<style>\n\(Self.styleSheet(scene.theme))\n</style>\n" }
    text += "<rect class=\"paper\" width=\"\(width)\" height=\"\(height)\"/>\n"
    for element in scene.elements { write(element, em: scene.theme.fontSize) }
    text += "</svg>\n"
  }

  private mutating func write(_ element: Scene.Element, em: Double) {
    let attributes = "class=\"\(element.style)\"" + (element.fill.map { " fill=\"\($0)\"" } ?? "") + part(element)
    let tag: String
    switch element.shape {
    case .line(let places):
      tag = "polyline \(attributes) points=\"\(Self.list(places))\""
    case .area(let places): tag = "polygon \(attributes) points=\"\(Self.list(places))\""
    case .box(let place, let width, let height):
      tag =
        "rect \(attributes) x=\"\(Self.number(place.x))\" y=\"\(Self.number(place.y))\" "
        + "width=\"\(Self.number(width))\" height=\"\(Self.number(height))\""
    case .picture(let place, let width, let height, let address):
      tag =
        "image \(attributes) x=\"\(Self.number(place.x))\" y=\"\(Self.number(place.y))\" "
        + "width=\"\(Self.number(width))\" height=\"\(Self.number(height))\" preserveAspectRatio=\"none\" "
        + "style=\"image-rendering:pixelated\" href=\"\(Self.escaped(address))\""
    case .marker(let place, let kind, let radius): tag = Self.marker(place, kind, radius, attributes)
    case .text(let place, let words, let anchor, let isTurned):
      // Baselines lie below the middle; what centres by itself differs between programs.
      let shift = 0.35 * em
      let (x, y) = isTurned ? (place.x + shift, place.y) : (place.x, place.y + shift)
      let turn = isTurned ? " transform=\"rotate(-90 \(Self.number(x)) \(Self.number(y)))\"" : ""
      let side = anchor == .start ? "" : " text-anchor=\"\(anchor.rawValue)\""
      text +=
        "<text \(attributes) x=\"\(Self.number(x))\" y=\"\(Self.number(y))\"\(side)\(turn)>\(Self.escaped(words))</text>\n"
      return
    }
    let name = tag.prefix { $0 != " " }
    text += element.hint.isEmpty ? "<\(tag)/>\n" : "<\(tag)><title>\(Self.escaped(element.hint))</title></\(name)>\n"
  }

  /// Whose `element` is, where somebody has a use for that.
  private func part(_ element: Scene.Element) -> String {
    switch isPartOfPage ? element.part : nil {
    case .series(let place): " data-series=\"\(place)\""
    case .key(let place): " data-key=\"\(place)\""
    case nil: ""
    }
  }

  /// A circle, square, diamond or triangle of about the same area.
  private static func marker(_ place: Scene.Place, _ kind: Int, _ radius: Double, _ attributes: String) -> String {
    if kind == 0 {
      return "circle \(attributes) cx=\"\(number(place.x))\" cy=\"\(number(place.y))\" r=\"\(number(radius))\""
    }
    let corners: [(Double, Double)] =
      switch kind {
      case 1: [(-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)]
      case 2: [(0, -1.25), (1.25, 0), (0, 1.25), (-1.25, 0)]
      default: [(0, -1.25), (1.15, 0.85), (-1.15, 0.85)]
      }
    let places = corners.map { Scene.Place(x: place.x + radius * $0.0, y: place.y + radius * $0.1) }
    return "polygon \(attributes) points=\"\(list(places))\""
  }

  private static func list(_ places: [Scene.Place]) -> String {
    places.map { "\(number($0.x)),\(number($0.y))" }.joined(separator: " ")
  }

  /// `value` with at most two decimals.
  static func number(_ value: Double) -> String {
    let text = Numbers.decimal(value, places: 2)
    guard text.contains(".") else { return text }
    let short = text.reversed().drop { $0 == "0" }.drop { $0 == "." }
    return String(short.reversed())
  }

  /// `text` within an element, with what XML cannot hold replaced.
  static func escaped(_ text: String) -> String {
    text.unicodeScalars.reduce(into: "") { result, scalar in
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\n": result += "\n"
      case ..<" ", "\u{FFFE}", "\u{FFFF}": result += "\u{FFFD}"
      default: result.unicodeScalars.append(scalar)
      }
    }
  }

  fileprivate static func styleSheet(_ theme: Theme) -> String {
    let em = theme.fontSize
    let stroke = number(theme.stroke)
    func colours(_ list: [String]) -> String {
      list.enumerated().map { ".l\($0){stroke:\($1)}.f\($0){fill:\($1)}" }.joined()
    }
    let dashes = Palette.dashes.enumerated().dropFirst().map { ".e\($0){stroke-dasharray:\($1)}" }.joined()
    return """
      text{font-family:"DejaVu Sans",Verdana,Helvetica,Arial,sans-serif;font-size:\(number(em))px;fill:#222222}
      .h{font-size:\(number(1.2 * em))px}.u{font-size:\(number(0.85 * em))px;fill:#555555}
      .k,.w{font-size:\(number(0.85 * em))px}.k{fill:#000000}.w{fill:#ffffff}
      .paper{fill:#ffffff}.a,.g,.j,.l,.o{fill:none}.a{stroke:#222222}.g{stroke:#dddddd}.j{stroke:#777777}
      .a,.g,.j,.o{stroke-width:\(number(0.5 * theme.stroke))}.l{stroke-width:\(stroke);stroke-linejoin:round}
      .b{fill-opacity:0.15}.p{opacity:0.35}.x{fill:none;stroke:#bbbbbb;stroke-dasharray:2 2}
      .y{stroke:#ffffff;stroke-width:0.5}.z{shape-rendering:crispEdges}
      \(colours(Palette.light))
      \(dashes)
      @media (prefers-color-scheme: dark){
      text{fill:#eeeeee}.u{fill:#aaaaaa}.k{fill:#000000}.w{fill:#ffffff}
      .paper{fill:#16181c}.a{stroke:#eeeeee}.g{stroke:#3a3d44}.j{stroke:#999999}.y{stroke:#16181c}
      \(colours(Palette.dark))
      }
      """
  }
}
