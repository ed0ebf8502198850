public import Records
public import Spatial

/// What is done to images before an attack, with the words that records use for it.
public struct Transformation: Hashable, Sendable {
  /// Which poses images take.
  public let distribution: PoseDistribution
  /// How pixels are made of their neighbours.
  public let interpolation: Interpolation
  /// The seed of the poses.
  public let seed: UInt64

  /// Images as they are.
  public static let none = Transformation(PoseDistribution())

  /// A transformation.
  public init(_ distribution: PoseDistribution, interpolation: Interpolation = .nearest, seed: UInt64 = 0) {
    (self.distribution, self.interpolation, self.seed) = (distribution, interpolation, seed)
  }

  /// Whether every image stays as it is.
  public var isIdentity: Bool { distribution.isIdentity }

  /// The pose of the image at `index` of its original split.
  public func pose(of index: Int) -> Pose { distribution.draw(seed: seed, image: index) }

  /// `setting` with the budgets of this.
  public func setting(_ setting: Setting) -> Setting {
    var setting = setting
    (setting.rotation, setting.translation) = (distribution.rotation, distribution.translation)
    setting.isRotationExact = distribution.isRotationExact && distribution.rotation != 0
    setting.interpolation = isIdentity || interpolation == .nearest ? nil : interpolation.rawValue
    return setting
  }
}

extension Pose {
  /// As a record says it.
  var record: PredictionRecord.Pose { .init(degrees: degrees, dx: Double(dx), dy: Double(dy)) }
}
