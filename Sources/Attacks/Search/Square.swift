import Failures
import Networks
import Tensors

/// The Square attack (Andriushchenko, Croce, Flammarion and Hein 2020), as in AutoAttack's code: random squares of changed
/// pixels, of which those stay that lower the margin. It asks for no gradient.
///
/// It attacks images that are classified rightly and stops at the first that fools. Unlike in AutoAttack, where all images
/// of a batch share position and signs, every image draws its own, by its index.
public struct Square: Attack {
  /// How distance is measured.
  public var norm: Norm
  /// The radius of the ball, in pixel units.
  public var epsilon: Float
  /// Queries of one run after the first.
  public var queries: Int
  /// The share of pixels that the first squares cover, above 0, at most 1.
  public var share: Double
  /// Runs.
  public var restarts: Int
  /// Whether the schedule of shares, made for 10,000 queries, is stretched to `queries`; AutoAttack does not.
  public var rescalesSchedule: Bool
  /// The seed of the squares.
  public var seed: UInt64

  /// The attack with these settings; AutoAttack's unless told otherwise.
  public init(
    norm: Norm = .linf, epsilon: Float, queries: Int = 5000, share: Double = 0.8, restarts: Int = 1,
    rescalesSchedule: Bool = false, seed: UInt64 = 0
  ) {
    (self.norm, self.epsilon, self.queries, self.share) = (norm, epsilon, queries, share)
    (self.restarts, self.rescalesSchedule, self.seed) = (restarts, rescalesSchedule, seed)
  }

  /// The ball it stays in.
  public var budget: Bound? { Bound(norm: norm, epsilon: epsilon) }
  /// No single class is to be taken for.
  public var target: Int? { nil }
  /// All but norm and budget.
  public var parameters: [AttackParameter] {
    [.init(.queries, .integer(queries)), .init(.restarts, .integer(restarts)), .init(.seed, .text(String(seed)))]
  }
  /// Those of all runs.
  public var mostSteps: Int { Requirement.product(queries, restarts) }
  /// Nothing but logits.
  public var needs: AttackNeeds { [] }

  /// Refuses settings that mean nothing.
  ///
  /// - Throws: `Failure` (`usage`) that names the setting and what it may be.
  public func validate(classCount: Int) throws {
    try Requirement.budget(epsilon, norm)
    try Requirement.positive(queries, "queries")
    try Requirement.positive(restarts, "restarts")
    guard share > 0, share <= 1 else { throw Failure(.usage, "share \(share): give more than 0, at most 1") }
  }

  /// Runs until one fools; nil for an image that is misclassified as it is, and where epsilon is 0.
  public func attempt(on subject: Subject) -> (any Attempt)? {
    guard epsilon > 0, subject.isClassifiedRightly else { return nil }
    return Successive(restarts, on: subject, within: budget) { [self] restart in
      (nil, SquareRun(self, on: subject, restart: restart))
    }
  }

  /// The share of pixels that the square of query `query` covers, counted from 0.
  package func share(at query: Int) -> Double {
    let place = rescalesSchedule ? query * 10_000 / queries : query
    return share / Double(1 << Self.falls.count { place > $0 })
  }

  /// After how many of 10,000 queries the share halves.
  private static let falls = [10, 50, 200, 500, 1000, 2000, 4000, 6000, 8000]
}

private final class SquareRun: Attempt {
  private let settings: Square
  private let subject: Subject
  private let restart: Int
  private let proposals: SquareProposals
  private(set) var steps = 0
  /// The image that stays, and how far it is from fooling.
  private let best: PixelBuffer
  private var leastMargin: Float = .infinity
  private var logits: [Float] = []
  private var signs: [Float]

  init(_ settings: Square, on subject: Subject, restart: Int) {
    (self.settings, self.subject, self.restart) = (settings, subject, restart)
    proposals = SquareProposals(
      subject.clean, shape: subject.shape, norm: settings.norm, epsilon: settings.epsilon)
    best = PixelBuffer(count: subject.clean.count)
    signs = [Float](repeating: 1, count: proposals.startCounts.signs)
  }

  var verdict: [Float] { logits }

  func next(_ answer: Answer?, writing pixels: MutablePixels) -> Move {
    guard let answer else {
      start(pixels)
      settings.budget?.settle(pixels, around: subject.clean)
      return .classify
    }
    let margin = -Objective.margin(label: subject.goal.label).value(answer.logits)
    if margin < leastMargin || margin <= 0 {
      leastMargin = margin
      best.copy(Pixels(pixels))
    }
    if subject.goal.isFooled(by: predictedClass(answer.logits)) {
      logits.append(contentsOf: answer.logits)
      return .done
    }
    var isKnown = true
    while isKnown {
      guard steps < settings.queries else { return .unbroken }
      pixels.copy(best)
      isKnown = !propose(pixels)
      steps += 1
    }
    return .classify
  }

  private func start(_ pixels: MutablePixels) {
    var generator = subject.generator(seed: settings.seed, restart: restart)
    let counts = proposals.startCounts
    drawSigns(counts.signs, &generator)
    let transposed = (0..<counts.tiles).map { _ in generator.nextUInt32() & 1 == 1 }
    proposals.writeStart(signs, transposed: transposed, into: pixels)
  }

  /// Writes the next proposal; false where it changes nothing, so that its margin is known.
  private func propose(_ pixels: MutablePixels) -> Bool {
    var generator = subject.generator(seed: settings.seed, restart: restart, step: steps + 1)
    let side = SquarePattern.side(
      settings.norm, share: settings.share(at: steps), height: subject.shape[1], width: subject.shape[2])
    let channels = subject.shape[0]
    let place = drawWindow(side, &generator)
    guard settings.norm != .linf else {
      drawSigns(channels, &generator)
      proposals.colour(pixels, in: place, signs: signs)
      return settle(pixels)
    }
    let donor = drawWindow(side, &generator)
    drawSigns(channels, &generator)
    proposals.shift(pixels, to: place, from: donor, signs: signs, isTransposed: generator.nextUInt32() & 1 == 1)
    return settle(pixels)
  }

  /// As published, the last row and column of positions are never drawn.
  private func drawWindow(_ side: Int, _ generator: inout Generator) -> Window {
    let (height, width) = (subject.shape[1], subject.shape[2])
    let top = generator.integer(below: max(height - side, 1))
    return Window(top: top, left: generator.integer(below: max(width - side, 1)), side: side)
  }

  /// Brings a proposal into the ball to the last bit, and says whether it changes anything.
  private func settle(_ pixels: MutablePixels) -> Bool {
    settings.budget?.settle(pixels, around: subject.clean)
    return !Pixels(pixels).hasBits(of: best.contents)
  }

  private func drawSigns(_ count: Int, _ generator: inout Generator) {
    for i in 0..<count { signs[i] = generator.nextUInt32() & 1 == 0 ? 1 : -1 }
  }
}
