import Failures
import Networks

/// The attack by box-constrained L-BFGS (Szegedy et al. 2014), which began the field: minimises the squared distance plus a
/// constant times a class's cross-entropy within 0...1, and searches for the smallest constant that fools, as Tabacof and
/// Valle (2016) and advertorch do.
///
/// Every image has an optimiser of its own; there, one runs for a whole batch. It keeps the nearest of all points that it
/// asked about, not of the last ones alone. Without a target it aims in turn at the classes that the clean image comes
/// nearest to, and keeps the nearest image that any of them leads to: advertorch's form without a target turns the sign of
/// the loss but not of its gradient, and counts images that are classified rightly.
public struct BoxConstrainedLBFGS: NearestAttack {
  /// The one norm it knows.
  public static let norms: [Norm] = [.l2]
  /// How distance is measured.
  public var norm: Norm { .l2 }
  /// The farthest that counts, in pixel units; nil for any distance.
  public var epsilon: Float?
  /// Steps of the optimiser in one search.
  public var steps: Int
  /// How many constants are tried for a class.
  public var searches: Int
  /// How many classes are aimed at in turn, from the one of the highest logit down; nil where there is a target.
  public var targetCount: Int?
  /// The class to be taken for.
  public var target: Int?

  /// The attack with these settings; advertorch's unless told otherwise.
  public init(
    epsilon: Float? = nil, steps: Int = 100, searches: Int = 9, targetCount: Int? = nil, target: Int? = nil
  ) {
    (self.epsilon, self.steps, self.searches) = (epsilon, steps, searches)
    self.targetCount = target == nil ? targetCount ?? 9 : targetCount
    self.target = target
  }

  /// Those of all searches.
  public var mostSteps: Int { Requirement.product(steps, searches, targetCount ?? 1) }
  /// All but norm and budget.
  public var parameters: [AttackParameter] {
    [.init(.steps, .integer(steps)), .init(.searches, .integer(searches))]
      + (targetCount.map { [.init(.targets, .integer($0))] } ?? []) + targetParameter
  }

  /// Refuses settings that mean nothing for a network of `classCount` classes.
  ///
  /// - Throws: `Failure` (`usage`) that names the setting and what it may be.
  public func validate(classCount: Int) throws {
    try validateCommon(classCount)
    try Requirement.positive(searches, "searches")
    guard let targetCount else { return }
    try Requirement.positive(targetCount, "targets")
    guard target == nil else {
      throw Failure(.usage, "\(targetCount) targets: there is a target; leave out one of the two")
    }
  }

  /// An attempt at an image that is not fooled as it is.
  public func search(_ subject: Subject) -> any Attempt { LBFGSAttempt(self, on: subject) }
}

private final class LBFGSAttempt: Attempt {
  private let settings: BoxConstrainedLBFGS
  private let subject: Subject
  private let optimiser: LimitedMemoryBFGS
  private let gradient: PixelBuffer
  private var nearest: NearestPoint
  /// The classes to aim at, and which of them it is.
  private let aims: [Int]
  private var aim = 0
  private var search: ConstantSearch
  private var hasFooled = false
  /// The steps of the searches before.
  private var earlier = 0

  init(_ settings: BoxConstrainedLBFGS, on subject: Subject) {
    (self.settings, self.subject) = (settings, subject)
    let count = subject.clean.count
    optimiser = LimitedMemoryBFGS(count: count, within: 0...1)
    gradient = PixelBuffer(count: count)
    nearest = NearestPoint(count: count)
    let others = rankedClasses(subject.logits).filter { $0 != subject.goal.label }
    aims = settings.target.map { [$0] } ?? Array(others.prefix(settings.targetCount ?? 1))
    search = Self.firstSearch(settings)
  }

  private static func firstSearch(_ settings: BoxConstrainedLBFGS) -> ConstantSearch {
    ConstantSearch(from: 0.01, count: settings.searches)
  }

  var steps: Int { earlier + optimiser.moves }

  func next(_ answer: Answer?, writing pixels: MutablePixels) -> Move {
    guard aim < aims.count else { return .unbroken }
    let objective = Objective.crossEntropy(label: aims[aim])
    guard let answer, let slope = answer.gradient else { return begin(pixels) }
    guard answer.isFinite else { return .failed(.gradient) }
    let isFooled = subject.goal.isFooled(by: predictedClass(answer.logits))
    let distance = Norm.l2.distance(of: Pixels(pixels), from: subject.clean)
    if isFooled { nearest.keep(pixels, at: distance) }
    for i in pixels.indices {
      gradient.pixels[i] = 2 * (pixels[i] - subject.clean[i]) + search.constant * slope[i]
    }
    let value = Double(distance) * Double(distance) + Double(search.constant) * Double(objective.value(answer.logits))
    if optimiser.take(value, gradient.contents) { hasFooled = isFooled }
    if optimiser.hasEnded || optimiser.moves == settings.steps { return beginNext(pixels) }
    pixels.copy(optimiser.question)
    return .differentiate(objective)
  }

  private func begin(_ pixels: MutablePixels) -> Move {
    earlier += optimiser.moves
    hasFooled = false
    optimiser.begin(at: subject.clean)
    pixels.copy(optimiser.question)
    return .differentiate(.crossEntropy(label: aims[aim]))
  }

  private func beginNext(_ pixels: MutablePixels) -> Move {
    if search.advance(hasFooled: hasFooled) { return begin(pixels) }
    aim += 1
    search = Self.firstSearch(settings)
    return aim < aims.count ? begin(pixels) : nearest.finish(pixels, within: settings.budget)
  }
}
