/// A figure laid out: shapes at their places, from back to front.
struct Scene: Equatable, Sendable {
  struct Place: Equatable, Sendable {
    var x: Double
    var y: Double
  }

  enum Anchor: String, Sendable {
    case start, middle, end
  }

  enum Shape: Equatable, Sendable {
    case line([Place])
    case area([Place])
    case box(Place, width: Double, height: Double)
    case marker(Place, kind: Int, radius: Double)
    /// A picture by its address, whose pixels stay squares.
    case picture(Place, width: Double, height: Double, String)
    /// A line of text around or at a place, its middle at that height; turned by a quarter where it says so.
    case text(Place, String, Anchor, isTurned: Bool)
  }

  /// Whose element it is, for readers who hide one of the series.
  enum Part: Equatable, Sendable {
    /// Drawn of the series of that style.
    case series(Int)
    /// The legend's entry of that style.
    case key(Int)
  }

  struct Element: Equatable, Sendable {
    var shape: Shape
    /// Names of styles, as in a style sheet.
    var style: String
    /// A colour of its own, as `#rrggbb`.
    var fill: String?
    var hint = ""
    var part: Part?
  }

  var width: Double
  var height: Double
  var theme: Theme
  var title: String
  var description: String
  var elements: [Element] = []

  mutating func add(_ shape: Shape, _ style: String, fill: String? = nil, hint: String = "", part: Part? = nil) {
    elements.append(Element(shape: shape, style: style, fill: fill, hint: hint, part: part))
  }

  mutating func write(
    _ text: String, x: Double, y: Double, _ anchor: Anchor = .start, style: String = "t", isTurned: Bool = false,
    part: Part? = nil
  ) {
    if !text.isEmpty { add(.text(Place(x: x, y: y), text, anchor, isTurned: isTurned), style, part: part) }
  }
}
