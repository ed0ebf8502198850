/// How two tensors of one shape differ.
///
/// Two elements are the same if their numbers are, or if neither is a number. The measures are of the elements that are
/// finite in both.
public struct TensorDifference: Equatable, Sendable {
  /// How many pairs of elements there are.
  public private(set) var count = 0
  /// How many of them differ.
  public private(set) var differing = 0
  /// How many of those have an element that is not finite.
  public private(set) var incomparable = 0
  /// The largest distance of two elements.
  public private(set) var maximum = 0.0
  private var squaredDistance = 0.0
  private var squaredLengths = SIMD2<Double>()
  private var product = 0.0

  /// No elements.
  public init() {}

  /// Takes in the next elements of both, which are equally many.
  public mutating func add(_ first: [Double], _ second: [Double]) {
    count += first.count
    for (one, other) in zip(first, second) {
      let isSame = one == other || one.isNaN && other.isNaN
      if !isSame { differing += 1 }
      guard one.isFinite, other.isFinite else {
        if !isSame { incomparable += 1 }
        continue
      }
      let distance = (one - other).magnitude
      maximum = max(maximum, distance)
      squaredDistance += distance * distance
      squaredLengths += SIMD2(one * one, other * other)
      product += one * other
    }
  }

  /// The Euclidean distance of the tensors over the length of the longer one, 0...2; nil if it is not finite.
  public var relative: Double? {
    guard squaredDistance > 0 else { return 0 }
    let share = (squaredDistance / squaredLengths.max()).squareRoot()
    return share.isFinite ? share : nil
  }

  /// The cosine of the angle between the tensors, -1...1; nil if one of them is 0 or too long.
  public var cosine: Double? {
    let cosine = product / (squaredLengths[0].squareRoot() * squaredLengths[1].squareRoot())
    return cosine.isFinite ? min(max(cosine, -1), 1) : nil
  }

  /// Whether no two elements are further apart than `tolerance`.
  public func isWithin(_ tolerance: Double) -> Bool { incomparable == 0 && maximum <= tolerance }
}
