import Failures
import Networks
import Tensors

/// N-attack (Li et al. 2019), in the order of advertorch's code: learns the mean of a normal distribution of changes from the
/// losses of whole populations drawn from it, until one of them fools.
///
/// The first that fools counts, as in the paper; advertorch gives back, fooled or not, the one of the last population that
/// the network is surest about. The loss compares probabilities, so a network's logits go through a softmax first. Random
/// numbers are an image's own.
public struct NAttack: Attack {
  /// How distance is measured: `linf` or `l2`.
  public var norm: Norm
  /// The radius of the ball, in pixel units.
  public var epsilon: Float
  /// How many populations are drawn.
  public var steps: Int
  /// How far the mean moves for a population whose scores agree, in pixel units.
  public var stepSize: Float
  /// How many images a population has.
  public var samples: Int
  /// The seed of the random numbers.
  public var seed: UInt64
  /// The standard deviation of the changes.
  static let deviation: Float = 0.1

  /// The attack with these settings; advertorch's unless told otherwise.
  public init(
    norm: Norm = .linf, epsilon: Float, steps: Int = 40, stepSize: Float = 0.02, samples: Int = 100, seed: UInt64 = 0
  ) {
    (self.norm, self.epsilon, self.steps) = (norm, epsilon, steps)
    (self.stepSize, self.samples, self.seed) = (stepSize, samples, seed)
  }

  /// The ball it stays in.
  public var budget: Bound? { Bound(norm: norm, epsilon: epsilon) }
  /// No single class is to be taken for.
  public var target: Int? { nil }
  /// Logits alone.
  public var needs: AttackNeeds { [] }
  /// All but norm and budget.
  public var parameters: [AttackParameter] {
    [
      .init(.steps, .integer(steps)), .init(.stepSize, .number(stepSize)), .init(.samples, .integer(samples)),
      .init(.seed, .text(String(seed))),
    ]
  }
  /// One a population.
  public var mostSteps: Int { steps }

  /// Refuses settings that mean nothing.
  ///
  /// - Throws: `Failure` (`usage`) that names the setting and what it may be.
  public func validate(classCount: Int) throws {
    try Requirement.budget(epsilon, norm)
    try Requirement.positive(steps, "steps")
    guard samples >= 2 else { throw Failure(.usage, "\(samples) samples: a population has 2 or more") }
    guard stepSize > 0, stepSize.isFinite else {
      throw Failure(.usage, "step size \(stepSize): give a finite number above 0")
    }
  }

  /// An attempt; nil for an image that is misclassified as it is, and where epsilon is 0.
  public func attempt(on subject: Subject) -> (any Attempt)? {
    epsilon > 0 && subject.isClassifiedRightly ? PopulationAttempt(self, on: subject) : nil
  }
}

private final class PopulationAttempt: Attempt {
  private let settings: NAttack
  private let subject: Subject
  private let bound: Bound
  /// The mean of the distribution, and the numbers that the latest image was drawn with.
  private let mean, numbers: PixelBuffer
  /// The sums, over a population, of its numbers and of its numbers times its losses.
  private let sum, product: PixelBuffer
  private var losses: [Float] = []
  private(set) var steps = 0
  private var logits: [Float] = []

  init(_ settings: NAttack, on subject: Subject) {
    (self.settings, self.subject) = (settings, subject)
    bound = Bound(norm: settings.norm, epsilon: settings.epsilon)
    let count = subject.clean.count
    (mean, numbers) = (PixelBuffer(count: count), PixelBuffer(count: count))
    (sum, product) = (PixelBuffer(count: count), PixelBuffer(count: count))
    losses.reserveCapacity(settings.samples)
    logits.reserveCapacity(subject.logits.count)
    var generator = subject.generator(seed: settings.seed)
    generator.fillNormal(mean.pixels, standardDeviation: 0.001)
  }

  var verdict: [Float] { logits }

  func next(_ answer: Answer?, writing pixels: MutablePixels) -> Move {
    if let answer {
      if subject.goal.isFooled(by: predictedClass(answer.logits)) {
        logits.append(contentsOf: answer.logits)
        return .done
      }
      count(loss(answer.logits))
      if losses.count == settings.samples { move() }
    }
    guard steps < settings.steps else { return .unbroken }
    draw(pixels)
    return .classify
  }

  private func draw(_ pixels: MutablePixels) {
    var generator = subject.generator(seed: settings.seed, restart: losses.count + 1, step: steps)
    generator.fillNormal(numbers.pixels)
    for i in pixels.indices { pixels[i] = mean.pixels[i] + NAttack.deviation * numbers.pixels[i] }
    let (epsilon, isBox) = (settings.epsilon, settings.norm == .linf)
    // The ball first, then the range: that brings no change out of the ball.
    let scale = isBox ? 1 : min(epsilon / settings.norm.length(Pixels(pixels)), 1)
    for i in pixels.indices {
      let change = isBox ? min(max(pixels[i], -epsilon), epsilon) : scale * pixels[i]
      pixels[i] = min(max(subject.clean[i] + change, 0), 1)
    }
    bound.settle(pixels, around: subject.clean)
  }

  /// Half the difference of the logarithms of the largest other probability and the label's.
  private func loss(_ logits: LogitRow) -> Float {
    let label = subject.goal.label
    var sum: Float = 0
    let largest = logits.max() ?? 0
    for logit in logits { sum += Float(exponential(Double(logit - largest))) }
    var other = -Float.infinity
    for (place, logit) in logits.enumerated() where place != label { other = max(other, logit) }
    func logProbability(_ logit: Float) -> Float {
      logarithm(Float(exponential(Double(logit - largest))) / sum + 1e-5)
    }
    return 0.5 * (logProbability(other) - logProbability(logits[label]))
  }

  private func count(_ loss: Float) {
    losses.append(loss)
    // The first loss is taken off all, lest small differences are lost in large sums.
    let difference = loss - losses[0]
    for i in numbers.pixels.indices {
      sum.pixels[i] += numbers.pixels[i]
      product.pixels[i] += difference * numbers.pixels[i]
    }
  }

  /// Moves the mean along the numbers, weighted by how many standard deviations their losses are above the mean of all.
  private func move() {
    let count = Float(losses.count)
    let average = losses.reduce(0) { $0 + ($1 - losses[0]) } / count
    let squares = losses.reduce(0) { $0 + ($1 - losses[0] - average) * ($1 - losses[0] - average) }
    let spread = (squares / (count - 1)).squareRoot() + 1e-7
    let rate = settings.stepSize / (count * NAttack.deviation) / spread
    for i in mean.pixels.indices { mean.pixels[i] += rate * (product.pixels[i] - average * sum.pixels[i]) }
    sum.pixels.update(repeating: 0)
    product.pixels.update(repeating: 0)
    losses.removeAll(keepingCapacity: true)
    steps += 1
  }
}
