public import ArgumentParser
public import Evaluation
import Failures
import Records
public import Spatial
public import ToolSupport

extension Interpolation: ExpressibleByArgument {}

extension PoseGridSize {
  /// The size that an option means by `text`: for `@Option(transform:)`, so that a refusal says what is taken.
  @Sendable static func typed(_ text: String) throws -> PoseGridSize {
    guard let size = PoseGridSize(text) else {
      throw Failure(
        .usage,
        "give places across, down, and angles, as in 5x5x31, at most \(TransformationLimits.poses) poses together")
    }
    return size
  }
}

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

  /// Budgets of both that go together.
  @Option(
    help:
      "Rotations and translations in pairs, as in rotation=0:180:15,translation=0:3:0.25: the first of both, the second, ...",
    transform: Sweep.typed)
  public var sweep: Sweep?

  /// Whether every image is turned by just the angle.
  @Flag(help: "Turn every image by just --rotation degrees, anticlockwise.")
  public var rotationExact = false

  /// How pixels are made of their neighbours.
  @Option(
    help:
      "How a turned image's pixels are found: nearest, as Pillow and torchvision do by default and so here, or bilinear."
  )
  public var interpolation: Interpolation?

  /// How many drawn poses are tried.
  @Option(
    help:
      "Try so many poses an image, drawn within the budgets; the first that is misclassified counts, or else that of the highest cross-entropy."
  )
  public var worstOf: Int?

  /// Which grid of poses is tried.
  @Option(
    help:
      "Try the identity and a grid of poses within the budgets, as in 5x5x31: so many places across, down, and angles.",
    transform: PoseGridSize.typed)
  public var grid: PoseGridSize?

  /// How many steps along the gradient lead from pose to pose.
  @Option(
    help:
      "Climb the loss by the pose's own gradient, so many steps from each drawn pose; pixels are then blended, as with --interpolation bilinear."
  )
  public var poseSteps: Int?

  /// What corrupts images before.
  @OptionGroup public var corruption: CorruptionOptions

  /// Images as they are.
  public init() {}

  /// Refuses budgets that mean nothing.
  public func validate() throws {
    let (degrees, pixels) = (TransformationLimits.degrees, TransformationLimits.pixels)
    if let sweep {
      guard rotation == nil, translation == nil else {
        throw ValidationError("--sweep has rotations and translations: leave out --rotation and --translation")
      }
      if let pair = sweep.repetition {
        throw ValidationError("--sweep \(sweep.text): \(pair) comes twice; give it once")
      }
    }
    // An angle drawn from -D...D has no sign, one that is given may have.
    try check(rotations, "--rotation", "degrees", in: rotationExact ? -degrees...degrees : 0...degrees)
    try check(translations, "--translation", "pixels", in: 0...pixels)
    if rotationExact, rotations == nil { throw ValidationError("--rotation-exact: by how much? give --rotation") }
    // A grid also moves by parts of pixels.
    if let interpolation, interpolation != .nearest, rotations == nil, grid == nil, poseSteps == nil {
      throw ValidationError("--interpolation \(interpolation.rawValue): nothing is turned; give --rotation")
    }
    let repetition = rotation?.repetition(of: "--rotation") ?? translation?.repetition(of: "--translation")
    if let repetition { throw ValidationError(repetition) }
    try checkSearch()
    if corruption.corruption != nil, let search {
      throw ValidationError("--corruption goes with one pose of an image: leave out \(search) or --corruption")
    }
  }

  /// Refuses climbs that lead nowhere, or through too many poses.
  private func checkClimb() throws {
    guard let poseSteps else { return }
    let (limit, starts) = (TransformationLimits.poses, worstOf ?? 1)
    guard poseSteps > 0, poseSteps < limit, (poseSteps + 1) * starts <= limit else {
      throw ValidationError("--pose-steps \(poseSteps): give 1 or more, from all starts at most \(limit) poses")
    }
    guard grid == nil else { throw ValidationError("--pose-steps climbs, --grid has its own poses; take one") }
    guard drawsWithin else { throw ValidationError("--pose-steps \(poseSteps): nothing is drawn here; leave it out") }
    guard interpolation != .nearest else {
      throw ValidationError("--interpolation nearest: has no gradient by pose; leave it out, or --pose-steps")
    }
  }

  /// Refuses searches through nothing.
  private func checkSearch() throws {
    try checkClimb()
    let limit = TransformationLimits.poses
    if let worstOf {
      guard (1...limit).contains(worstOf) else {
        throw ValidationError("--worst-of \(worstOf): give 1 to \(limit) poses")
      }
      guard grid == nil else { throw ValidationError("--worst-of draws poses, --grid has its own; take one") }
      guard drawsWithin else { throw ValidationError("--worst-of \(worstOf): nothing is drawn here; leave it out") }
    }
    guard let grid else { return }
    guard isGiven else { throw ValidationError("--grid \(grid): by how much? give --rotation or --translation") }
    guard !rotationExact else { throw ValidationError("--rotation-exact: --grid has angles of its own; take one") }
    let axes = [("--rotation", rotations, grid.angles), ("--translation", translations, max(grid.columns, grid.rows))]
    for (name, budgets, count) in axes {
      if budgets == nil, count > 1 { throw ValidationError("--grid \(grid): by how much? give \(name)") }
      if budgets != nil, count == 1 {
        throw ValidationError("\(name): --grid \(grid) has no place for it; leave it out")
      }
    }
  }

  /// What asks for a search for the worst pose, such as `--worst-of 10`; nil where nothing does.
  public var search: String? {
    poseSteps.map { "--pose-steps \($0)" } ?? worstOf.map { "--worst-of \($0)" } ?? grid.map { "--grid \($0)" }
  }

  private func check(_ list: NumberList?, _ name: String, _ unit: String, in range: ClosedRange<Double>) throws {
    guard let wrong = list?.numbers.first(where: { !range.contains($0.value) }) else { return }
    throw ValidationError("\(name) \(wrong): give \(Int(range.lowerBound)) to \(Int(range.upperBound)) \(unit)")
  }

  /// The budgets of rotation and of translation, wherever they were given.
  private var rotations: NumberList? { sweep?.rotation ?? rotation }
  private var translations: NumberList? { sweep?.translation ?? translation }

  /// The budgets that go together: the pairs of a sweep, else each rotation with each translation, the rotations outermost.
  public var pairs: [(rotation: Double, translation: Double)] {
    if let sweep {
      return zip(sweep.rotation.values, sweep.translation.values).map { (rotation: $0, translation: $1) }
    }
    return (rotation?.values ?? [0]).flatMap { rotation in
      (translation?.values ?? [0]).map { (rotation: rotation, translation: $0) }
    }
  }

  /// How many settings there are.
  public var count: Int { pairs.count * corruption.count }

  /// Whether images are turned or moved at all, were it by 0.
  public var isGiven: Bool { rotations != nil || translations != nil }

  /// Whether a random number decides how images are corrupted, turned or moved.
  public var drawsPoses: Bool {
    corruption.isDrawn || drawsWithin
  }

  private var drawsWithin: Bool {
    grid == nil
      && ((!rotationExact && rotations?.values.contains { $0 > 0 } ?? false)
        || translations?.values.contains { $0 > 0 } ?? false)
  }

  /// A transformation for each of `pairs`, each after every corruption, these the outermost of all.
  ///
  /// - Throws: `Failure` where there is no such corruption, or no file of it.
  public func transformations(seed: UInt64) throws -> [Transformation] {
    try corruption.corruptions(seed: seed).flatMap { corruption in poses(seed: seed).map { $0.after(corruption) } }
  }

  private func poses(seed: UInt64) -> [Transformation] {
    pairs.map { rotation, translation in
      Transformation(
        PoseDistribution(rotation: rotation, isRotationExact: rotationExact, translation: translation),
        interpolation: interpolation ?? (poseSteps == nil ? .nearest : .bilinear), seed: seed,
        search: poseSteps.map { .climb(steps: $0, starts: worstOf ?? 1) } ?? worstOf.map { .worst(of: $0) }
          ?? grid.map { .grid(PoseGrid($0, rotation: rotation, translation: translation)) })
    }
  }
}
