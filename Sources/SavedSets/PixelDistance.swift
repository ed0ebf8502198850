public import Attacks

/// How far images are from clean ones, for the question whether they lie within a ball; written apart from the attacks
/// and from their own check.
///
/// A pixel in a file is a 32-bit number and stands for all numbers that round to it, and so does a clean one: 8/255 above
/// 100/255 cannot be stored as just that. So a distance that only this rounding takes beyond the ball counts as its
/// radius. Nothing else is forgiven: a pixel that lies outside by a ten-millionth more is found.
public struct PixelDistance: Sendable {
  private let norm: Norm
  /// The radius as attacks have it, rounded to 32 bits, or as it was typed, whichever is larger; and what is forgiven.
  private let radius, tolerance: Double

  /// Distances under `norm` for a ball of `epsilon`, of which images may miss `tolerance`, all in pixel units.
  public init(_ norm: Norm, epsilon: Double, tolerance: Double = 0) {
    (self.norm, self.tolerance) = (norm, tolerance)
    radius = max(epsilon, Double(Float(epsilon)))
  }

  /// The distance of `image` from `clean`, images of finite numbers and of one size.
  public func callAsFunction(_ image: [Float], from clean: [Float]) -> Double {
    var (all, least) = (Sum(norm), Sum(norm))
    for (pixel, original) in zip(image, clean) {
      let change = abs(Double(pixel) - Double(original))
      all.add(change)
      least.add(max(0, change - Double(pixel.ulp) / 2 - Double(original.ulp) / 2))
    }
    if all.length <= radius { return all.length }
    return max(radius, least.length)
  }

  /// Whether a distance lies within the ball.
  public func isWithin(_ distance: Double) -> Bool { distance <= radius + tolerance }

  /// A norm of changes that come one after the other.
  private struct Sum {
    private let norm: Norm
    private var value = 0.0

    init(_ norm: Norm) { self.norm = norm }

    mutating func add(_ change: Double) {
      switch norm {
      case .linf: value = max(value, change)
      case .l2: value += change * change
      case .l1: value += change
      case .l0: value += change > 0 ? 1 : 0
      }
    }

    var length: Double { norm == .l2 ? value.squareRoot() : value }
  }
}
