import Networks

/// Attempts within one budget after the other, by halving the interval in which the smallest that fools lies, where the
/// distance of an image that fooled is the next bound from above.
final class BudgetSearch: Attempt {
  private let subject: Subject
  private let norm: Norm
  private let halvings: Int
  private let mostDoublings: Int
  private let limit: Bound?
  private let attack: (_ epsilon: Float) -> AnyAttack?
  private let farthest: Float

  private var current: (any Attempt)?
  private var epsilon: Float
  private var lower: Float = 0
  private var nearest: NearestPoint
  private var logits: [Float] = []
  private var halved = 0
  private var doubled = 0
  private var pastSteps = 0
  /// Why all attempts so far failed; nil once one did not.
  private var failure: AttackFailure?
  private var hasEnded = false

  /// How often the first budget is doubled at most.
  static let mostDoublings = 16

  /// A search by attempts of `attack`.
  ///
  /// - Parameters:
  ///   - first: The budget to begin with, which is doubled until one fools; nil for half the way to the farthest image,
  ///     which is not: there the first attempt is the first halving.
  ///   - halvings: How often the interval is halved.
  ///   - limit: The ball beyond which what was found does not count.
  init(
    from first: Float?, halvings: Int, on subject: Subject, norm: Norm, within limit: Bound? = nil,
    attack: @escaping (_ epsilon: Float) -> AnyAttack?
  ) {
    (self.subject, self.norm, self.halvings, self.limit, self.attack) = (subject, norm, halvings, limit, attack)
    farthest = norm == .linf ? 1 : subject.farthest(norm)
    epsilon = first.map { [farthest] in min($0, farthest) } ?? farthest / 2
    mostDoublings = first == nil ? 0 : Self.mostDoublings
    halved = first == nil ? 1 : 0
    nearest = NearestPoint(count: subject.clean.count)
  }

  var verdict: [Float] { logits }
  var steps: Int { pastSteps + (current?.steps ?? 0) }

  func next(_ answer: Answer?, writing pixels: MutablePixels) -> Move {
    guard let current else { return begin(pixels) }
    switch current.next(answer, writing: pixels) {
    case .done:
      hasEnded = true
      nearest.keep(pixels, at: norm.distance(of: Pixels(pixels), from: subject.clean))
      logits = current.verdict
      return advance(pixels)
    case .unbroken:
      hasEnded = true
      lower = epsilon
      return advance(pixels)
    case .failed(let failure):
      self.failure = failure
      lower = epsilon
      return advance(pixels)
    case let move: return move
    }
  }

  private func begin(_ pixels: MutablePixels) -> Move {
    pixels.copy(subject.clean)
    let (attack, bound) = (attack(epsilon), Bound(norm: norm, epsilon: epsilon))
    // What it comes to fools, by the classifier's verdict, or is unbroken.
    let attempt = Successive(1, on: subject, within: bound) { [subject] _ in (nil, attack?.stopping(on: subject)) }
    current = attempt
    return attempt.next(nil, writing: pixels)
  }

  /// Halves the interval or, while nothing has fooled and the search may, doubles the budget.
  private func advance(_ pixels: MutablePixels) -> Move {
    pastSteps += current?.steps ?? 0
    current = nil
    if nearest.isFound || mostDoublings == 0 {
      epsilon = (lower + min(nearest.distance, farthest)) / 2
      halved += 1
      guard halved <= halvings, epsilon > lower else { return finish(pixels) }
    } else {
      guard epsilon < farthest, doubled < mostDoublings else { return finish(pixels) }
      epsilon = min(2 * epsilon, farthest)
      doubled += 1
    }
    return begin(pixels)
  }

  private func finish(_ pixels: MutablePixels) -> Move {
    if !hasEnded, let failure { return .failed(failure) }
    return nearest.finish(pixels, within: limit)
  }
}
