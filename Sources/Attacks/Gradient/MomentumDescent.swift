import Failures
import Networks
import Tensors

/// The momentum iterative method (MI-FGSM; Dong et al. 2018), in the order of advertorch's code: from the clean image,
/// steps along the running sum of gradients, each brought to length 1 in the 1-norm; and the variants of it that
/// torchattacks has.
///
/// What it asks about need not be the image it has come to: variants ask elsewhere, and diversity about what it makes of
/// that; a gradient is then taken back to the image.
public struct MomentumDescent: Attack {
  /// Where a step's gradients are taken.
  public enum Variant: Hashable, Sendable {
    /// At the image.
    case plain
    /// Where the momentum leads next (NI-FGSM; Lin et al. 2020).
    case nesterov
    /// At the image, and at so many random neighbours within 1.5 epsilon, whose mean gradient less the image's is added to
    /// the next step's (VMI-FGSM; Wang and He 2021).
    case varianceTuned(neighbours: Int)
  }

  /// How distance is measured: `linf` or `l2`, of variants `linf`.
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
  /// Where gradients are taken.
  public var variant: Variant
  /// The side of the Gaussian that every gradient is blurred with (TI-FGSM; Dong et al. 2019); 1 for none.
  public var kernel: Int
  /// How probable it is that a gradient is taken at the image made smaller and put on black (DI-FGSM; Xie et al. 2019).
  public var diversity: Float
  /// The seed of the neighbours, and of what diversity draws.
  public var seed: UInt64

  /// The attack with these settings.
  public init(
    norm: Norm = .linf, epsilon: Float, steps: Int, stepSize: Float, decay: Float = 1, target: Int? = nil,
    variant: Variant = .plain, kernel: Int = 1, diversity: Float = 0, seed: UInt64 = 0
  ) {
    (self.norm, self.epsilon, self.steps, self.stepSize) = (norm, epsilon, steps, stepSize)
    (self.decay, self.target, self.variant) = (decay, target, variant)
    (self.kernel, self.diversity, self.seed) = (kernel, diversity, seed)
  }

  /// The ball it stays in.
  public var budget: Bound? { Bound(norm: norm, epsilon: epsilon) }
  /// All but norm and budget.
  public var parameters: [AttackParameter] {
    [.init(.steps, .integer(steps)), .init(.stepSize, .number(stepSize)), .init(.decay, .number(decay))]
      + (target.map { [.init(.target, .integer($0))] } ?? [])
      + [.init(.kernel, .integer(kernel)), .init(.diversity, .number(diversity))]
      + (neighbours > 0 ? [.init(.samples, .integer(neighbours))] : [])
      + (isRandom ? [.init(.seed, .text(String(seed)))] : [])
  }
  /// Those of all runs.
  public var mostSteps: Int { steps }
  /// Gradients.
  public var needs: AttackNeeds { .gradients }

  /// Whether it draws random numbers.
  public var isRandom: Bool { neighbours > 0 || diversity > 0 }

  /// How many neighbours a step asks about.
  var neighbours: Int { if case .varianceTuned(let count) = variant { count } else { 0 } }

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
    guard norm == .linf || norm == .l2 else {
      throw Failure(.usage, "norm \(norm.rawValue): the momentum method measures by linf or l2")
    }
    guard kernel > 0, kernel % 2 == 1, kernel < 100 else {
      throw Failure(.usage, "kernel \(kernel): give an odd number below 100; 1 blurs nothing")
    }
    guard (0...1).contains(diversity) else {
      throw Failure(.usage, "diversity \(diversity): give a probability, 0 to 1")
    }
    if case .varianceTuned(let count) = variant { try Requirement.positive(count, "samples") }
  }

  /// An attempt; nil where epsilon is 0.
  public func attempt(on subject: Subject) -> (any Attempt)? {
    epsilon > 0 ? MomentumAttempt(self, on: subject) : nil
  }
}

private final class MomentumAttempt: Attempt {
  private let settings: MomentumDescent
  private let subject: Subject
  private let objective: Objective
  private let momentum: PixelBuffer
  private let blur: GaussianBlur?
  private let diversity: InputDiversity?
  /// The image so far, which is not always what is asked about; its gradient; and the variance that neighbours showed.
  private let point, slope, variance: PixelBuffer
  private var asked = 0
  private(set) var steps = 0

  init(_ settings: MomentumDescent, on subject: Subject) {
    (self.settings, self.subject) = (settings, subject)
    objective = .crossEntropy(label: settings.target ?? subject.goal.label)
    let count = subject.clean.count
    (momentum, point) = (PixelBuffer(count: count), PixelBuffer(subject.clean))
    (slope, variance) = (PixelBuffer(count: count), PixelBuffer(count: count))
    blur = settings.kernel > 1 ? GaussianBlur(side: settings.kernel, shape: subject.shape) : nil
    diversity =
      settings.diversity > 0 ? InputDiversity(probability: settings.diversity, shape: subject.shape) : nil
  }

  func next(_ answer: Answer?, writing pixels: MutablePixels) -> Move {
    guard let answer, let there = answer.gradient else { return ask(pixels) }
    guard answer.isFinite else { return .failed(.gradient) }
    let gradient = diversity?.takeBack(there) ?? there
    if asked == 0 {
      slope.copy(gradient)
      add()
      variance.pixels.update(repeating: 0)
    } else {
      let share = 1 / Float(settings.neighbours)
      for i in pixels.indices { variance.pixels[i] += share * (gradient[i] - slope.pixels[i]) }
    }
    if asked < settings.neighbours {
      asked += 1
      return ask(pixels)
    }
    asked = 0
    pixels.copy(point)
    step(pixels)
    point.copy(Pixels(pixels))
    steps += 1
    guard steps < settings.steps else { return .done }
    if settings.variant == .nesterov { lookAhead(pixels) }
    return ask(pixels)
  }

  /// Asks about `pixels`, or about what diversity makes of them; neighbours come first in the step's random numbers.
  private func ask(_ pixels: MutablePixels) -> Move {
    var generator = subject.generator(seed: settings.seed, restart: asked, step: steps)
    if asked > 0 {
      generator.fillUniform(pixels, radius: 1.5 * settings.epsilon)
      for i in pixels.indices { pixels[i] += point.pixels[i] }
    }
    diversity?.draw(using: &generator)
    diversity?.apply(pixels)
    return .differentiate(objective)
  }

  /// Adds the gradient to the momentum.
  private func add() {
    for i in slope.pixels.indices { variance.pixels[i] += slope.pixels[i] }
    blur?.apply(variance.pixels)
    let scale = 1 / max(Float(variance.contents.sumOfSizes), 1e-6)
    for i in slope.pixels.indices {
      momentum.pixels[i] = settings.decay * momentum.pixels[i] + variance.pixels[i] * scale
    }
  }

  /// Moves to where the momentum, brought to a mean of 1, would lead.
  private func lookAhead(_ pixels: MutablePixels) {
    let size = settings.decay * settings.stepSize * Float(pixels.count) * (settings.target == nil ? 1 : -1)
    for i in pixels.indices { pixels[i] += size * momentum.pixels[i] }
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
