import Failures
import Networks
import Tensors

/// The fast adaptive boundary attack (Croce and Hein 2020), in the order of AutoAttack's code: it looks for the nearest
/// image that is misclassified, by projections onto the linear approximation of the boundary within the box.
///
/// A misclassified point is drawn back towards the image, so that later ones are nearer. It attacks images that are
/// classified rightly. With an epsilon, what lies farther counts as not found.
public struct FAB: Attack {
  /// How distance is measured.
  public var norm: Norm
  /// The farthest that counts, in pixel units; nil for any distance.
  public var epsilon: Float?
  /// Steps of one run.
  public var steps: Int
  /// How many classes are aimed at in turn, by their rank for the clean image from the second on; 0 for the nearest
  /// boundary of all, which asks for a gradient of every class.
  public var targetCount: Int
  /// Runs of each target; the first starts at the image, others at random within half the distance found.
  public var restarts: Int
  /// The largest share of a step that leads towards the clean image's own projection.
  public var largestBias: Float
  /// How far a step goes beyond the boundary.
  public var overshoot: Float
  /// What share of its way a misclassified point keeps.
  public var backwardShare: Float
  /// The seed of the random starts.
  public var seed: UInt64

  /// The attack with these settings; AutoAttack's unless told otherwise.
  public init(
    norm: Norm = .linf, epsilon: Float? = nil, steps: Int = 100, targetCount: Int = 0, restarts: Int = 1,
    largestBias: Float = 0.1, overshoot: Float = 1.05, backwardShare: Float = 0.9, seed: UInt64 = 0
  ) {
    (self.norm, self.epsilon, self.steps, self.targetCount) = (norm, epsilon, steps, targetCount)
    (self.restarts, self.largestBias, self.overshoot) = (restarts, largestBias, overshoot)
    (self.backwardShare, self.seed) = (backwardShare, seed)
  }

  /// The ball beyond which nothing counts.
  public var budget: Bound? { epsilon.map { Bound(norm: norm, epsilon: $0) } }
  /// No single class is to be taken for.
  public var target: Int? { nil }
  /// All but norm and budget.
  public var parameters: [AttackParameter] {
    [.init(.steps, .integer(steps)), .init(.restarts, .integer(restarts))]
      + (targetCount > 0 ? [.init(.targets, .integer(targetCount))] : []) + [.init(.seed, .text(String(seed)))]
  }
  /// Those of all runs.
  public var mostSteps: Int { Requirement.product(steps, restarts, max(targetCount, 1)) }
  /// Gradients.
  public var needs: AttackNeeds { .gradients }

  /// Refuses settings that mean nothing.
  ///
  /// - Throws: `Failure` (`usage`) that names the setting and what it may be.
  public func validate(classCount: Int) throws {
    if let epsilon { try Requirement.budget(epsilon, norm) }
    try Requirement.positive(steps, "steps")
    try Requirement.positive(restarts, "restarts")
  }

  /// An attempt; nil for an image that is misclassified as it is, and where epsilon is 0.
  public func attempt(on subject: Subject) -> (any Attempt)? {
    epsilon == 0 || !subject.isClassifiedRightly ? nil : FABAttempt(self, on: subject)
  }
}

/// All runs at one image, which share the nearest point found.
final class FABAttempt: Attempt {
  private let settings: FAB
  private let subject: Subject
  private let bound: Bound
  /// The classes aimed at; empty for all at once.
  private let targets: [Int]

  /// Which run, how many steps it took, and what its question is for.
  private var run = 0
  private var step = 0
  private(set) var steps = 0
  private var isVerdict = false
  private var isLast = false

  /// The class whose boundary was asked for, and the nearest boundary of this step.
  private var candidate = 0
  private var nearest: Float = .infinity
  private var rise: Float = 0
  private let slope: PixelBuffer
  /// The nearest misclassified point.
  private var distance: Float = .infinity
  private let best, ownChange, cleanChange: PixelBuffer

  init(_ settings: FAB, on subject: Subject) {
    (self.settings, self.subject) = (settings, subject)
    bound = Bound(norm: settings.norm, epsilon: settings.epsilon ?? .infinity)
    targets =
      settings.targetCount > 0
      ? Array(rankedClasses(subject.logits).dropFirst().prefix(settings.targetCount)) : []
    let count = subject.clean.count
    (slope, best) = (PixelBuffer(count: count), PixelBuffer(count: count))
    (ownChange, cleanChange) = (PixelBuffer(count: count), PixelBuffer(count: count))
  }

