import Networks

/// An attack that stops for an image where it is first fooled, by the classifier's verdict.
///
/// The logits beside a gradient tell for nothing when to ask the classifier; where it does not agree, the attack goes on.
public struct UntilFooled<Whole: Attack>: WrappingAttack {
  /// The attack that is stopped.
  public let attack: Whole

  /// `attack`, stopped where an image is first fooled.
  public init(_ attack: Whole) { self.attack = attack }

  /// An attempt that stops early.
  public func attempt(on subject: Subject) -> (any Attempt)? {
    guard let attempt = attack.attempt(on: subject) else { return nil }
    return StoppingAttempt(attempt, on: subject, within: budget)
  }
}

private final class StoppingAttempt: Attempt {
  private let attempt: any Attempt
  private let subject: Subject
  private let bound: Bound?
  /// What the attempt asks about while the classifier looks at what that comes to.
  private let asked: PixelBuffer
  private var question = Move.classify
  private var isJudging = false
  /// Whether the classifier denied what the logits of the question promised.
  private var isDenied = false
  private var reached: [Float] = []

  init(_ attempt: any Attempt, on subject: Subject, within bound: Bound?) {
    (self.attempt, self.subject, self.bound) = (attempt, subject, bound)
    asked = PixelBuffer(count: subject.clean.count)
    reached.reserveCapacity(subject.logits.count)
  }

  var verdict: [Float] { reached.isEmpty ? attempt.verdict : reached }
  var steps: Int { attempt.steps }
  var member: String? { attempt.member }

  func next(_ answer: Answer?, writing pixels: MutablePixels) -> Move {
    if isJudging, let answer { return judge(answer.logits, pixels) }
    if let answer, answer.isFinite, !isDenied, subject.goal.isReached(by: predictedClass(answer.logits)),
      isNearEnough(Pixels(pixels))
    {
      // Without a gradient it was the classifier who answered.
      if answer.gradient == nil, bound?.holds(for: Pixels(pixels), around: subject.clean) ?? true {
        reached.append(contentsOf: answer.logits)
        return .done
      }
      asked.copy(Pixels(pixels))
      bound?.settle(pixels, around: subject.clean)
      isJudging = true
      return .classify
    }
    isDenied = false
    question = attempt.next(answer, writing: pixels)
    return question
  }

  /// Whether only rounding can keep the pixels outside the ball: attacks that look for near images begin farther away.
  private func isNearEnough(_ pixels: Pixels) -> Bool {
    guard let bound else { return true }
    return bound.norm.distance(of: pixels, from: subject.clean) <= bound.epsilon * 1.0001
  }

  private func judge(_ logits: LogitRow, _ pixels: MutablePixels) -> Move {
    isJudging = false
    let isInside = bound?.holds(for: Pixels(pixels), around: subject.clean) ?? isInRange(Pixels(pixels))
    if isInside, subject.goal.isReached(by: predictedClass(logits)) {
      reached.append(contentsOf: logits)
      return .done
    }
    pixels.copy(asked)
    isDenied = true
    return question
  }
}
