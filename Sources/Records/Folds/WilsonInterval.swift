/// The 95 % confidence interval of a share by Wilson's score, which stays within 0...1 and is sound for few images.
///
/// E. B. Wilson, "Probable inference, the law of succession, and statistical inference", 1927.
public struct WilsonInterval: Equatable, Sendable {
  /// The lower bound, 0...1.
  public let lower: Double
  /// The upper bound, 0...1.
  public let upper: Double

  /// The interval of `successes` out of `count`; 0...1 when `count` is 0.
  /// - Precondition: `0 <= successes <= count`.
  public init(successes: Int, count: Int) {
    precondition((0...count).contains(successes), "successes must lie in 0...count")
    guard count > 0 else {
      (lower, upper) = (0, 1)
      return
    }
    let quantile = 1.959963984540054
    let total = Double(count)
    let share = Double(successes) / total
    let squared = quantile * quantile
    let center = share + squared / (2 * total)
    let radius = quantile * (share * (1 - share) / total + squared / (4 * total * total)).squareRoot()
    let scale = 1 + squared / total
    // At both ends the formula gives 0 and 1 up to rounding.
    lower = successes == 0 ? 0 : (center - radius) / scale
    upper = successes == count ? 1 : (center + radius) / scale
  }

  /// `[lower, upper]`.
  public var json: JSON { .array([.number(lower), .number(upper)]) }
}
