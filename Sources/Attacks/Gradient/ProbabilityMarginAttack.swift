import Failures
import Networks
import Tensors

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The probability margin attack (PMA; arXiv 2411.15210): two passes of sign steps from random starts along the margin of
/// probabilities, each with two falling ramps of step sizes from twice the radius to nothing.
///
/// In the first half of a pass the label's probability is lowered, or in the second pass its rival's raised; in the second
/// half their difference climbs; the very first step of a pass raises the label's, as in the published code. It attacks
/// images that are classified rightly and stops at the first point that is not.
public struct ProbabilityMarginAttack: Attack {
  /// The radius of the ball, in pixel units.
  public var epsilon: Float
  /// Steps of one pass.
  public var steps: Int
  /// How often both passes are run.
  public var restarts: Int
  /// The seed of the random starts.
  public var seed: UInt64

  /// The attack with these settings; the published code's unless told otherwise.
  public init(epsilon: Float, steps: Int = 100, restarts: Int = 1, seed: UInt64 = 0) {
    (self.epsilon, self.steps, self.restarts, self.seed) = (epsilon, steps, restarts, seed)
  }

  /// The largest change of any pixel.
  public var norm: Norm { .linf }
  /// The ball it stays in.
  public var budget: Bound? { Bound(norm: norm, epsilon: epsilon) }
  /// No single class is to be taken for.
  public var target: Int? { nil }
  /// All but the budget.
  public var parameters: [AttackParameter] {
    [.init(.steps, .integer(steps)), .init(.restarts, .integer(restarts)), .init(.seed, .text(String(seed)))]
  }
  /// Those of all runs.
  public var mostSteps: Int { Requirement.product(steps, 2, restarts) }
  /// Gradients.
  public var needs: AttackNeeds { .gradients }

  /// Refuses settings that mean nothing.
  ///
  /// - Throws: `Failure` (`usage`) that names the setting and what it may be.
  public func validate(classCount: Int) throws {
    try Requirement.budget(epsilon, norm)
    try Requirement.positive(steps, "steps")
    try Requirement.positive(restarts, "restarts")
  }

  /// Passes until one fools; nil for an image that is misclassified as it is, and where epsilon is 0.
  public func attempt(on subject: Subject) -> (any Attempt)? {
    guard epsilon > 0, subject.isClassifiedRightly else { return nil }
    return Successive(2 * restarts, on: subject, within: budget) { [self] pass in
      (nil, ProbabilityMarginPass(self, on: subject, pass: pass))
    }
  }

  /// How far step `step` of a pass goes, counted from 0.
  func stepSize(_ step: Int) -> Float {
    let half = Double(steps) / 2
    let place = Double(step) > half ? Double(step) - half - 1 : Double(step) - 1
    return Float(2 * Double(epsilon) * 0.5 * (1 + cos(place / half * Double.pi)))
  }
}

private final class ProbabilityMarginPass: Attempt {
  private let settings: ProbabilityMarginAttack
  private let subject: Subject
  private let pass: Int
  private(set) var steps = 0

  init(_ settings: ProbabilityMarginAttack, on subject: Subject, pass: Int) {
    (self.settings, self.subject, self.pass) = (settings, subject, pass)
  }

  func next(_ answer: Answer?, writing pixels: MutablePixels) -> Move {
    guard let answer else {
      start(pixels)
      return .differentiate(objective)
    }
    guard answer.isFinite else { return .failed(.gradient) }
    // The start need not lie in the range, so it does not count.
    if steps > 0, subject.goal.isFooled(by: predictedClass(answer.logits)) { return .done }
    guard let gradient = answer.gradient, steps < settings.steps else { return .unbroken }
    settings.norm.ascend(pixels, along: gradient, stepSize: isDescending ? -stepSize : stepSize)
    settings.norm.project(pixels, around: subject.clean, epsilon: settings.epsilon)
    steps += 1
    return steps < settings.steps ? .differentiate(objective) : .classify
  }

  private var stepSize: Float { settings.stepSize(steps) }

  private func start(_ pixels: MutablePixels) {
    var generator = subject.generator(seed: settings.seed, restart: pass)
    generator.fillUniform(pixels, radius: settings.epsilon)
    for i in pixels.indices { pixels[i] += subject.clean[i] }
  }

  private var isDescending: Bool { steps > 0 && 2 * steps < settings.steps && pass % 2 == 0 }

  private var objective: Objective {
    let label = subject.goal.label
    if steps == 0 || isDescending { return .ownProbability(label: label) }
    return 2 * steps < settings.steps ? .rivalProbability(label: label) : .probabilityMargin(label: label)
  }
}
