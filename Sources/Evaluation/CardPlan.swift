import Attacks
import Corruptions
import Failures
import Networks
public import Records
import Spatial
import Tensors

/// What a card tries on a model: images as they are, turned and moved, attacked, both, and corrupted, each at the customary
/// budgets.
public struct CardPlan {
  /// One kind of trial.
  public struct Part {
    /// What it is called.
    public let name: String
    /// The attack; nil where there is none.
    public let attack: NamedAttack?
    /// What is done to images before, a setting each.
    public let transformations: [Transformation]
  }

  /// What is tried, the cheap first.
  public private(set) var parts: [Part] = []
  /// What is not, and why.
  public private(set) var notRun: [CardRecord.Omission] = []

  /// The budget of rotation in degrees, and the share of an image's side that is the budget of translation (Engstrom et al.
  /// 2019).
  private static let (rotation, shift) = (30.0, 0.1)
  /// How many poses are drawn, of which the worst counts.
  private static let drawnPoses = 10
  private static let otherCorruptions = ["motion_blur", "snow", "frost", "spatter", "elastic_transform"]

  /// The plan for a model; `seed` decides poses, attacks and noise.
  ///
  /// - Throws: `Failure` where the customary attacks mean nothing for it.
  public init(of model: LoadedModel, seed: UInt64) throws {
    let shape = model.graph.imageShape
    let pixels = max(1, (Self.shift * Double(min(shape[1], shape[2]))).rounded())
    let poses = PoseDistribution(rotation: Self.rotation, translation: pixels)
    let drawn = Transformation(poses, seed: seed, search: .worst(of: Self.drawnPoses))
    parts.append(Part(name: "natural", attack: nil, transformations: [.none]))
    add(corruptionsOf: model, seed: seed)
    parts.append(Part(name: "spatial-worst-of-10", attack: nil, transformations: [drawn]))
    if let size = PoseGridSize("5x5x31") {
      let grid = PoseGrid(size, rotation: Self.rotation, translation: pixels)
      parts.append(
        Part(name: "spatial-grid", attack: nil, transformations: [Transformation(poses, search: .grid(grid))]))
    }
    let pgd = try Self.attack(AttackCatalogue.pgd, on: model, seed: seed, drawsPoses: true)
    parts.append(Part(name: "spatial-worst-of-10-pgd", attack: pgd, transformations: [drawn]))
    guard let kind = AttackCatalogue["autoattack"] else { return }
    do {
      let attack = try Self.attack(kind, on: model, seed: seed)
      try attack.attack.validate(classCount: model.graph.classCount)
      parts.append(Part(name: "autoattack", attack: attack, transformations: [.none]))
    } catch let failure as Failure where failure.kind == .usage {
      notRun.append(.init(name: "autoattack", reason: failure.message))
    }
  }

  private mutating func add(corruptionsOf model: LoadedModel, seed: UInt64) {
    var kinds = Corruption.Kind.allCases
    let shape = model.graph.imageShape
    for kind in kinds {
      do {
        try Corruption(kind, severity: 1).validate(imageShape: shape)
      } catch {
        kinds.removeAll { $0 == kind }
        // The message begins with the kind, which the omission's name says.
        notRun.append(.init(name: kind.rawValue, reason: error.message.replacing("\(kind.rawValue): ", with: "")))
      }
    }
    for name in Self.otherCorruptions {
      notRun.append(.init(name: name, reason: "read from files alone: --corruption \(name) --corrupted DIR"))
    }
    guard !kinds.isEmpty else { return }
    let corruptions = kinds.flatMap { kind in
      Corruption.severities.map { ImageCorruption.computed(Corruption(kind, severity: $0), seed: seed) }
    }
    parts.append(
      Part(name: "corruptions", attack: nil, transformations: corruptions.map { Transformation.none.after($0) }))
  }

  private static func attack(
    _ kind: AttackDescription, on model: LoadedModel, seed: UInt64, drawsPoses: Bool = false
  ) throws -> NamedAttack {
    var settings = AttackSettings()
    settings.kind = kind
    settings.values[.seed] = .text(String(seed))
    return try settings.attack(channels: model.channels, drawsPoses: drawsPoses)
  }
}
