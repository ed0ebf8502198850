public import Records
public import Spatial

/// Which poses of every image are tried, of which the worst counts.
public enum PoseSearch: Hashable, Sendable {
  /// So many that are drawn; the first is the one drawn without a search.
  case worst(of: Int)
  /// Those of a grid.
  case grid(PoseGrid)
  /// Those that so many steps along the gradient lead to, from each of so many that are drawn.
  case climb(steps: Int, starts: Int)
}

/// What is done to images before an attack, with the words that records use for it.
public struct Transformation: Hashable, Sendable {
  /// Which poses images take.
  public let distribution: PoseDistribution
  /// How pixels are made of their neighbours.
  public let interpolation: Interpolation
  /// The seed of the poses.
  public let seed: UInt64
  /// Which poses are tried; nil for the one that is drawn.
  public let search: PoseSearch?
  /// What corrupts images before they take a pose; nil where nothing does.
  public let corruption: ImageCorruption?

  /// Images as they are.
  public static let none = Transformation(PoseDistribution())

  /// A transformation.
  public init(
    _ distribution: PoseDistribution, interpolation: Interpolation = .nearest, seed: UInt64 = 0,
    search: PoseSearch? = nil, corruption: ImageCorruption? = nil
  ) {
    (self.distribution, self.interpolation, self.seed) = (distribution, interpolation, seed)
    (self.search, self.corruption) = (search, corruption)
  }

  /// This transformation of images that `corruption` has corrupted before.
  public func after(_ corruption: ImageCorruption?) -> Transformation {
    Transformation(distribution, interpolation: interpolation, seed: seed, search: search, corruption: corruption)
  }

  /// Whether every image stays as it is.
  public var isIdentity: Bool { isStill && corruption == nil }

  /// Whether no image is turned or moved.
  private var isStill: Bool { distribution.isIdentity }

  /// Whether the gradient leads from pose to pose.
  public var isClimbing: Bool {
    if case .climb = search { true } else { false }
  }

  /// The pose of the image at `index` of its original split, where none is searched for.
  public func pose(of index: Int) -> Pose { distribution.draw(seed: seed, image: index) }

  /// How many poses are tried of an image.
  var poseCount: Int {
    switch search {
    case nil: 1
    case .worst(let count): isStill ? 1 : count
    case .grid(let grid): grid.count
    case .climb(let steps, let starts): isStill ? 1 : starts * (steps + 1)
    }
  }

  /// The pose of the image at `index` that is tried after `tried` others, whatever these showed; where they lead on,
  /// the start after so many others.
  func pose(of index: Int, after tried: Int) -> Pose {
    switch search {
    case .grid(let grid): grid[tried]
    case .climb: distribution.draw(seed: seed, image: index, attempt: tried, isWhole: false)
    case .worst, nil: distribution.draw(seed: seed, image: index, attempt: tried)
    }
  }

  /// A step from `pose` along `slope`: by sign, each of rotation and the two directions by 2.5 of its budget over the
  /// number of steps, so that all together lead from end to end, and back into the budgets.
  func step(from pose: Pose, along slope: PoseSlope, of steps: Int) -> Pose {
    func moved(_ value: Double, _ slope: Double, _ budget: Double) -> Double {
      let size = slope == 0 ? 0 : 2.5 * budget / Double(steps)
      return min(max(value + (slope < 0 ? -size : size), -budget), budget)
    }
    let (rotation, translation) = (distribution.rotation, distribution.translation)
    return Pose(
      degrees: distribution.isRotationExact ? pose.degrees : moved(pose.degrees, slope.degrees, rotation),
      dx: moved(pose.dx, slope.dx, translation), dy: moved(pose.dy, slope.dy, translation))
  }

  /// `setting` with the budgets of this.
  public func setting(_ setting: Setting) -> Setting {
    var setting = setting
    (setting.rotation, setting.translation) = (distribution.rotation, distribution.translation)
    setting.isRotationExact = distribution.isRotationExact && distribution.rotation != 0
    setting.interpolation = isStill || interpolation == .nearest ? nil : interpolation.rawValue
    return setting
  }

  /// What decides the poses besides the budgets, as records of images without an attack say it.
  var parameters: [JSON.Member] {
    if case .grid = search { return searchParameters }
    return isStill && search == nil ? [] : searchParameters + [.init("seed", .string(String(seed)))]
  }

  /// Which poses are tried, as records say it.
  var searchParameters: [JSON.Member] {
    switch search {
    case nil: []
    case .worst(let count): [.init("worst_of", .integer(Int64(count)))]
    case .grid(let grid): [.init("grid", .string(grid.size.description))]
    case .climb(let steps, let starts):
      [.init("worst_of", .integer(Int64(starts))), .init("pose_steps", .integer(Int64(steps)))]
    }
  }
}

extension Pose {
  /// As a record says it.
  var record: PredictionRecord.Pose { .init(degrees: degrees, dx: dx, dy: dy) }
}
