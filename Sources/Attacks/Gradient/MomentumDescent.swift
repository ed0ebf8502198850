import Failures
import Networks

/// The momentum iterative method (MI-FGSM; Dong et al. 2018), in the order of advertorch's code: from the clean image,
/// steps along the running sum of gradients, each brought to length 1 in the 1-norm.
public struct MomentumDescent: Attack {
  /// How distance is measured: `linf` or `l2`.
  public var norm: Norm
  /// The radius of the ball, in pixel units.
  public var epsilon: Float
  /// How many steps are taken.
  public var steps: Int
  /// How far one step goes under `norm`.
  public var stepSize: Float
  /// What share of the sum stays from step to step.
  public var decay: Float
  /// The class to be taken for.
  public var target: Int?

  /// The attack with these settings.
  public init(
    norm: Norm = .linf, epsilon: Float, steps: Int, stepSize: Float, decay: Float = 1, target: Int? = nil
  ) {
    (self.norm, self.epsilon, self.steps, self.stepSize) = (norm, epsilon, steps, stepSize)
    (self.decay, self.target) = (decay, target)
  }

  /// The ball it stays in.
  public var budget: Bound? { Bound(norm: norm, epsilon: epsilon) }
  /// All but norm and budget.
  public var parameters: [AttackParameter] {
    [.init(.steps, .integer(steps)), .init(.stepSize, .number(stepSize)), .init(.decay, .number(decay))]
      + (target.map { [.init(.target, .integer($0))] } ?? [])
  }
  /// Those of all runs.
  public var mostSteps: Int { steps }
  /// Gradients.
  public var needs: AttackNeeds { .gradients }

  /// Refuses settings that mean nothing for a network of `classCount` classes.
  ///
  /// - Throws: `Failure` (`usage`) that names the setting and what it may be.
  public func validate(classCount: Int) throws {
    try Requirement.budget(epsilon, norm)
    try Requirement.positive(steps, "steps")
    try Requirement.target(target, classCount: classCount)
    guard stepSize > 0 || epsilon == 0, stepSize.isFinite else {
      throw Failure(.usage, "step size \(stepSize): give a finite number above 0")
    }
    guard decay >= 0, decay.isFinite else { throw Failure(.usage, "decay \(decay): give a finite number, 0 or more") }
    guard norm != .l1 else { throw Failure(.usage, "norm l1: the momentum method measures by linf or l2") }
  }

  /// An attempt; nil where epsilon is 0.
  public func attempt(on subject: Subject) -> (any Attempt)? {
    epsilon > 0 ? MomentumAttempt(self, on: subject) : nil
  }
}

private final class MomentumAttempt: Attempt {
  private let settings: MomentumDescent
  private let subject: Subject
  private let momentum: PixelBuffer
  private(set) var steps = 0

  init(_ settings: MomentumDescent, on subject: Subject) {
    (self.settings, self.subject) = (settings, subject)
    momentum = PixelBuffer(count: subject.clean.count)
  }

  func next(_ answer: Answer?, writing pixels: MutablePixels) -> Move {
    let objective = Objective.crossEntropy(label: settings.target ?? subject.goal.label)
    guard let answer, let gradient = answer.gradient else { return .differentiate(objective) }
    guard answer.isFinite else { return .failed(.gradient) }
    let scale = 1 / max(Float(gradient.sumOfSizes), 1e-6)
    for i in pixels.indices { momentum.pixels[i] = settings.decay * momentum.pixels[i] + gradient[i] * scale }
    step(pixels)
    steps += 1
    return steps < settings.steps ? .differentiate(objective) : .done
  }

  private func step(_ pixels: MutablePixels) {
    let (clean, epsilon) = (subject.clean, settings.epsilon)
    let size = settings.target == nil ? settings.stepSize : -settings.stepSize
    if settings.norm == .linf {
      settings.norm.ascend(pixels, along: momentum.contents, stepSize: size)
      settings.norm.project(pixels, around: clean, epsilon: epsilon)
      return
    }
    // The ball first, then the range: the other way round than `Norm.project`.
    let scale = size / max(Float(momentum.contents.length), 1e-6)
    for i in pixels.indices { pixels[i] += scale * momentum.pixels[i] }
    let length = settings.norm.distance(of: Pixels(pixels), from: clean)
    let share = length > epsilon ? epsilon / length : 1
    for i in pixels.indices { pixels[i] = min(max(clean[i] + share * (pixels[i] - clean[i]), 0), 1) }
  }
}
