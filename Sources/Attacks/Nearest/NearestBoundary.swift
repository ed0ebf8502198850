import Networks

/// The nearest of the boundaries between an image's class and the others where the network is taken for linear; classes are
/// asked about one by one, all from one forward pass.
final class NearestBoundary {
  private let label: Int
  private let norm: Norm
  /// The class that was asked about last.
  private var candidate = 0
  /// Whether the answer under way is the first about its point.
  private(set) var isBeginning = true

  /// The class behind the boundary.
  private(set) var other = 0
  /// How far it is under the norm.
  private(set) var distance: Float = .infinity
  /// The slope towards it, and its length in the dual norm.
  let slope: PixelBuffer
  private(set) var extent: Float = 1

  /// The boundaries around images of `count` pixels and the class `label`.
  init(of label: Int, count: Int, norm: Norm) {
    (self.label, self.norm) = (label, norm)
    slope = PixelBuffer(count: count)
  }

  /// What to ask first about another point.
  func begin() -> Objective {
    candidate = label == 0 ? 1 : 0
    (distance, isBeginning) = (.infinity, true)
    return .difference(of: candidate, from: label)
  }

  /// Takes the answer to the last question in, and says what to ask next of the same point; nil once all classes were.
  func take(_ gradient: Pixels, _ logits: LogitRow) -> Objective? {
    isBeginning = false
    let reach = max(norm.dualLength(gradient), 1e-6)
    let way = abs(logits[candidate] - logits[label]) / reach
    if way < distance {
      (other, distance, extent) = (candidate, way, reach)
      slope.copy(gradient)
    }
    candidate += candidate + 1 == label ? 2 : 1
    return candidate < logits.count ? .difference(of: candidate, from: label) : nil
  }

  /// The change of the pixel at `place` along the way to the boundary, of a step of length 1.
  @inline(__always)
  func direction(_ place: Int) -> Float {
    let slope = slope.pixels[place]
    return norm == .linf ? (slope > 0 ? 1 : slope < 0 ? -1 : 0) : slope / extent
  }
}
