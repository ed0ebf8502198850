public import Attacks
import Failures

/// The attack inside training, with its name in the catalogue.
public struct TrainingAttack: Hashable, Sendable {
  /// Its name in the catalogue.
  public let name: String
  /// What is carried out, with any seed.
  public let attack: any Attack

  /// The attack of `name`.
  public init(_ name: String, _ attack: any Attack) { (self.name, self.attack) = (name, attack) }

  /// Its radius in pixel units.
  public var epsilon: Float { attack.budget?.epsilon ?? 0 }

  /// How many steps it takes.
  public var steps: Int { attack.mostSteps }
  /// How far a step goes under its norm, in pixel units.
  public var stepSize: Float {
    guard case .number(let size) = attack.parameters.first(where: { $0.setting == .stepSize })?.value else { return 0 }
    return size
  }

  /// The attack as it is carried out in a run with this seed.
  func seeded(_ seed: UInt64) -> any Attack {
    guard var descent = attack as? ProjectedGradientDescent else { return attack }
    descent.seed = seed
    return descent
  }

  /// Whether name and settings are equal.
  public static func == (one: TrainingAttack, other: TrainingAttack) -> Bool {
    one.name == other.name && AnyHashable(one.attack) == AnyHashable(other.attack)
  }

  /// Takes in what decides equality.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(name)
    attack.hash(into: &hasher)
  }
}

extension AttackCatalogue {
  /// Those that can be the adversary in training.
  public static var adversaries: [AttackDescription] { all.filter { $0.reasonAgainstTraining == nil } }

  /// The attack called `name`, as the adversary in training.
  ///
  /// - Throws: `Failure` (`usage`) that says why it cannot be, and which can.
  @Sendable public static func adversary(named name: String) throws -> AttackDescription {
    guard let attack = Self[name] else { throw refusal("no attack `\(name)`") }
    if let reason = attack.reasonAgainstTraining { throw refusal("\(name) \(reason)") }
    return attack
  }

  private static func refusal(_ reason: String) -> Failure {
    Failure(.usage, "\(reason); take \(adversaries.map(\.name).joined(separator: ", "))")
  }
}

extension AttackDescription {
  /// Why training cannot attack by it; nil where it can.
  fileprivate var reasonAgainstTraining: String? {
    if !asksForGradients { return "asks for no gradients, but for more passes than a step of training can wait for" }
    if budget != .needed { return "looks for the nearest image, and training attacks within a budget" }
    if perturbsAlways { return nil }
    return "gives images that it cannot break back as they were, and training wants them attacked"
  }
}
