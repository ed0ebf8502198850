#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// The mean of a few numbers, such as the accuracies of one method by several seeds, with its 95 % interval.
///
/// The interval is Student's, for the mean of normal numbers whose spread is not known: wide for few of them.
/// "Student", "The probable error of a mean", 1908.
public struct StudentInterval: Equatable, Sendable {
  /// The mean.
  public let mean: Double
  /// The standard deviation of the numbers, with one less than their count; nil for a single one.
  public let deviation: Double?
  /// The interval of the mean, cut to what numbers can be; nil for a single one.
  public let bounds: ClosedRange<Double>?

  /// The interval of the mean of `numbers`, each within `range`: shares, unless it is said.
  /// - Precondition: there is one.
  public init(_ numbers: [Double], within range: ClosedRange<Double> = 0...1) {
    precondition(!numbers.isEmpty, "no numbers have no mean")
    let count = Double(numbers.count)
    mean = numbers.reduce(0, +) / count
    guard numbers.count > 1 else {
      (deviation, bounds) = (nil, nil)
      return
    }
    let squares = numbers.reduce(into: 0.0) { [mean] sum, number in sum += (number - mean) * (number - mean) }
    let deviation = (squares / (count - 1)).squareRoot()
    let radius = Self.quantile(freedom: numbers.count - 1) * deviation / count.squareRoot()
    self.deviation = deviation
    bounds = max(range.lowerBound, mean - radius)...min(range.upperBound, max(range.lowerBound, mean + radius))
  }

  /// The interval that `json` holds, as it says it; nil where that is none.
  init?(json: JSON) {
    guard let mean = json["mean"]?.number else { return nil }
    let numbers = json["interval"]?.array?.compactMap(\.number) ?? []
    (self.mean, deviation) = (mean, json["deviation"]?.number)
    bounds = numbers.count == 2 && numbers[0] <= numbers[1] ? numbers[0]...numbers[1] : nil
  }

  /// `mean`, and of several shares `deviation` and `interval`.
  public var json: JSON {
    var members = [JSON.Member("mean", .number(mean))]
    if let deviation { members.append(JSON.Member("deviation", .number(deviation))) }
    if let bounds {
      members.append(JSON.Member("interval", .array([.number(bounds.lowerBound), .number(bounds.upperBound)])))
    }
    return .object(members)
  }

  /// What 95 % of Student's distribution with `freedom` degrees of freedom is within, on both sides of 0.
  static func quantile(freedom: Int) -> Double {
    var (low, high) = (0.0, 16.0)
    while low < high {
      let middle = (low + high) / 2
      if middle <= low || middle >= high { break }
      if share(within: middle, freedom: freedom) < 0.95 { low = middle } else { high = middle }
    }
    return (low + high) / 2
  }

  /// How much of the distribution lies within `-bound...bound`.
  ///
  /// M. Abramowitz and I. Stegun, "Handbook of Mathematical Functions", 26.7.3 and 26.7.4.
  private static func share(within bound: Double, freedom: Int) -> Double {
    let tangent = bound / Double(freedom).squareRoot()
    let cosine = 1 / (1 + tangent * tangent).squareRoot()
    let sine = tangent * cosine
    let isOdd = !freedom.isMultiple(of: 2)
    var (term, sum) = (isOdd ? cosine : 1, 0.0)
    var power = isOdd ? 1 : 0
    while power <= freedom - 2 {
      sum += term
      term *= cosine * cosine * Double(power + 1) / Double(power + 2)
      power += 2
    }
    return isOdd ? 2 / Double.pi * (atan(tangent) + sine * sum) : sine * sum
  }
}
