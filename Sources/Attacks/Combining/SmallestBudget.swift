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
  public var mostSteps: Int { Requirement.product(first.attack.mostSteps, halvings + Self.mostDoublings + 1) }

  /// Refuses what the attack refuses, and budgets of nothing.
  ///
  /// - Throws: `Failure` (`usage`).
  public func validate(classCount: Int) throws {
    guard request.epsilon ?? 0 > 0 else { throw Failure(.usage, "epsilon 0: the first budget to try; give more") }
    try first.attack.validate(classCount: classCount)
  }

  /// An attempt; nil for an image that is misclassified as it is.
  public func attempt(on subject: Subject) -> (any Attempt)? {
    subject.isClassifiedRightly ? SmallestBudgetAttempt(self, on: subject) : nil
  }

  /// How often the first budget is doubled at most.
  static let mostDoublings = 16

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

private final class SmallestBudgetAttempt: Attempt {
  private let settings: SmallestBudget
  private let subject: Subject
  private let farthest: Float
  private var current: (any Attempt)?
  private var epsilon: Float
  private var lower: Float = 0
  private var nearest: NearestPoint
  private var logits: [Float] = []
  private var halved = 0
  private var doubled = 0
  private var pastSteps = 0

  init(_ settings: SmallestBudget, on subject: Subject) {
    (self.settings, self.subject) = (settings, subject)
    farthest = settings.norm == .linf ? 1 : subject.farthest(settings.norm)
    epsilon = min(Float(settings.request.epsilon ?? 0), farthest)
    nearest = NearestPoint(count: subject.clean.count)
  }

  var verdict: [Float] { logits }
  var steps: Int { pastSteps + (current?.steps ?? 0) }

  func next(_ answer: Answer?, writing pixels: MutablePixels) -> Move {
    guard let current else { return begin(pixels) }
    switch current.next(answer, writing: pixels) {
    case .done:
      nearest.keep(pixels, at: settings.norm.distance(of: Pixels(pixels), from: subject.clean))
      logits = current.verdict
      return advance(pixels)
    case .unbroken, .failed:
      lower = epsilon
      return advance(pixels)
    case let move: return move
    }
  }

  private func begin(_ pixels: MutablePixels) -> Move {
    pixels.copy(subject.clean)
    let (attack, bound) = (settings.attack(within: epsilon), Bound(norm: settings.norm, epsilon: epsilon))
    // What it comes to fools, by the classifier's verdict, or is unbroken.
    let attempt = Successive(1, on: subject, within: bound) { [subject] _ in (nil, attack?.stopping(on: subject)) }
    current = attempt
    return attempt.next(nil, writing: pixels)
  }

  /// Halves the interval or, while nothing has fooled, doubles the budget.
  private func advance(_ pixels: MutablePixels) -> Move {
    pastSteps += current?.steps ?? 0
    current = nil
    if nearest.isFound {
      epsilon = (lower + min(nearest.distance, farthest)) / 2
      halved += 1
      guard halved <= settings.halvings, epsilon > lower else { return nearest.finish(pixels, within: nil) }
    } else {
      guard epsilon < farthest, doubled < SmallestBudget.mostDoublings else { return .unbroken }
      epsilon = min(2 * epsilon, farthest)
      doubled += 1
    }
    return begin(pixels)
  }
}
