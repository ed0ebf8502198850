public import ArgumentParser
public import Evaluation
import Failures
import Records
public import Spatial
public import ToolSupport

extension Interpolation: ExpressibleByArgument {}

/// How images are turned and moved before an attack, or instead of one.
public struct SpatialOptions: ParsableArguments {
  /// The budgets of rotation.
  @Option(
    help:
      "Turn every image by an angle in -D...D degrees, drawn for it; a list, as in 15,30 or 0:180:15, is a setting each.",
    transform: NumberList.typed)
  public var rotation: NumberList?

  /// The budgets of translation.
  @Option(
    help: "Move every image by whole pixels in -P...P along each axis, drawn for it; a list is a setting each.",
    transform: NumberList.typed)
  public var translation: NumberList?

  /// Whether every image is turned by just the angle.
  @Flag(help: "Turn every image by just --rotation degrees, anticlockwise.")
  public var rotationExact = false

  /// How pixels are made of their neighbours.
  @Option(
    help:
      "How a turned image's pixels are found: nearest, as Pillow and torchvision do by default and so here, or bilinear."
  )
  public var interpolation: Interpolation?

  /// Images as they are.
  public init() {}

  /// Refuses budgets that mean nothing.
  public func validate() throws {
    let (degrees, pixels) = (TransformationLimits.degrees, TransformationLimits.pixels)
    // An angle drawn from -D...D has no sign, one that is given may have.
    try check(rotation, "--rotation", "degrees", in: rotationExact ? -degrees...degrees : 0...degrees)
    try check(translation, "--translation", "pixels", in: 0...pixels)
    if rotationExact, rotation == nil { throw ValidationError("--rotation-exact: by how much? give --rotation") }
    if let interpolation, interpolation != .nearest, rotation == nil {
      throw ValidationError("--interpolation \(interpolation.rawValue): nothing is turned; give --rotation")
    }
    let repetition = rotation?.repetition(of: "--rotation") ?? translation?.repetition(of: "--translation")
    if let repetition { throw ValidationError(repetition) }
  }

  private func check(_ list: NumberList?, _ name: String, _ unit: String, in range: ClosedRange<Double>) throws {
    guard let wrong = list?.numbers.first(where: { !range.contains($0.value) }) else { return }
    throw ValidationError("\(name) \(wrong): give \(Int(range.lowerBound)) to \(Int(range.upperBound)) \(unit)")
  }

  /// How many settings there are.
  public var count: Int { (rotation?.numbers.count ?? 1) * (translation?.numbers.count ?? 1) }

  /// Whether images are turned or moved at all, were it by 0.
  public var isGiven: Bool { rotation != nil || translation != nil }

  /// Whether a random number decides how images are turned or moved.
  public var drawsPoses: Bool {
    (!rotationExact && rotation?.values.contains { $0 > 0 } ?? false)
      || translation?.values.contains { $0 > 0 } ?? false
  }

  /// A transformation for each pair of a rotation and a translation, the rotations outermost.
  public func transformations(seed: UInt64) -> [Transformation] {
    (rotation?.values ?? [0]).flatMap { rotation in
      (translation?.values ?? [0]).map { translation in
        Transformation(
          PoseDistribution(rotation: rotation, isRotationExact: rotationExact, translation: translation),
          interpolation: interpolation ?? .nearest, seed: seed)
      }
    }
  }
}
