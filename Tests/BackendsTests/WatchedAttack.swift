import Attacks
import Networks
import Synchronization
import Tensors

/// What was asked about images that fooled, by the images' indices: at which question, and how far from the clean image.
/// Images of a batch are answered at once.
final class Notes: Hashable, Sendable {
  private struct Success {
    let question: Int
    let distance: Float
  }

  private let successes = Mutex<[Int: [Success]]>([:])

  /// Notes a success where it is nearer than those before.
  func add(_ image: Int, question: Int, distance: Float) {
    successes.withLock { successes in
      guard distance < successes[image]?.last?.distance ?? .infinity else { return }
      successes[image, default: []].append(Success(question: question, distance: distance))
    }
  }

  /// The first question about the image that fooled; nil where none did.
  func first(_ image: Int) -> Int? { successes.withLock { $0[image]?.first?.question } }

  /// How far the nearest of the first `questions` that fools is; infinite where none does.
  func nearest(_ image: Int, within questions: Int) -> Float {
    successes.withLock { $0[image]?.last { $0.question <= questions }?.distance ?? .infinity }
  }

  static func == (one: Notes, other: Notes) -> Bool { one === other }
  func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
}

/// An attack that is watched, and ended after so many questions about an image.
struct WatchedAttack<Whole: Attack>: Attack {
  let attack: Whole
  let notes: Notes
  let most: Int

  var norm: Norm { attack.norm }
  var budget: Bound? { attack.budget }
  var target: Int? { attack.target }
  var needs: AttackNeeds { attack.needs }
  var parameters: [AttackParameter] { attack.parameters }
  var mostSteps: Int { attack.mostSteps }
  func validate(classCount: Int) throws { try attack.validate(classCount: classCount) }

  func attempt(on subject: Attacks.Subject) -> (any Attempt)? {
    attack.attempt(on: subject).map { WatchedAttempt($0, on: subject, by: notes, most: most, norm: norm) }
  }
}

private final class WatchedAttempt: Attempt {
  private let attempt: any Attempt
  private let subject: Attacks.Subject
  private let notes: Notes
  private let most: Int
  private let norm: Norm
  private var questions = 0

  init(_ attempt: any Attempt, on subject: Attacks.Subject, by notes: Notes, most: Int, norm: Norm) {
    (self.attempt, self.subject, self.notes, self.most, self.norm) = (attempt, subject, notes, most, norm)
  }

  var steps: Int { attempt.steps }
  var verdict: [Float] { attempt.verdict }

  func next(_ answer: Answer?, writing pixels: MutablePixels) -> Move {
    if let answer {
      questions += 1
      if subject.goal.isFooled(by: predictedClass(answer.logits)) {
        let shape = Shape([1] + subject.shape.sizes)
        let distance = Bound(norm: norm, epsilon: .infinity)
          .distances(of: Tensor(shape, Array(pixels)), from: Tensor(shape, Array(subject.clean)))
        notes.add(subject.index, question: questions, distance: distance[0])
      }
      if questions == most { return .unbroken }
    }
    return attempt.next(answer, writing: pixels)
  }
}
