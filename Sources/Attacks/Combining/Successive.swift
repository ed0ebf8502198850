import Networks

/// Attempts one after the other, until the classifier says that one fooled.
///
/// An image that was misclassified before is not attacked, and survivors stay as they were.
final class Successive: Attempt {
  private let subject: Subject
  private let bound: Bound?
  private let count: Int
  private let make: (Int) -> (member: String?, attempt: (any Attempt)?)

  private var number = -1
  private var current: (any Attempt)?
  private var name: String?
  private var isJudging = false
  private var logits: [Float] = []
  private var pastSteps = 0
  /// Why all attempts so far failed; nil once one did not.
  private var failure: AttackFailure?
  private var hasEnded = false

  /// Up to `count` attempts at `subject`, each made by `make` when its turn comes, within `bound`.
  init(
    _ count: Int, on subject: Subject, within bound: Bound?,
    make: @escaping (Int) -> (member: String?, attempt: (any Attempt)?)
  ) {
    (self.count, self.subject, self.bound, self.make) = (count, subject, bound, make)
    logits.reserveCapacity(subject.logits.count)
  }

  var verdict: [Float] { logits }
  var steps: Int { pastSteps + (current?.steps ?? 0) }
  var member: String? { logits.isEmpty ? nil : name }

  func next(_ answer: Answer?, writing pixels: MutablePixels) -> Move {
    if isJudging, let answer {
      isJudging = false
      guard subject.goal.isFooled(by: predictedClass(answer.logits)) else { return advance(pixels) }
      logits.append(contentsOf: answer.logits)
      return .done
    }
    guard let current else { return advance(pixels) }
    switch current.next(answer, writing: pixels) {
    case .done: return judge(current, pixels)
    case .unbroken:
      hasEnded = true
      return advance(pixels)
    case .failed(let failure):
      self.failure = failure
      return advance(pixels)
    case let move: return move
    }
  }

  private func judge(_ attempt: any Attempt, _ pixels: MutablePixels) -> Move {
    hasEnded = true
    let verdict = attempt.verdict
    if verdict.isEmpty {
      bound?.settle(pixels, around: subject.clean)
    } else if verdict.withUnsafeBufferPointer({ subject.goal.isFooled(by: predictedClass($0)) }) {
      logits = verdict
      return .done
    }
    let isInside = bound?.holds(for: Pixels(pixels), around: subject.clean) ?? isInRange(Pixels(pixels))
    guard isInside, verdict.isEmpty else { return advance(pixels) }
    isJudging = true
    return .classify
  }

  private func advance(_ pixels: MutablePixels) -> Move {
    pastSteps += current?.steps ?? 0
    current = nil
    pixels.copy(subject.clean)
    while number + 1 < count {
      number += 1
      (name, current) = make(number)
      if current != nil { return next(nil, writing: pixels) }
      hasEnded = true
    }
    if !hasEnded, let failure { return .failed(failure) }
    return .unbroken
  }
}
