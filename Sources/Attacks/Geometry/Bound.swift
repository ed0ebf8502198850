public import Tensors

/// The promise of every attack: a perturbed image lies in the ball around the clean one, and in 0...1.
///
/// Written apart from the projections it checks. There is no tolerance besides rounding the distance to `Float`: attacks
/// end inside.
public struct Bound: Hashable, Sendable {
  /// How distance is measured.
  public let norm: Norm
  /// The largest distance allowed, in pixel units.
  public let epsilon: Float

  /// The ball of radius `epsilon` under `norm`.
  public init(norm: Norm, epsilon: Float) { (self.norm, self.epsilon) = (norm, epsilon) }

  /// The distance of every image of `perturbed` from its clean one; both `[n, c, h, w]`; NaN where a pixel is.
  ///
  /// Differences are exact, sums are in `Double`, the result is rounded once.
  public func distances(of perturbed: Tensor, from clean: Tensor) -> [Float] {
    rows(perturbed, clean) { norm.distance(of: $0, from: $1) }
  }

  /// Whether every image of `perturbed` lies within the ball around its clean one and in 0...1; both `[n, c, h, w]`.
  public func check(_ perturbed: Tensor, against clean: Tensor) -> [Bool] {
    rows(perturbed, clean) { holds(for: $0, around: $1) }
  }

  func holds(for image: Pixels, around clean: Pixels) -> Bool {
    isInRange(image) && norm.distance(of: image, from: clean) <= epsilon
  }

  /// Takes the last rounding errors out of a projected `image`, so that it lies within the ball exactly.
  package func settle(_ image: MutablePixels, around clean: Pixels) {
    norm.settle(image, around: clean, epsilon: epsilon)
  }

  private func rows<Result>(_ perturbed: Tensor, _ clean: Tensor, _ body: (Pixels, Pixels) -> Result) -> [Result] {
    precondition(perturbed.shape == clean.shape, "a perturbed image has the shape of its clean one")
    let size = clean.shape.count / max(clean.shape[0], 1)
    return perturbed.values.withUnsafeBufferPointer { perturbed in
      clean.values.withUnsafeBufferPointer { clean in
        (0..<(size == 0 ? 0 : clean.count / size)).map { row in
          let range = row * size..<(row + 1) * size
          return body(Pixels(rebasing: perturbed[range]), Pixels(rebasing: clean[range]))
        }
      }
    }
  }
}

extension Norm {
  /// How far `image` is from `clean`, in pixel units; NaN where a pixel is.
  ///
  /// Differences are exact, sums are in `Double`, the result is rounded once.
  func distance(of image: Pixels, from clean: Pixels) -> Float {
    if self == .l0 {
      var count = 0
      for (changed, original) in zip(image, clean) {
        if changed.isNaN { return .nan }
        count += changed == original ? 0 : 1
      }
      return Float(count)
    }
    var (largest, squares, sum) = (0.0, 0.0, 0.0)
    for (changed, original) in zip(image, clean) {
      let difference = Double(changed) - Double(original)
      squares += difference * difference
      largest = max(largest, abs(difference))
      sum += abs(difference)
    }
    if squares.isNaN { return .nan }
    switch self {
    case .linf: return Float(largest)
    case .l2: return Float(squares.squareRoot())
    case .l1, .l0: return Float(sum)
    }
  }
}

/// Whether every pixel lies in 0...1; a NaN does not.
func isInRange(_ image: Pixels) -> Bool {
  var outside: Int32 = 0
  for value in image { outside |= value >= 0 && value <= 1 ? 0 : 1 }
  return outside == 0
}

/// Whether no value is infinite or NaN.
func isFinite(_ values: Pixels) -> Bool {
  var largest: UInt32 = 0
  for value in values { largest = max(largest, value.bitPattern & 0x7FFF_FFFF) }
  return largest < Float.infinity.bitPattern
}

/// Whether every value is zero, of either sign.
func isZero(_ values: Pixels) -> Bool {
  var bits: UInt32 = 0
  for value in values { bits |= value.bitPattern & 0x7FFF_FFFF }
  return bits == 0
}