  private var label: Int { subject.goal.label }

  func next(_ answer: Answer?, writing pixels: MutablePixels) -> Move {
    guard let answer else { return begin(pixels) }
    guard answer.isFinite else { return .failed(.gradient) }
    if isVerdict {
      isVerdict = false
      if predictedClass(answer.logits) != label {
        keep(pixels)
        drawBack(pixels)
      }
      return isLast ? beginNext(pixels) : ask()
    }
    guard let gradient = answer.gradient else { return .failed(.gradient) }
    look(at: gradient, rise: answer.logits[candidate] - answer.logits[label])
    if targets.isEmpty {
      candidate += candidate + 1 == label ? 2 : 1
      if candidate < answer.logits.count { return .differentiateAgain(.difference(of: candidate, from: label)) }
    }
    move(pixels)
    (step, steps, isVerdict) = (step + 1, steps + 1, true)
    isLast = step == settings.steps
    // As a rule the point lies beyond the boundary and is drawn back, so that a gradient there would be of no use.
    return .classify
  }

  /// Asks for the gradient of the first candidate.
  private func ask() -> Move {
    nearest = .infinity
    candidate = targets.isEmpty ? (label == 0 ? 1 : 0) : targets[run / settings.restarts]
    return .differentiate(.difference(of: candidate, from: label))
  }

  private func begin(_ pixels: MutablePixels) -> Move {
    (step, isLast, isVerdict) = (0, false, false)
    if run % settings.restarts > 0 { startNearby(pixels) }
    return ask()
  }

  private func beginNext(_ pixels: MutablePixels) -> Move {
    run += 1
    pixels.copy(subject.clean)
    if run < max(targets.count, 1) * settings.restarts { return begin(pixels) }
    guard distance <= bound.epsilon, distance < .infinity else { return .unbroken }
    pixels.copy(best)
    return .done
  }

  /// A random point within half the distance found, or half of epsilon.
  private func startNearby(_ pixels: MutablePixels) {
    var generator = subject.generator(seed: settings.seed, restart: run)
    let direction = ownChange.pixels
    if settings.norm == .linf { generator.fillUniform(direction, radius: 1) } else { generator.fillNormal(direction) }
    let radius = min(distance, settings.epsilon ?? distance) / 2
    guard radius < .infinity else { return }
    let length = settings.norm.length(ownChange.contents)
    for i in pixels.indices {
      pixels[i] = min(max(subject.clean[i] + radius * direction[i] / max(length, 1e-12), 0), 1)
    }
  }
}

// MARK: - One step

extension FABAttempt {
  /// Keeps the boundary where `gradient` makes up for `rise`, if it is nearer than those before.
  private func look(at gradient: Pixels, rise: Float) {
    let reach = abs(rise) / (1e-12 + settings.norm.dualLength(gradient))
    guard reach < nearest || !targets.isEmpty else { return }
    (nearest, self.rise) = (reach, rise)
    slope.copy(gradient)
  }

  /// To the mean of what the point and the clean image come to on the boundary, a little beyond.
  private func move(_ pixels: MutablePixels) {
    let offset = slope.contents.product(with: Pixels(pixels)) - Double(rise)
    Hyperplane.project(
      Pixels(pixels), weights: slope.contents, offset: offset, norm: settings.norm, into: ownChange.pixels)
    Hyperplane.project(
      subject.clean, weights: slope.contents, offset: offset, norm: settings.norm, into: cleanChange.pixels)
    let own = max(settings.norm.length(ownChange.contents), 1e-8)
    let other = max(settings.norm.length(cleanChange.contents), 1e-8)
    let bias = min(max(own / (own + other), 0), settings.largestBias)
    for i in pixels.indices {
      let ahead = (pixels[i] + settings.overshoot * ownChange.pixels[i]) * (1 - bias)
      let back = (subject.clean[i] + settings.overshoot * cleanChange.pixels[i]) * bias
      pixels[i] = min(max(ahead + back, 0), 1)
    }
  }

  /// Keeps a misclassified point that is nearer than those before.
  private func keep(_ pixels: MutablePixels) {
    let reach = settings.norm.distance(of: Pixels(pixels), from: subject.clean)
    guard reach < distance else { return }
    distance = reach
    best.copy(Pixels(pixels))
  }

  private func drawBack(_ pixels: MutablePixels) {
    let clean = subject.clean
    for i in pixels.indices { pixels[i] = clean[i] + settings.backwardShare * (pixels[i] - clean[i]) }
  }
}
