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
  private let boundary: NearestBoundary
  private(set) var steps = 0

  init(_ settings: DeepFool, on subject: Subject) {
    (self.settings, self.subject) = (settings, subject)
    boundary = NearestBoundary(of: subject.goal.label, count: subject.clean.count, norm: settings.norm)
  }

  func next(_ answer: Answer?, writing pixels: MutablePixels) -> Move {
    guard let answer, let gradient = answer.gradient else { return .differentiate(boundary.begin()) }
    guard answer.isFinite else { return .failed(.gradient) }
    if predictedClass(answer.logits) != subject.goal.label { return .done }
    if let question = boundary.take(gradient, answer.logits) { return .differentiateAgain(question) }
    steps += 1
    let way = (1 + settings.overshoot) * (boundary.distance + 1e-4)
    for i in pixels.indices { pixels[i] = min(max(pixels[i] + way * boundary.direction(i), 0), 1) }
    // As there, nobody looks at where the last step leads.
    return steps < settings.steps ? .differentiate(boundary.begin()) : .unbroken
  }
}
