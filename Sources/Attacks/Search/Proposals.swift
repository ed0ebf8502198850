import Networks

/// Images proposed one after the other, until the network errs.
final class Proposals: Attempt {
  private let subject: Subject
  private let count: Int
  private let propose: (_ number: Int, _ pixels: MutablePixels) -> Void
  private(set) var steps = 0
  private var logits: [Float] = []

  /// Up to `count` images, each written by `propose` in the place of another.
  init(_ count: Int, on subject: Subject, propose: @escaping (_ number: Int, _ pixels: MutablePixels) -> Void) {
    (self.subject, self.count, self.propose) = (subject, count, propose)
    logits.reserveCapacity(subject.logits.count)
  }

  var verdict: [Float] { logits }

  func next(_ answer: Answer?, writing pixels: MutablePixels) -> Move {
    if let answer, subject.goal.isFooled(by: predictedClass(answer.logits)) {
      logits.append(contentsOf: answer.logits)
      return .done
    }
    guard steps < count else { return .unbroken }
    propose(steps, pixels)
    steps += 1
    return .classify
  }
}
