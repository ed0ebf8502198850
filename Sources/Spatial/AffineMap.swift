#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Where a turned and moved image takes its pixels from: `(x, y)` from `(a x + b y + c, d x + e y + f)`.
///
/// Pixel `i` covers `i ..< i + 1`. The numbers are those of Pillow's `Image.rotate(degrees, translate:)` to the bit, which
/// rounds sine and cosine to 15 decimals, so that quarter turns are exact.
struct AffineMap {
  let a, b, c, d, e, f: Double

  init(_ pose: Pose, width: Int, height: Int) {
    var degrees = pose.degrees.truncatingRemainder(dividingBy: 360)
    if degrees < 0 { degrees += 360 }
    let angle = -(degrees * (Double.pi / 180))
    let (centreX, centreY) = (Double(width) / 2, Double(height) / 2)
    (a, b) = (Self.rounded(cos(angle)), Self.rounded(sin(angle)))
    (d, e) = (Self.rounded(-sin(angle)), a)
    let (x, y) = (-centreX - pose.dx, -centreY - pose.dy)
    c = (a * x + b * y) + centreX
    f = (d * x + e * y) + centreY
  }

  /// Where the middle of the pixel in column `x` and row `y` is taken from.
  func place(_ x: Int, _ y: Int) -> (x: Double, y: Double) {
    let (centreX, centreY) = (Double(x) + 0.5, Double(y) + 0.5)
    return (a * centreX + b * centreY + c, d * centreX + e * centreY + f)
  }

  /// `value`, in -1...1, to the nearest number of 15 decimals.
  private static func rounded(_ value: Double) -> Double {
    let scaled = value * 1e15
    let whole = scaled.rounded(.toNearestOrEven)
    // The product is rounded itself; what it lost decides near the middle of two whole numbers.
    let rest = (scaled - whole) + (-scaled).addingProduct(value, 1e15)
    let correction: Double = rest > 0.5 ? 1 : rest < -0.5 ? -1 : 0
    return (whole + correction) / 1e15
  }
}
