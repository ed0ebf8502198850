import Failures

/// Attacks one after the other on what survived those before; every image is attacked only until it is fooled.
///
/// The worst case over its members, at the cost of the survivors alone. AutoAttack is one.
public struct Cascade: Attack {
  /// One attack of a cascade, by name.
  public struct Member: Hashable, Sendable {
    /// What records call it.
    public let name: String
    /// The attack, erased of its type.
    let attack: AnyAttack

    /// The member `attack`.
    public init(_ name: String, _ attack: some Attack) { (self.name, self.attack) = (name, AnyAttack(attack)) }
  }

  /// The attacks in their order.
  public let members: [Member]
  /// How distance is measured.
  public let norm: Norm
  /// The ball that all of them stay in.
  public let budget: Bound?

  /// The seed of all of them.
  public let seed: UInt64

  /// The cascade of `members`, which all stay within `bound` and draw by `seed`.
  public init(_ members: [Member], within bound: Bound, seed: UInt64 = 0) {
    (self.members, norm, budget, self.seed) = (members, bound.norm, bound, seed)
  }

  /// No class is to be taken for.
  public var target: Int? { nil }
  /// Who its members are, and the seed.
  public var parameters: [AttackParameter] {
    [.init(.members, .list(members.map(\.name))), .init(.seed, .text(String(seed)))]
  }
  /// Those of all runs.
  public var mostSteps: Int { members.reduce(0) { Requirement.sum($0, $1.attack.attack.mostSteps) } }
  /// What any of them asks for.
  public var needs: AttackNeeds { members.reduce([]) { $0.union($1.attack.attack.needs) } }

  /// Refuses what any of them refuses, and members of other balls.
  ///
  /// - Throws: `Failure` (`usage`).
  public func validate(classCount: Int) throws {
    guard !members.isEmpty else { throw Failure(.usage, "an ensemble of no attack: name at least one") }
    for member in members {
      guard member.attack.attack.budget == budget, member.attack.attack.target == nil else {
        throw Failure(.usage, "ensemble: \(member.name) has another budget or a target")
      }
      try member.attack.attack.validate(classCount: classCount)
    }
  }

  /// An attempt by one member after the other; nil for an image that is misclassified as it is.
  public func attempt(on subject: Subject) -> (any Attempt)? {
    guard budget.map({ $0.epsilon > 0 }) ?? true, subject.isClassifiedRightly else { return nil }
    let members = members
    return Successive(members.count, on: subject, within: budget) { number in
      (members[number].name, members[number].attack.stopping(on: subject))
    }
  }
}

/// An attack without its type, so that lists of them can be compared.
struct AnyAttack: Hashable, Sendable {
  let attack: any Attack
  private let start: @Sendable (Subject) -> (any Attempt)?

  init(_ attack: some Attack) {
    self.attack = attack
    start = { UntilFooled(attack).attempt(on: $0) }
  }

  /// An attempt that stops where the image is first fooled.
  func stopping(on subject: Subject) -> (any Attempt)? { start(subject) }

  static func == (one: AnyAttack, other: AnyAttack) -> Bool { AnyHashable(one.attack) == AnyHashable(other.attack) }
  func hash(into hasher: inout Hasher) { attack.hash(into: &hasher) }
}
