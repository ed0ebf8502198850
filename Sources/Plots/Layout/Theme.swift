/// How large things are and in what they are measured.
public struct Theme: Equatable, Sendable {
  /// What one unit of the figure is: `px` or `pt`.
  public var unit: String
  /// The size of texts.
  public var fontSize: Double
  /// The width of a figure unless it is given.
  public var width: Double
  /// The width of drawn lines.
  var stroke: Double

  /// For screens: 800 pixels, texts of 13.
  public static let screen = Theme(unit: "px", fontSize: 13, width: 800, stroke: 1.8)
  /// For a column of a two-column paper: 240 points (84 mm), texts of 8.
  public static let paper = Theme(unit: "pt", fontSize: 8, width: 240, stroke: 1)
}

/// Colours that people who see few of them can still tell apart, in light and in dark.
enum Palette {
  /// Okabe and Ito's, but for yellow, which nobody sees on white.
  static let light = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#222222"]
  /// The same hues for a dark ground.
  static let dark = ["#4fa8e0", "#ff8a4c", "#2cc79a", "#e69ac4", "#f2b632", "#a5dcfa", "#eeeeee"]
  /// Line patterns, taken in turn with each round of colours.
  static let dashes = ["", "6 3", "2 2"]
  /// How many markers there are.
  static let markers = 4
  /// How many series can be told apart: each has its own colour and dash.
  static let count = light.count * dashes.count

  /// Cividis, at five places from 0 to 1: even in lightness for every eye.
  private static let shades: [(Double, Double, Double)] = [
    (0, 32, 77), (65, 77, 107), (124, 123, 120), (188, 175, 111), (255, 234, 70),
  ]

  /// The colour of `shade`, 0...1, and whether texts on it are dark.
  static func colour(_ shade: Double) -> (red: Int, green: Int, blue: Int, takesDarkText: Bool) {
    let place = min(max(shade, 0), 1) * Double(shades.count - 1)
    let first = min(Int(place), shades.count - 2)
    let (part, low, high) = (place - Double(first), shades[first], shades[first + 1])
    func mixed(_ low: Double, _ high: Double) -> Double { (low + (high - low) * part).rounded() }
    let (red, green, blue) = (mixed(low.0, high.0), mixed(low.1, high.1), mixed(low.2, high.2))
    return (Int(red), Int(green), Int(blue), 0.299 * red + 0.587 * green + 0.114 * blue > 125)
  }
}
