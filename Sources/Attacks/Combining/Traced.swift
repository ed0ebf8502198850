import Networks

/// A point that an attack asked a network about.
public struct TracePoint: Equatable, Sendable {
  /// After how many of the attack's steps for the image.
  public let step: Int
  /// The cross-entropy of the label.
  public let loss: Float
  /// The largest other logit minus the label's: above 0 where the image is misclassified.
  public let margin: Float
  /// How far from the clean image, under the attack's norm, in pixel units.
  public let distance: Float
}

/// An attack that remembers every point it asked a network about.
public struct Traced<Whole: Attack>: WrappingAttack {
  /// The attack that is watched.
  public let attack: Whole

  /// `attack`, watched.
  public init(_ attack: Whole) { self.attack = attack }

  /// An attempt that remembers.
  public func attempt(on subject: Subject) -> (any Attempt)? {
    attack.attempt(on: subject).map { TracedAttempt($0, on: subject, norm: norm) }
  }
}

private final class TracedAttempt: Attempt {
  private let attempt: any Attempt
  private let subject: Subject
  private let norm: Norm
  private(set) var trace: [TracePoint] = []
  /// Whether the next answer is another gradient of a point that is remembered.
  private var isKnown = false

  init(_ attempt: any Attempt, on subject: Subject, norm: Norm) {
    (self.attempt, self.subject, self.norm) = (attempt, subject, norm)
  }

  var verdict: [Float] { attempt.verdict }
  var steps: Int { attempt.steps }
  var member: String? { attempt.member }
  var unrounded: [Float] { attempt.unrounded }

  func next(_ answer: Answer?, writing pixels: MutablePixels) -> Move {
    if let answer, !isKnown {
      trace.append(
        TracePoint(
          answer.logits, label: subject.goal.label, step: steps,
          distance: norm.distance(of: Pixels(pixels), from: subject.clean)))
    }
    let move = attempt.next(answer, writing: pixels)
    if case .differentiateAgain = move { isKnown = true } else { isKnown = false }
    return move
  }
}

extension TracePoint {
  /// A point at which a network gave `logits`.
  init(_ logits: LogitRow, label: Int, step: Int, distance: Float) {
    (self.step, self.distance) = (step, distance)
    loss = Objective.crossEntropy(label: label).value(logits)
    margin = Objective.margin(label: label).value(logits)
  }
}
