#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Floating-point numbers; each doc comment says what a number is, to the bit.
extension Generator {
  /// A number in `0 ..< 1`: the upper 24 bits of one word times 2^-24, so every multiple of 2^-24 is equally likely.
  public mutating func uniform() -> Float { Self.uniform(nextUInt32()) }

  /// A number in `range`: `lower + (upper - lower) * uniform()` in `Float`, kept within the bounds.
  public mutating func uniform(in range: ClosedRange<Float>) -> Float {
    Self.uniform(nextUInt32(), in: range)
  }

  /// Fills `out` with numbers in `range`, each as `uniform(in:)`.
  public mutating func fillUniform(_ out: UnsafeMutableBufferPointer<Float>, in range: ClosedRange<Float>) {
    fill(out) { Self.uniform($0, in: range) }
  }

  /// Fills `out` with numbers in `-radius ..< radius`: `radius * (2 * uniform() - 1)`, rounded once.
  public mutating func fillUniform(_ out: UnsafeMutableBufferPointer<Float>, radius: Float) {
    fill(out) { radius * (2 * Self.uniform($0) - 1) }
  }

  /// Two independent numbers with the standard normal distribution (Box and Muller 1958), of two words `a`, `b`.
  ///
  /// The first is `r cos t`, the second `r sin t`, with `r = sqrt(-2 log((a + 1) / 2^32))` and `t = 2 pi b / 2^32`;
  /// computed in `Double`, then rounded. No number exceeds 6.7 in size.
  public mutating func normalPair() -> (Float, Float) {
    let radius = (-2 * log((Double(nextUInt32()) + 1) * 0x1p-32)).squareRoot()
    let angle = 2 * Double.pi * (Double(nextUInt32()) * 0x1p-32)
    return (Float(radius * cos(angle)), Float(radius * sin(angle)))
  }

  /// Fills `out` with normal numbers of mean 0, each pair as `normalPair()`, times `standardDeviation`.
  ///
  /// An odd last place takes the first of its pair.
  public mutating func fillNormal(_ out: UnsafeMutableBufferPointer<Float>, standardDeviation: Float = 1) {
    for i in stride(from: 0, to: out.count, by: 2) {
      let pair = normalPair()
      out[i] = standardDeviation * pair.0
      if i + 1 < out.count { out[i + 1] = standardDeviation * pair.1 }
    }
  }

  /// Fills `out` with `value` where `uniform() < probability`, and with 0 elsewhere.
  ///
  /// Dropout that keeps a share `p` takes `probability: p, value: 1 / p`.
  public mutating func fillBernoulli(
    _ out: UnsafeMutableBufferPointer<Float>, probability: Float, value: Float = 1
  ) {
    fill(out) { Self.uniform($0) < probability ? value : 0 }
  }

  private static func uniform(_ word: UInt32) -> Float { Float(word >> 8) * 0x1p-24 }

  private static func uniform(_ word: UInt32, in range: ClosedRange<Float>) -> Float {
    min(range.lowerBound + (range.upperBound - range.lowerBound) * uniform(word), range.upperBound)
  }
}
