import Networks

/// Tries anew until an image is fooled, and keeps the best try.
///
/// The first try that fools (or hits the target) counts; if none does, the one with the higher loss at its end (the lower
/// one towards a target), of equals the first. The classifier decides.
final class Restarts: Attempt {
  private let count: Int
  private let make: (_ restart: Int) -> any Attempt
  private let subject: Subject
  private let bound: Bound
  private let objective: Objective

  private var current: any Attempt
  private var restart = 0
  private var isJudging = false
  private let best: PixelBuffer
  /// How well the best try suits the attack; the higher, the better.
  private var bestScore: Float?
  private var bestLogits: [Float] = []
  private var pastSteps = 0
  private var failure = AttackFailure.bound

  /// Up to `count` tries at `subject`, each made by `make`; `objective` says how well one went, negated towards a target.
  init(
    _ count: Int, on subject: Subject, within bound: Bound, objective: Objective,
    make: @escaping (_ restart: Int) -> any Attempt
  ) {
    (self.count, self.subject, self.bound, self.objective, self.make) = (count, subject, bound, objective, make)
    current = make(0)
    best = PixelBuffer(count: subject.clean.count)
    bestLogits.reserveCapacity(subject.logits.count)
  }

  var verdict: [Float] { bestLogits }
  var steps: Int { pastSteps + current.steps }

  func next(_ answer: Answer?, writing pixels: MutablePixels) -> Move {
    if isJudging, let answer {
      isJudging = false
      let hasFooled = keep(pixels, answer.logits)
      return hasFooled ? finish(pixels) : beginNext(pixels)
    }
    switch current.next(answer, writing: pixels) {
    case .done:
      bound.settle(pixels, around: subject.clean)
      guard bound.holds(for: Pixels(pixels), around: subject.clean) else { return beginNext(pixels) }
      isJudging = true
      return .classify
    case .unbroken: return beginNext(pixels)
    case .failed(let failure):
      self.failure = failure
      return beginNext(pixels)
    case let move: return move
    }
  }

  /// Keeps a try that is the best so far, and says whether it fooled.
  private func keep(_ pixels: MutablePixels, _ logits: LogitRow) -> Bool {
    let hasFooled = subject.goal.isFooled(by: predictedClass(logits))
    let value = objective.value(logits)
    let score = subject.goal.target == nil ? value : -value
    if hasFooled || bestScore.map({ score > $0 }) ?? true {
      bestScore = score
      best.copy(Pixels(pixels))
      bestLogits.removeAll(keepingCapacity: true)
      bestLogits.append(contentsOf: logits)
    }
    return hasFooled
  }

  private func beginNext(_ pixels: MutablePixels) -> Move {
    restart += 1
    guard restart < count else { return finish(pixels) }
    pastSteps += current.steps
    current = make(restart)
    pixels.copy(subject.clean)
    return next(nil, writing: pixels)
  }

  private func finish(_ pixels: MutablePixels) -> Move {
    guard bestScore != nil else { return .failed(failure) }
    pixels.copy(best)
    return .done
  }
}
