import Networks
import Tensors

/// HopSkipJump (Chen, Jordan and Wainwright 2020), in the order of Foolbox's code: decisions alone lead along the boundary.
/// It blends the image with noise until it fools, goes back to the boundary by halving, estimates the boundary's direction
/// from decisions around the point, steps along it as far as that fools, halving, and goes back to the boundary again.
///
/// Directions have length 1 for each image; there, for the whole batch together.
public struct HopSkipJump: Attack {
  /// How distance is measured: `l2` or `linf`.
  public var norm: Norm
  /// The farthest that counts, in pixel units; nil for any distance.
  public var epsilon: Float?
  /// How many steps are taken.
  public var steps: Int
  /// How many decisions the first step's direction is estimated from; step `t`'s `sqrt(t)` times as many.
  public var samples: Int
  /// The seed of the random numbers.
  public var seed: UInt64

  /// The attack with these settings; Foolbox's unless told otherwise.
  public init(norm: Norm = .l2, epsilon: Float? = nil, steps: Int = 64, samples: Int = 100, seed: UInt64 = 0) {
    (self.norm, self.epsilon, self.steps, self.samples, self.seed) = (norm, epsilon, steps, samples, seed)
  }

  /// The ball beyond which nothing counts.
  public var budget: Bound? { epsilon.map { Bound(norm: norm, epsilon: $0) } }
  /// No single class is to be taken for.
  public var target: Int? { nil }
  /// Decisions alone.
  public var needs: AttackNeeds { [] }
  /// All but norm and budget.
  public var parameters: [AttackParameter] {
    [.init(.steps, .integer(steps)), .init(.samples, .integer(samples)), .init(.seed, .text(String(seed)))]
  }
  /// Those of the one run.
  public var mostSteps: Int { steps }

  /// Refuses settings that mean nothing.
  ///
  /// - Throws: `Failure` (`usage`) that names the setting and what it may be.
  public func validate(classCount: Int) throws {
    if let epsilon { try Requirement.budget(epsilon, norm) }
    try Requirement.positive(steps, "steps")
    try Requirement.positive(samples, "samples")
  }

  /// An attempt; nil for an image that is misclassified as it is, and where epsilon is 0.
  public func attempt(on subject: Subject) -> (any Attempt)? {
    epsilon == 0 || !subject.isClassifiedRightly ? nil : HopSkipJumpAttempt(self, on: subject)
  }
}

private final class HopSkipJumpAttempt: Attempt {
  private enum Phase {
    case starting, bisecting, estimating(Int), stepping
  }

  private let settings: HopSkipJump
  private let subject: Subject
  private var phase = Phase.starting
  private var start: BlendedNoise
  private(set) var steps = 0
  /// The point that fools, and where the bisection begins.
  private let point, far: PixelBuffer
  /// The direction asked about, the sum of all, and that of those that fool less that of the others.
  private let direction, sum, difference: PixelBuffer
  private var balance = 0
  private var lower: Float = 0
  private var upper: Float = 1
  private var threshold: Float = 0
  private var middle: Float = .nan
  /// How far the point is, and how far a step goes.
  private var distance: Float = 0
  private var reach: Float = 0
  private var nearest: NearestPoint

  init(_ settings: HopSkipJump, on subject: Subject) {
    (self.settings, self.subject) = (settings, subject)
    start = BlendedNoise(on: subject, seed: settings.seed)
    let count = subject.clean.count
    (point, far, direction) = (PixelBuffer(count: count), PixelBuffer(count: count), PixelBuffer(count: count))
    (sum, difference) = (PixelBuffer(count: count), PixelBuffer(count: count))
    nearest = NearestPoint(count: count)
  }

  func next(_ answer: Answer?, writing pixels: MutablePixels) -> Move {
    guard let answer else { return start.begin(pixels) }
    let isFooled = subject.goal.isFooled(by: predictedClass(answer.logits))
    switch phase {
    case .starting:
      let move = start.next(isFooled, pixels)
      if case .done = move { return beginBisection(pixels) }
      return move
    case .bisecting:
      if isFooled { upper = middle } else { lower = middle }
      return bisect(pixels)
    case .estimating(let count):
      add(Pixels(pixels), isFooled)
      return count + 1 < sampleCount ? ask(count + 1, pixels) : beginStep(pixels)
    case .stepping:
      if isFooled { return beginBisection(pixels) }
      reach /= 2
      return tryStep(pixels)
    }
  }

