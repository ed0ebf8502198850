import Failures
import Networks

/// Sparse descent in the 1-norm (Tramèr and Boneh 2019), in the order of Foolbox's code: from the clean image, steps along
/// the signs of the steepest slopes, of which there are as many as a quantile leaves, then into the ball, then into 0...1.
/// Slopes that would lead a pixel out of 0...1 count as none.
public struct SparseDescent: Attack {
  /// The radius of the ball, in pixel units.
  public var epsilon: Float
  /// How many steps are taken.
  public var steps: Int
  /// How far one step goes in the 1-norm.
  public var stepSize: Float
  /// The share of slopes that move nothing.
  public var quantile: Float
  /// The class to be taken for.
  public var target: Int?

  /// The attack with these settings.
  public init(epsilon: Float, steps: Int, stepSize: Float, quantile: Float = 0.99, target: Int? = nil) {
    (self.epsilon, self.steps, self.stepSize) = (epsilon, steps, stepSize)
    (self.quantile, self.target) = (quantile, target)
  }

  /// The sum of all changes.
  public var norm: Norm { .l1 }
  /// The ball it stays in.
  public var budget: Bound? { Bound(norm: norm, epsilon: epsilon) }
  /// All but the budget.
  public var parameters: [AttackParameter] {
    [.init(.steps, .integer(steps)), .init(.stepSize, .number(stepSize)), .init(.quantile, .number(quantile))]
      + (target.map { [.init(.target, .integer($0))] } ?? [])
  }
  /// Those of the one run.
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
    guard (0...1).contains(quantile) else { throw Failure(.usage, "quantile \(quantile): give 0 to 1") }
  }

  /// An attempt; nil where epsilon is 0.
  public func attempt(on subject: Subject) -> (any Attempt)? {
    epsilon > 0 ? SparseAttempt(self, on: subject) : nil
  }
}

private final class SparseAttempt: Attempt {
  private let settings: SparseDescent
  private let subject: Subject
  private let direction, sizes: PixelBuffer
  private(set) var steps = 0

  init(_ settings: SparseDescent, on subject: Subject) {
    (self.settings, self.subject) = (settings, subject)
    let count = subject.clean.count
    (direction, sizes) = (PixelBuffer(count: count), PixelBuffer(count: count))
  }

  func next(_ answer: Answer?, writing pixels: MutablePixels) -> Move {
    let objective = Objective.crossEntropy(label: settings.target ?? subject.goal.label)
    guard let answer, let gradient = answer.gradient else { return .differentiate(objective) }
    guard answer.isFinite else { return .failed(.gradient) }
    let size = settings.target == nil ? settings.stepSize : -settings.stepSize
    aim(along: gradient, from: Pixels(pixels), sign: size)
    let scale = size / max(Float(direction.contents.sumOfSizes), 1e-12)
    for i in pixels.indices { direction.pixels[i] = pixels[i] - subject.clean[i] + scale * direction.pixels[i] }
    L1Ball.shrink(direction.pixels, radius: settings.epsilon)
    for i in pixels.indices { pixels[i] = min(max(subject.clean[i] + direction.pixels[i], 0), 1) }
    steps += 1
    return steps < settings.steps ? .differentiate(objective) : .done
  }

  /// The signs of the slopes at and above the quantile, which lies between two of them in proportion.
  private func aim(along gradient: Pixels, from pixels: Pixels, sign: Float) {
    for i in gradient.indices {
      let way = sign * gradient[i]
      direction.pixels[i] = (pixels[i] <= 0 && way < 0) || (pixels[i] >= 1 && way > 0) ? 0 : gradient[i]
      sizes.pixels[i] = abs(direction.pixels[i])
    }
    let rank = settings.quantile * Float(gradient.count - 1)
    let below = sizes.pixels.smallest(place: Int(rank))
    let above = sizes.pixels.smallest(place: min(Int(rank) + 1, gradient.count - 1))
    let least = below + (rank - rank.rounded(.down)) * (above - below)
    for i in gradient.indices {
      let slope = direction.pixels[i]
      direction.pixels[i] = abs(slope) < least ? 0 : slope > 0 ? 1 : slope < 0 ? -1 : 0
    }
  }
}
