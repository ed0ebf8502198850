import Networks
import Tensors

/// Where an image stays while it is under way: its buffers, made once, and what is happening to it.
final class Slot {
  /// The image as it came, and the image that is asked about.
  let clean, asked: PixelBuffer
  /// The logits of the untouched image and of the clean one, and the probabilities from which a divergence measures.
  let naturalLogits, cleanLogits, reference: PixelBuffer

  private(set) var place = 0
  private(set) var subject: Subject
  /// The attack under way, by its place in the sequence.
  private(set) var attack = 0
  private(set) var attempt: (any Attempt)?
  /// What the attempt wants next.
  private(set) var move = Move.done
  /// How many batches had been asked about when its question came.
  var askedAt = 0
  /// Whether the classifier is asked about the attempt's result.
  var isFinal = false
  /// What was asked about the image under this attack.
  var cost = AttackCost()
  private(set) var hadZeroGradient: Bool?
  /// What was handed out for the attack before.
  private(set) var before: AttackResult?

  init(imageShape: Shape, classCount: Int) {
    (clean, asked) = (PixelBuffer(count: imageShape.count), PixelBuffer(count: imageShape.count))
    (naturalLogits, cleanLogits) = (PixelBuffer(count: classCount), PixelBuffer(count: classCount))
    reference = PixelBuffer(count: classCount)
    let goal = Goal(label: 0, natural: 0, target: nil)
    subject = Subject(
      clean: clean.contents, shape: imageShape, goal: goal, index: 0, logits: cleanLogits.contents,
      reference: reference.contents)
  }

  /// Takes in the image at `place`, whose buffers are filled.
  func takeIn(place: Int, label: Int, natural: Int, index: Int, epoch: Int) {
    (self.place, attack, before, attempt, cost) = (place, 0, nil, nil, AttackCost())
    subject = Subject(
      clean: clean.contents, shape: subject.shape, goal: Goal(label: label, natural: natural, target: nil),
      index: index, epoch: epoch, logits: cleanLogits.contents, reference: reference.contents)
  }

  /// Begins an attempt by `attack`; false where it leaves the image as it is.
  func begin(_ attack: any Attack) -> Bool {
    let goal = Goal(label: subject.goal.label, natural: subject.goal.natural, target: attack.target)
    subject = Subject(
      clean: subject.clean, shape: subject.shape, goal: goal, index: subject.index, epoch: subject.epoch,
      logits: subject.logits, reference: subject.reference)
    hadZeroGradient = nil
    asked.copy(clean.contents)
    attempt = attack.attempt(on: subject)
    guard let attempt else { return false }
    move = attempt.next(nil, writing: asked.pixels)
    return true
  }

  /// Hands the attempt an answer.
  func take(_ answer: Answer) {
    if hadZeroGradient == nil, let gradient = answer.gradient { hadZeroGradient = isZero(gradient) }
    guard let attempt else { return }
    move = attempt.next(answer, writing: asked.pixels)
  }

  /// What the attack came to: the image that is asked about, with the classifier's `logits`.
  func result(norm: Norm, logits: [Float]) -> AttackResult {
    let distance = norm.distance(of: asked.contents, from: clean.contents)
    let result = AttackResult(
      place: place, attack: attack, perturbed: Array(asked.contents), distance: distance, failure: nil,
      steps: attempt?.steps ?? 0, cost: cost, hadZeroGradient: hadZeroGradient ?? false, member: attempt?.member,
      trace: trace(endingAt: distance, logits), naturalLogits: Array(naturalLogits.contents), perturbedLogits: logits)
    return result.rounded(from: attempt?.unrounded ?? [], subject.goal)
  }

  /// The points that the attempt asked about and, where it left that to others, what it came to.
  private func trace(endingAt distance: Float, _ logits: [Float]) -> [TracePoint] {
    guard let attempt, !attempt.trace.isEmpty, attempt.verdict.isEmpty, !logits.isEmpty else {
      return attempt?.trace ?? []
    }
    let last = logits.withUnsafeBufferPointer {
      TracePoint($0, label: subject.goal.label, step: attempt.steps, distance: distance)
    }
    return attempt.trace + [last]
  }

  /// The image as it was.
  func unharmed(_ failure: AttackFailure?) -> AttackResult {
    AttackResult(
      place: place, attack: attack, perturbed: Array(clean.contents), distance: 0, failure: failure,
      steps: attempt?.steps ?? 0, cost: cost, hadZeroGradient: hadZeroGradient ?? false, member: nil,
      trace: attempt?.trace ?? [], naturalLogits: Array(naturalLogits.contents),
      perturbedLogits: Array(cleanLogits.contents))
  }

  /// Goes on to the next attack, `result` having been handed out for this one.
  func advance(after result: AttackResult) {
    (before, attempt, attack, cost) = (result, nil, attack + 1, AttackCost())
  }
}
