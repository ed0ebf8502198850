import Failures
import Networks
import Tensors

/// Descent along gradients that are estimated from logits at random points around the image: SPSA (Uesato et al. 2018) and
/// NES (Ilyas et al. 2018), in the order of advertorch's code but with an image's own random numbers.
public struct EstimatedGradient: Attack {
  /// Which random directions are asked about, and what is done with the estimate.
  public enum Kind: Sendable {
    /// Signs, the same for all channels; a step of Adam on the margin.
    case spsa
    /// Normal numbers; a step along the signs on the cross-entropy, from a random start.
    case nes
  }

  /// Which of the two.
  public var kind: Kind
  /// The radius of the ball, in pixel units.
  public var epsilon: Float
  /// How many steps are taken.
  public var steps: Int
  /// How far one step goes, in pixel units; of SPSA Adam's learning rate.
  public var stepSize: Float
  /// How many directions a step asks about, each both ways.
  public var samples: Int
  /// The seed of the random numbers.
  public var seed: UInt64

  /// The attack with these settings.
  public init(_ kind: Kind, epsilon: Float, steps: Int, stepSize: Float = 0.01, samples: Int, seed: UInt64 = 0) {
    (self.kind, self.epsilon, self.steps) = (kind, epsilon, steps)
    (self.stepSize, self.samples, self.seed) = (stepSize, samples, seed)
  }

  /// The largest change of any pixel.
  public var norm: Norm { .linf }
  /// The ball it stays in.
  public var budget: Bound? { Bound(norm: norm, epsilon: epsilon) }
  /// No single class is to be taken for.
  public var target: Int? { nil }
  /// Logits alone.
  public var needs: AttackNeeds { [] }
  /// All but the budget.
  public var parameters: [AttackParameter] {
    [
      .init(.steps, .integer(steps)), .init(.stepSize, .number(stepSize)), .init(.samples, .integer(samples)),
      .init(.seed, .text(String(seed))),
    ]
  }
  /// Those of the one run.
  public var mostSteps: Int { steps }

  /// Refuses settings that mean nothing.
  ///
  /// - Throws: `Failure` (`usage`) that names the setting and what it may be.
  public func validate(classCount: Int) throws {
    try Requirement.budget(epsilon, norm)
    try Requirement.positive(steps, "steps")
    try Requirement.positive(samples, "samples")
    guard stepSize > 0, stepSize.isFinite else {
      throw Failure(.usage, "step size \(stepSize): give a finite number above 0")
    }
  }

  /// An attempt; nil where epsilon is 0.
  public func attempt(on subject: Subject) -> (any Attempt)? {
    epsilon > 0 ? EstimatingAttempt(self, on: subject) : nil
  }
}

private final class EstimatingAttempt: Attempt {
  private let settings: EstimatedGradient
  private let subject: Subject
  private let objective: Objective
  /// The image so far, the direction asked about, and the gradient estimated so far.
  private let point, direction, estimate: PixelBuffer
  private let adam: Adam
  /// How far along a direction logits are asked for.
  private let reach: Float
  private var sample = 0
  /// The objective on the way along the direction; nil before it is known.
  private var ahead: Float?
  private(set) var steps = 0

  init(_ settings: EstimatedGradient, on subject: Subject) {
    (self.settings, self.subject) = (settings, subject)
    let label = subject.goal.label
    objective = settings.kind == .spsa ? .margin(label: label) : .crossEntropy(label: label)
    let count = subject.clean.count
    (point, direction, estimate) = (PixelBuffer(subject.clean), PixelBuffer(count: count), PixelBuffer(count: count))
    adam = Adam(count: count)
    reach = settings.kind == .spsa ? 0.01 : 0.01 / Float(count).squareRoot()
  }

  func next(_ answer: Answer?, writing pixels: MutablePixels) -> Move {
    guard let answer else {
      if settings.kind == .nes { start() }
      return ask(pixels)
    }
    let value = objective.value(answer.logits)
    guard let ahead else {
      self.ahead = value
      for i in pixels.indices { pixels[i] = point.pixels[i] - reach * direction.pixels[i] }
      return .classify
    }
    for i in pixels.indices { estimate.pixels[i] += (ahead - value) * direction.pixels[i] }
    (self.ahead, sample) = (nil, sample + 1)
    if sample == settings.samples { step() }
    if steps < settings.steps { return ask(pixels) }
    pixels.copy(point)
    return .done
  }

  private func start() {
    var generator = subject.generator(seed: settings.seed)
    settings.norm.start(point.pixels, around: subject.clean, epsilon: settings.epsilon, using: &generator)
  }

  /// Asks about the next direction, one way; the other way follows.
  private func ask(_ pixels: MutablePixels) -> Move {
    var generator = subject.generator(seed: settings.seed, restart: sample + 1, step: steps)
    if settings.kind == .nes {
      generator.fillNormal(direction.pixels)
    } else {
      let plane = subject.shape[1] * subject.shape[2]
      for i in 0..<plane { direction.pixels[i] = generator.nextUInt32() & 1 == 0 ? 1 : -1 }
      for i in plane..<direction.pixels.count { direction.pixels[i] = direction.pixels[i - plane] }
    }
    for i in pixels.indices { pixels[i] = point.pixels[i] + reach * direction.pixels[i] }
    return .classify
  }

  private func step() {
    (sample, steps) = (0, steps + 1)
    if settings.kind == .spsa {
      let scale = 1 / (2 * reach * Float(settings.samples))
      for i in estimate.pixels.indices { estimate.pixels[i] *= scale }
      adam.take(estimate.contents)
      for i in point.pixels.indices { point.pixels[i] += settings.stepSize * adam.direction(i) }
    } else {
      settings.norm.ascend(point.pixels, along: estimate.contents, stepSize: settings.stepSize)
    }
    settings.norm.project(point.pixels, around: subject.clean, epsilon: settings.epsilon)
    estimate.pixels.update(repeating: 0)
  }
}
