import Failures
import Networks

/// The smallest budget at which an attack within a budget fools an image: found by doubling and halving, where the
/// distance of an image that fooled is the next bound from above.
///
/// It attacks images that are classified rightly.
public struct SmallestBudget: Attack {
  /// The attack's name in the catalogue.
  public let name: String
  /// The attack, at the first budget that is tried.
  public let request: AttackRequest
  /// How often the interval is halved.
  public let halvings: Int
  private let first: AnyAttack

  /// The search by the attack called `name` as `request` describes it, from its budget on.
  ///
  /// - Throws: `Failure` (`usage`) where the attack has no budget or the request means nothing.
  public init(name: String, request: AttackRequest, halvings: Int = 10) throws {
    guard let kind = AttackCatalogue[name], kind.budget == .needed else {
      throw Failure(.usage, "\(name) looks for the nearest image by itself")
    }
    (self.name, self.request, self.halvings) = (name, request, halvings)
    first = AnyAttack(try kind.attack(request))
  }

  /// How distance is measured.
  public var norm: Norm { request.norm }
  /// It looks for one.
  public var budget: Bound? { nil }
  /// The class to be taken for.
  public var target: Int? { first.attack.target }
  /// As the attack's; a step's size follows the budget unless it was chosen.
  public var parameters: [AttackParameter] {
    first.attack.parameters.filter { $0.setting != .stepSize || request.stepSize != nil }
  }
  /// What the attack asks for.
  public var needs: AttackNeeds { first.attack.needs }
  /// Those of all budgets.
  public var mostSteps: Int { Requirement.product(first.attack.mostSteps, halvings + BudgetSearch.mostDoublings + 1) }

  /// Refuses what the attack refuses, and budgets of nothing.
  ///
  /// - Throws: `Failure` (`usage`).
  public func validate(classCount: Int) throws {
    guard request.epsilon ?? 0 > 0 else { throw Failure(.usage, "epsilon 0: the first budget to try; give more") }
    try first.attack.validate(classCount: classCount)
  }

  /// An attempt; nil for an image that is misclassified as it is.
  public func attempt(on subject: Subject) -> (any Attempt)? {
    guard subject.isClassifiedRightly else { return nil }
    return BudgetSearch(from: request.epsilon.map { Float($0) }, halvings: halvings, on: subject, norm: norm) {
      [self] in
      attack(within: $0)
    }
  }

  /// The attack within `epsilon`.
  func attack(within epsilon: Float) -> AnyAttack? {
    var request = request
    request.epsilon = Double(epsilon)
    guard let attack = try? AttackCatalogue[name]?.attack(request) else { return nil }
    return AnyAttack(attack)
  }

  /// Whether all is equal.
  public static func == (one: Self, other: Self) -> Bool {
    (one.name, one.first, one.halvings) == (other.name, other.first, other.halvings)
  }

  /// Takes in what decides equality.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(name)
    hasher.combine(first)
  }
}
