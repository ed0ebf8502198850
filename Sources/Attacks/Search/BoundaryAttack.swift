import Networks
import Tensors

/// The boundary attack (Brendel, Rauber and Bethge 2018), in the order of Foolbox's code: from noise that fools, a walk along
/// the boundary, each step in a random direction around the image and then towards it, taken where it fools. How long both
/// parts of a step are follows from how often steps succeed.
///
/// Its 5,000 steps ask about as many images as Square does; Foolbox takes 25,000, more than a service grants by default.
/// Directions are an image's own; there, one is drawn for the whole batch.
public struct BoundaryAttack: Attack {
  /// The farthest that counts, in pixel units; nil for any distance.
  public var epsilon: Float?
  /// How many steps are tried at most.
  public var steps: Int
  /// The seed of the random numbers.
  public var seed: UInt64
  /// How long the parts of a step are at first, in distances from the image, and what they are multiplied or divided by.
  static let stepLength: Float = 0.01
  static let factor: Float = 1.5
  /// A step towards the image that is shorter ends the walk.
  static let shortest: Float = 1e-7
  /// At every so many steps success is counted.
  static let interval = 10

  /// The attack with these settings; but for the steps Foolbox's unless told otherwise.
  public init(epsilon: Float? = nil, steps: Int = 5000, seed: UInt64 = 0) {
    (self.epsilon, self.steps, self.seed) = (epsilon, steps, seed)
  }

  /// The Euclidean length.
  public var norm: Norm { .l2 }
  /// The ball beyond which nothing counts.
  public var budget: Bound? { epsilon.map { Bound(norm: norm, epsilon: $0) } }
  /// No single class is to be taken for.
  public var target: Int? { nil }
  /// Decisions alone.
  public var needs: AttackNeeds { [] }
  /// All but the budget.
  public var parameters: [AttackParameter] { [.init(.steps, .integer(steps)), .init(.seed, .text(String(seed)))] }
  /// Those of the one run.
  public var mostSteps: Int { steps }

  /// Refuses settings that mean nothing.
  ///
  /// - Throws: `Failure` (`usage`) that names the setting and what it may be.
  public func validate(classCount: Int) throws {
    if let epsilon { try Requirement.budget(epsilon, norm) }
    try Requirement.positive(steps, "steps")
  }

  /// An attempt; nil for an image that is misclassified as it is, and where epsilon is 0.
  public func attempt(on subject: Subject) -> (any Attempt)? {
    epsilon == 0 || !subject.isClassifiedRightly ? nil : BoundaryAttempt(self, on: subject)
  }
}

private final class BoundaryAttempt: Attempt {
  private enum Phase { case starting, stepping, turning }

  private let settings: BoundaryAttack
  private let subject: Subject
  private var phase = Phase.starting
  private var start: BlendedNoise
  private(set) var steps = 0
  /// The point that fools, how far it is, and the step's point before it goes towards the image.
  private let point, turned: PixelBuffer
  private var distance: Float = 0
  /// The direction from the point to the image, and a random one.
  private let inwards, direction: PixelBuffer
  private var turn = BoundaryAttack.stepLength
  private var approach = BoundaryAttack.stepLength
  private var turns = SuccessShare(capacity: 100)
  private var approaches = SuccessShare(capacity: 30)
  /// Whether the whole step fools.
  private var isStepFooled = false

  init(_ settings: BoundaryAttack, on subject: Subject) {
    (self.settings, self.subject) = (settings, subject)
    start = BlendedNoise(on: subject, seed: settings.seed)
    let count = subject.clean.count
    (point, turned) = (PixelBuffer(count: count), PixelBuffer(count: count))
    (inwards, direction) = (PixelBuffer(count: count), PixelBuffer(count: count))
  }

  func next(_ answer: Answer?, writing pixels: MutablePixels) -> Move {
    guard let answer else { return start.begin(pixels) }
    let isFooled = subject.goal.isFooled(by: predictedClass(answer.logits))
    switch phase {
    case .starting:
      let move = start.next(isFooled, pixels)
      guard case .done = move else { return move }
      take(pixels, at: settings.norm.distance(of: Pixels(pixels), from: subject.clean))
    case .stepping:
      isStepFooled = isFooled
      if isFooled {
        let distance = settings.norm.distance(of: Pixels(pixels), from: subject.clean)
        if distance < self.distance { take(pixels, at: distance) }
      }
      if steps % BoundaryAttack.interval == 0 {
        phase = .turning
        pixels.copy(turned)
        return .classify
      }
    case .turning: adapt(isFooled)
    }
    return step(pixels)
  }

  private func take(_ pixels: MutablePixels, at distance: Float) {
    point.copy(Pixels(pixels))
    self.distance = distance
  }

  private func step(_ pixels: MutablePixels) -> Move {
    guard steps < settings.steps, approach >= BoundaryAttack.shortest, distance > 0 else {
      pixels.copy(point)
      return distance <= settings.budget?.epsilon ?? .infinity ? .done : .unbroken
    }
    steps += 1
    phase = .stepping
    drawTurn()
    goInwards(pixels)
    return .classify
  }

  /// A point as far from the image as the point is, in a random direction from there.
  private func drawTurn() {
    var generator = subject.generator(seed: settings.seed, step: steps)
    generator.fillNormal(direction.pixels)
    for i in inwards.pixels.indices { inwards.pixels[i] = subject.clean[i] - point.pixels[i] }
    let length = Float(inwards.contents.length)
    let along = Float(inwards.contents.product(with: direction.contents)) / (length * length)
    for i in direction.pixels.indices { direction.pixels[i] -= along * inwards.pixels[i] }
    let sideways = Float(direction.contents.length)
    let scale = sideways > 0 ? turn * length / sideways : 0
    let stretch = 1 / (turn * turn + 1).squareRoot()
    for i in turned.pixels.indices {
      let change = stretch * (scale * direction.pixels[i] - inwards.pixels[i])
      turned.pixels[i] = min(max(subject.clean[i] + change, 0), 1)
    }
  }

  /// From that point towards the image, as far as the distance shall shrink.
  private func goInwards(_ pixels: MutablePixels) {
    for i in inwards.pixels.indices { inwards.pixels[i] = subject.clean[i] - turned.pixels[i] }
    let length = Float(inwards.contents.length)
    let share = length > 0 ? max(approach * distance + length - distance, 0) / length : 0
    for i in pixels.indices { pixels[i] = min(max(turned.pixels[i] + share * inwards.pixels[i], 0), 1) }
  }

  private func adapt(_ isTurnFooled: Bool) {
    turns.append(isTurnFooled)
    approaches.append(isStepFooled)
    func scale(_ trend: Int) -> Float {
      trend > 0 ? BoundaryAttack.factor : trend < 0 ? 1 / BoundaryAttack.factor : 1
    }
    let both = scale(turns.trend(above: 0.5, below: 0.2))
    (turn, approach) = (turn * both, approach * both)
    approach *= scale(approaches.trend(above: 0.25, below: 0.1))
  }
}
