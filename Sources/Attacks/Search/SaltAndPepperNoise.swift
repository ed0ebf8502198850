import Networks
import Tensors

/// Pixels made white or black at random, all their channels, ever more of them until the network errs, and then around the
/// nearest image so found (Foolbox's search for salt and pepper noise): a baseline that any attack must beat.
public struct SaltAndPepperNoise: Attack {
  /// The farthest that counts, in pixel units; nil for any distance.
  public var epsilon: Float?
  /// How often noise is drawn.
  public var steps: Int
  /// The seed of the noise.
  public var seed: UInt64

  /// The search with these settings; Foolbox's unless told otherwise.
  public init(epsilon: Float? = nil, steps: Int = 1000, seed: UInt64 = 0) {
    (self.epsilon, self.steps, self.seed) = (epsilon, steps, seed)
  }

  /// The Euclidean length, by which the nearest is found.
  public var norm: Norm { .l2 }
  /// The ball beyond which nothing counts.
  public var budget: Bound? { epsilon.map { Bound(norm: norm, epsilon: $0) } }
  /// No single class is to be taken for.
  public var target: Int? { nil }
  /// Logits alone.
  public var needs: AttackNeeds { [] }
  /// All but the budget.
  public var parameters: [AttackParameter] { [.init(.steps, .integer(steps)), .init(.seed, .text(String(seed)))] }
  /// One a draw.
  public var mostSteps: Int { steps }

  /// Refuses settings that mean nothing.
  ///
  /// - Throws: `Failure` (`usage`).
  public func validate(classCount: Int) throws {
    if let epsilon { try Requirement.budget(epsilon, norm) }
    try Requirement.positive(steps, "steps")
  }

  /// An attempt; nil for an image that is misclassified as it is, and where epsilon is 0.
  public func attempt(on subject: Subject) -> (any Attempt)? {
    epsilon == 0 || !subject.isClassifiedRightly ? nil : SaltAndPepperAttempt(self, on: subject)
  }
}

private final class SaltAndPepperAttempt: Attempt {
  private let settings: SaltAndPepperNoise
  private let subject: Subject
  /// A number a pixel, the same for all channels.
  private let draws: PixelBuffer
  private var nearest: NearestPoint
  private(set) var steps = 0
  /// What share of the pixels is changed, by how much it grows, and between what.
  private var share: Float
  private var growth: Float
  private var least: Float = 0
  private var most: Float = 1

  init(_ settings: SaltAndPepperNoise, on subject: Subject) {
    (self.settings, self.subject) = (settings, subject)
    draws = PixelBuffer(count: subject.shape[1] * subject.shape[2])
    nearest = NearestPoint(count: subject.clean.count)
    growth = 1 / Float(settings.steps)
    share = growth
  }

  func next(_ answer: Answer?, writing pixels: MutablePixels) -> Move {
    if let answer { adapt(subject.goal.isFooled(by: predictedClass(answer.logits)), pixels) }
    guard steps < settings.steps else { return nearest.finish(pixels, within: settings.budget) }
    draw(pixels)
    steps += 1
    return .classify
  }

  private func draw(_ pixels: MutablePixels) {
    var generator = subject.generator(seed: settings.seed, step: steps)
    generator.fillUniform(draws.pixels, in: 0...1)
    for i in pixels.indices {
      let draw = draws.pixels[i % draws.pixels.count]
      pixels[i] = draw < share / 2 ? 0 : draw >= 1 - share / 2 ? 1 : subject.clean[i]
    }
  }

  /// Looks on around a nearer image, and begins anew where the share has grown as far as it may.
  private func adapt(_ isFooled: Bool, _ pixels: MutablePixels) {
    let distance = settings.norm.distance(of: Pixels(pixels), from: subject.clean)
    let isNearer = isFooled && distance < nearest.distance
    if isNearer {
      nearest.keep(pixels, at: distance)
      // Less noise is not always nearer, so a little more is tried too.
      (least, most) = (share / 2, min(1.2 * share, 1))
      growth = (most - least) / Float(settings.steps - steps + 1)
    }
    share = min((isNearer || share == most ? least : share) + growth, most)
  }
}
