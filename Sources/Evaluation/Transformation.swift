public import Records
public import Spatial

/// Which poses of every image are tried, of which the worst counts.
public enum PoseSearch: Hashable, Sendable {
  /// So many that are drawn; the first is the one drawn without a search.
  case worst(of: Int)
  /// Those of a grid.
  case grid(PoseGrid)
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

  /// Images as they are.
  public static let none = Transformation(PoseDistribution())

  /// A transformation.
  public init(
    _ distribution: PoseDistribution, interpolation: Interpolation = .nearest, seed: UInt64 = 0,
    search: PoseSearch? = nil
  ) {
    (self.distribution, self.interpolation, self.seed) = (distribution, interpolation, seed)
    self.search = search
  }

  /// Whether every image stays as it is.
  public var isIdentity: Bool { distribution.isIdentity }

  /// The pose of the image at `index` of its original split, where none is searched for.
  public func pose(of index: Int) -> Pose { distribution.draw(seed: seed, image: index) }

  /// How many poses are tried of an image.
  var poseCount: Int {
    switch search {
    case nil: 1
    case .worst(let count): isIdentity ? 1 : count
    case .grid(let grid): grid.count
    }
  }

  /// The pose of the image at `index` that is tried after `tried` others.
  func pose(of index: Int, after tried: Int) -> Pose {
    if case .grid(let grid) = search { return grid[tried] }
    return distribution.draw(seed: seed, image: index, attempt: tried)
  }

  /// `setting` with the budgets of this.
  public func setting(_ setting: Setting) -> Setting {
    var setting = setting
    (setting.rotation, setting.translation) = (distribution.rotation, distribution.translation)
    setting.isRotationExact = distribution.isRotationExact && distribution.rotation != 0
    setting.interpolation = isIdentity || interpolation == .nearest ? nil : interpolation.rawValue
    return setting
  }

  /// What decides the poses besides the budgets, as records of images without an attack say it.
  var parameters: [JSON.Member] {
    let seed = JSON.Member("seed", .string(String(seed)))
    switch search {
    case nil: return isIdentity ? [] : [seed]
    case .worst(let count): return [.init("worst_of", .integer(Int64(count))), seed]
    case .grid(let grid): return [.init("grid", .string(grid.size.description))]
    }
  }
}

extension Pose {
  /// As a record says it.
  var record: PredictionRecord.Pose { .init(degrees: degrees, dx: dx, dy: dy) }
}
