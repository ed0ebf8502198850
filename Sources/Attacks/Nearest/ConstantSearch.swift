import Failures
import Networks

/// The search for the smallest constant by which the margin must be weighed against the distance, as Carlini and Wagner's:
/// tenfold until one fools, then by halving.
struct ConstantSearch {
  /// The constant to try.
  private(set) var constant: Float
  private var lower: Float = 0
  private var upper: Float = 1e10
  private let count: Int
  /// How many constants have been tried.
  private(set) var tried = 0

  /// A search of `count` tries that begins with `constant`.
  init(from constant: Float, count: Int) { (self.constant, self.count) = (constant, count) }

  /// Goes on to the next constant, the last having fooled or not; false where none is left.
  mutating func advance(hasFooled: Bool) -> Bool {
    if hasFooled { upper = min(upper, constant) } else { lower = max(lower, constant) }
    if upper < 1e9 { constant = (lower + upper) / 2 } else if !hasFooled { constant *= 10 }
    tried += 1
    // With many tries the last is the smallest that fooled.
    if count >= 10, tried == count - 1 { constant = upper }
    return tried < count
  }
}

extension Goal {
  /// Whether the network errs, or says the target, by more than `confidence`.
  func isFooled(by logits: LogitRow, confidence: Float) -> Bool {
    let aim = target ?? label
    let handicap = target == nil ? confidence : -confidence
    var best = 0
    func value(_ place: Int) -> Float { place == aim ? logits[place] + handicap : logits[place] }
    for i in logits.indices where value(i) > value(best) { best = i }
    return (best == aim) == (target != nil)
  }
}

/// An attack that weighs the margin against the distance by a constant, for which it searches.
public protocol ConstantSearchAttack: NearestAttack {
  /// How many constants are tried.
  var searches: Int { get }
  /// By how much the wrong logit must lead.
  var confidence: Float { get }
  /// The optimiser's learning rate.
  var learningRate: Float { get }
}

extension ConstantSearchAttack {
  /// Those of all searches.
  public var mostSteps: Int { Requirement.product(steps, searches) }
  /// All but the budget.
  public var parameters: [AttackParameter] {
    [
      .init(.steps, .integer(steps)), .init(.searches, .integer(searches)),
      .init(.confidence, .number(confidence)), .init(.learningRate, .number(learningRate)),
    ] + targetParameter
  }

  /// Refuses settings that mean nothing for a network of `classCount` classes.
  ///
  /// - Throws: `Failure` (`usage`) that names the setting and what it may be.
  public func validate(classCount: Int) throws {
    try validateCommon(classCount)
    try Requirement.positive(searches, "searches")
    try Requirement.confidence(confidence)
    guard learningRate > 0, learningRate.isFinite else {
      throw Failure(.usage, "learning rate \(learningRate): give a finite number above 0")
    }
  }
}
