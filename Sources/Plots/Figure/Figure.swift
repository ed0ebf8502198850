/// What is drawn, as plain data: the same for SVG, a terminal and Vega-Lite.
public struct Figure: Equatable, Sendable {
  /// The line above; empty for none.
  public var title: String
  /// What the panels have in common, how many images they are of, what bands mean.
  public var caption: String
  /// From top to bottom.
  public var panels: [Panel]
  /// What the legend lists; a series shows the entry at its `style`.
  public var names: [String]

  /// One pair of axes with what is drawn in it.
  public enum Panel: Equatable, Sendable {
    /// Lines and dots over two numbers.
    case chart(Chart)
    /// Coloured cells.
    case grid(Grid)
  }
}

/// Lines and dots over two numbers.
public struct Chart: Equatable, Sendable {
  var x: Axis
  var y: Axis
  var series: [Series]
}

/// A direction of a chart.
package struct Axis: Equatable, Sendable {
  /// How numbers on an axis are read, and which of them get a tick.
  package enum Unit: Sendable {
    /// Any numbers.
    case plain
    /// Whole numbers.
    case whole
    /// Shares of 0...1, shown in percent.
    case share
    /// Angles.
    case degrees
    /// Pixel units that are whole levels of 255.
    case levels
  }

  var label: String
  var range: ClosedRange<Double>
  var unit = Unit.plain
  var isLogarithmic = false

  /// An axis called `label` over `range`.
  package init(label: String, range: ClosedRange<Double>, unit: Unit = .plain, isLogarithmic: Bool = false) {
    (self.label, self.range, self.unit, self.isLogarithmic) = (label, range, unit, isLogarithmic)
  }

  /// Where `value` lies between the ends, 0...1 within them.
  func place(_ value: Double) -> Double {
    func scaled(_ value: Double) -> Double { isLogarithmic ? logarithm(value) : value }
    let (low, high) = (scaled(range.lowerBound), scaled(range.upperBound))
    return (scaled(value) - low) / (high - low)
  }
}

/// Points that belong together.
struct Series: Equatable, Sendable {
  /// How points are joined.
  enum Shape: Sendable {
    /// A line with a band of intervals; markers where they are few.
    case line
    /// A line without a band.
    case plainLine
    /// Markers with intervals as bars.
    case dots
    /// A thin line without a name, such as a front.
    case thread
  }

  var name: String
  /// Which colour, dash and marker: its place in `Figure.names`.
  var style: Int
  var shape: Shape
  /// Nil where a line is broken.
  var points: [Point?]
  var isPale = false
}

/// A place in a chart with the intervals that it lies in.
struct Point: Equatable, Sendable {
  var x: Double
  var y: Double
  var horizontal: ClosedRange<Double>?
  var vertical: ClosedRange<Double>?
  /// What is shown when the pointer rests on it.
  var hint = ""
}

/// Coloured cells.
public struct Grid: Equatable, Sendable {
  /// One cell.
  struct Cell: Equatable, Sendable {
    /// 0...1, from dark to light.
    var shade: Double
    var text: String
    var hint: String
  }

  var title: String
  var x: String
  var y: String
  var columns: [String]
  /// From top to bottom.
  var rows: [String]
  /// By row and column; nil where nothing is known.
  var cells: [[Cell?]]
}
