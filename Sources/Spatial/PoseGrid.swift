/// How many poses a grid has along each axis, written as `5x5x31`.
public struct PoseGridSize: Hashable, Sendable, CustomStringConvertible {
  /// How many places there are from left to right; 1 is the middle.
  public let columns: Int
  /// How many places there are from top to bottom.
  public let rows: Int
  /// How many angles there are.
  public let angles: Int

  /// The size that `text` means; nil where it is none, or has more than `TransformationLimits.poses`.
  public init?(_ text: String) {
    let parts = text.split(separator: "x", omittingEmptySubsequences: false)
    let numbers = parts.compactMap { Int($0) }.filter { (1...TransformationLimits.poses).contains($0) }
    guard parts.count == 3, numbers.count == 3,
      numbers[0] * numbers[1] <= TransformationLimits.poses, numbers.reduce(1, *) <= TransformationLimits.poses
    else { return nil }
    (columns, rows, angles) = (numbers[0], numbers[1], numbers[2])
  }

  /// As in `5x5x31`.
  public var description: String { "\(columns)x\(rows)x\(angles)" }
}

/// Poses in even steps from one end of their budgets to the other, both included, as in Engstrom et al. 2019: the
/// identity, then all others, the angle running fastest and the place from left to right slowest.
public struct PoseGrid: Hashable, Sendable {
  /// What was asked for.
  public let size: PoseGridSize
  private let columns, rows, angles: [Double]

  /// The grid of `size` within `rotation` degrees and `translation` pixels; where a budget is 0 there is one place.
  ///
  /// - Precondition: the budgets are finite and not negative.
  public init(_ size: PoseGridSize, rotation: Double, translation: Double) {
    precondition(rotation.isFinite && rotation >= 0, "a rotation budget is 0 or more degrees")
    precondition(translation.isFinite && translation >= 0, "a translation budget is 0 or more pixels")
    self.size = size
    columns = Self.steps(size.columns, within: translation)
    rows = Self.steps(size.rows, within: translation)
    angles = Self.steps(size.angles, within: rotation)
  }

  /// How many poses there are, the identity included.
  public var count: Int { pointCount + (hasIdentity ? 0 : 1) }

  /// The pose with this number; the first is the identity.
  ///
  /// - Precondition: `number` is 0 ..< count.
  public subscript(number: Int) -> Pose {
    precondition((0..<count).contains(number), "pose \(number) of \(count)")
    guard number > 0 else { return .identity }
    var point = number - 1
    if hasIdentity && point >= pointCount / 2 { point += 1 }
    let (place, angle) = point.quotientAndRemainder(dividingBy: angles.count)
    return Pose(degrees: angles[angle], dx: columns[place / rows.count], dy: rows[place % rows.count])
  }

  private var pointCount: Int { columns.count * rows.count * angles.count }

  /// Whether the point in the middle is the identity.
  private var hasIdentity: Bool { !(pointCount.isMultiple(of: 2)) }

  /// `count` numbers from `-budget` to `budget`.
  private static func steps(_ count: Int, within budget: Double) -> [Double] {
    guard count > 1, budget > 0 else { return [0] }
    return (0..<count).map { budget * Double(2 * $0 - (count - 1)) / Double(count - 1) }
  }
}