  // MARK: - Back to the boundary

  private func beginBisection(_ pixels: MutablePixels) -> Move {
    far.copy(Pixels(pixels))
    let count = Float(pixels.count)
    let reach = settings.norm == .linf ? settings.norm.distance(of: Pixels(pixels), from: subject.clean) : 1
    (lower, upper, middle) = (0, reach, .nan)
    threshold = reach / (settings.norm == .linf ? count * count : count * count.squareRoot())
    return bisect(pixels)
  }

  private func bisect(_ pixels: MutablePixels) -> Move {
    let before = middle
    middle = (lower + upper) / 2
    guard upper - lower > threshold, middle != before, middle > lower, middle < upper else { return arrive(pixels) }
    phase = .bisecting
    writeSegment(middle, pixels)
    return .classify
  }

  /// A point between the image and where the bisection began.
  private func writeSegment(_ share: Float, _ pixels: MutablePixels) {
    for i in pixels.indices {
      let clean = subject.clean[i]
      pixels[i] =
        settings.norm == .linf
        ? clean + min(max(far.pixels[i] - clean, -share), share) : (1 - share) * clean + share * far.pixels[i]
    }
  }

  private func arrive(_ pixels: MutablePixels) -> Move {
    writeSegment(upper, pixels)
    point.copy(Pixels(pixels))
    distance = settings.norm.distance(of: Pixels(pixels), from: subject.clean)
    nearest.keep(pixels, at: distance)
    // The nearest of all boundary points counts; there, the last.
    guard steps < settings.steps else { return nearest.finish(pixels, within: settings.budget) }
    return ask(0, pixels)
  }

  // MARK: - The boundary's direction

  private var sampleCount: Int {
    min(Int(Float(settings.samples) * Float(steps + 1).squareRoot()), 10_000)
  }

  /// How far around the point decisions are asked for.
  private var width: Float { steps == 0 ? 0.1 : distance / Float(subject.clean.count) }

  private func ask(_ count: Int, _ pixels: MutablePixels) -> Move {
    phase = .estimating(count)
    if count == 0 {
      sum.pixels.update(repeating: 0)
      difference.pixels.update(repeating: 0)
      balance = 0
    }
    var generator = subject.generator(seed: settings.seed, restart: 2000 + count, step: steps + 1)
    if settings.norm == .linf {
      generator.fillUniform(direction.pixels, radius: 1)
    } else {
      generator.fillNormal(direction.pixels)
    }
    let scale = width / (Float(direction.contents.length) + 1e-12)
    for i in pixels.indices { pixels[i] = min(max(point.pixels[i] + scale * direction.pixels[i], 0), 1) }
    return .classify
  }

  private func add(_ pixels: Pixels, _ isFooled: Bool) {
    let scale = 1 / (width + 1e-8)
    balance += isFooled ? 1 : -1
    for i in pixels.indices {
      let change = (pixels[i] - point.pixels[i]) * scale
      sum.pixels[i] += change
      difference.pixels[i] += isFooled ? change : -change
    }
  }

  // MARK: - A step

  private func beginStep(_ pixels: MutablePixels) -> Move {
    // Decisions that are all alike have no mean to be compared with.
    let mean = abs(balance) == sampleCount ? 0 : Float(balance) / Float(sampleCount)
    for i in pixels.indices { direction.pixels[i] = difference.pixels[i] - mean * sum.pixels[i] }
    let length = Float(direction.contents.length) / Float(sampleCount) + 1e-12
    for i in pixels.indices {
      let slope = direction.pixels[i] / Float(sampleCount) / length
      direction.pixels[i] = settings.norm == .linf ? (slope > 0 ? 1 : slope < 0 ? -1 : 0) : slope
    }
    steps += 1
    reach = distance / Float(steps).squareRoot()
    return tryStep(pixels)
  }

  private func tryStep(_ pixels: MutablePixels) -> Move {
    phase = .stepping
    // So short a step leads nowhere: the point itself fools.
    guard reach > 1e-9 * distance else {
      pixels.copy(point)
      return beginBisection(pixels)
    }
    for i in pixels.indices { pixels[i] = min(max(point.pixels[i] + reach * direction.pixels[i], 0), 1) }
    return .classify
  }
}
