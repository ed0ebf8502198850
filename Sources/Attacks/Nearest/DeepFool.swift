import Failures
import Networks

/// DeepFool (Moosavi-Dezfooli, Fawzi and Frossard 2016): steps to the nearest boundary of the network's linear
/// approximation until the image is misclassified; it looks for a near image and takes no budget.
///
/// In the order of Adversarial Library's code: all other classes are candidates, the label's logit is what they are
/// compared with, and a step goes `1 + overshoot` of the way from the current point. All gradients of a step come from one
/// forward pass.
public struct DeepFool: Attack {
  /// How distance is measured: `l2` or `linf`.
  public var norm: Norm
  /// The most steps.
  public var steps: Int
  /// By what share a step goes beyond the boundary.
  public var overshoot: Float

  /// The attack with these settings; Adversarial Library's unless told otherwise.
  public init(norm: Norm = .l2, steps: Int = 100, overshoot: Float = 0.02) {
    (self.norm, self.steps, self.overshoot) = (norm, steps, overshoot)
  }

  /// It has no ball to stay in.
  public var budget: Bound? { nil }
  /// No single class is to be taken for.
  public var target: Int? { nil }
  /// All but the norm.
  public var parameters: [AttackParameter] {
    [.init(.steps, .integer(steps)), .init(.overshoot, .number(overshoot))]
  }
  /// Those of all runs.
  public var mostSteps: Int { steps }
  /// Gradients.
  public var needs: AttackNeeds { .gradients }

  /// Refuses settings that mean nothing.
  ///
  /// - Throws: `Failure` (`usage`) that names the setting and what it may be.
  public func validate(classCount: Int) throws {
    try Requirement.positive(steps, "steps")
    guard overshoot >= 0, overshoot.isFinite else {
      throw Failure(.usage, "overshoot \(overshoot): give a finite number, 0 or more")
    }
    guard norm != .l1 else { throw Failure(.usage, "norm l1: DeepFool measures by l2 or linf") }
  }

  /// An attempt; nil for an image that is misclassified as it is.
  public func attempt(on subject: Subject) -> (any Attempt)? {
    subject.isClassifiedRightly ? DeepFoolAttempt(self, on: subject) : nil
  }
}

private final class DeepFoolAttempt: Attempt {
  private let settings: DeepFool
  private let subject: Subject
  private(set) var steps = 0
  /// The class whose boundary was asked for last.
  private var candidate = 0
  /// The nearest boundary so far: how far it is, and the slope towards it with its length.
  private var distance: Float = .infinity
  private var extent: Float = 1
  private let slope: PixelBuffer

  init(_ settings: DeepFool, on subject: Subject) {
    (self.settings, self.subject) = (settings, subject)
    slope = PixelBuffer(count: subject.clean.count)
  }

  func next(_ answer: Answer?, writing pixels: MutablePixels) -> Move {
    guard let answer, let gradient = answer.gradient else { return .differentiate(beginStep()) }
    guard answer.isFinite else { return .failed(.gradient) }
    let label = subject.goal.label
    if predictedClass(answer.logits) != label { return .done }
    look(at: gradient, rise: answer.logits[candidate] - answer.logits[label])
    candidate += candidate + 1 == label ? 2 : 1
    if candidate < answer.logits.count { return .differentiateAgain(.difference(of: candidate, from: label)) }
    step(pixels)
    // As there, nobody looks at where the last step leads.
    return steps < settings.steps ? .differentiate(beginStep()) : .unbroken
  }

  private func beginStep() -> Objective {
    candidate = subject.goal.label == 0 ? 1 : 0
    distance = .infinity
    return .difference(of: candidate, from: subject.goal.label)
  }

  /// Keeps the boundary where `gradient` makes up for `rise`, if it is nearer than those before.
  private func look(at gradient: Pixels, rise: Float) {
    let reach = max(settings.norm.dualLength(gradient), 1e-6)
    guard abs(rise) / reach < distance else { return }
    (distance, extent) = (abs(rise) / reach, reach)
    slope.copy(gradient)
  }

  private func step(_ pixels: MutablePixels) {
    steps += 1
    let way = (1 + settings.overshoot) * (distance + 1e-4)
    for i in pixels.indices {
      let direction = slope.pixels[i]
      let share = settings.norm == .linf ? (direction > 0 ? 1 : direction < 0 ? -1 : 0) : direction / extent
      pixels[i] = min(max(pixels[i] + way * share, 0), 1)
    }
  }
}
