import Failures
import Networks
import Tensors

/// Auto-PGD (Croce and Hein 2020; under L1 2021): projected gradient descent with momentum that finds its step size itself,
/// in the order of AutoAttack's code.
///
/// The step size halves, and the run goes on from its best point, where the loss has not risen often or high enough by the
/// next checkpoint. Under L1 steps go along the signs of the largest slopes, how many follows from how many pixels of the
/// best point differ. It attacks images that are classified rightly and gives back the last misclassified point; where
/// there is none, the image as it was.
///
/// Unlike AutoAttack's, random starts are drawn by image, so results do not depend on batches.
public struct AutoPGD: Attack {
  /// What it climbs.
  public enum Loss: String, CaseIterable, Sendable {
    /// The cross-entropy of the label.
    case crossEntropy = "cross-entropy"
    /// The difference of logits ratio.
    case logitRatio = "dlr"
  }

  /// How distance is measured.
  public var norm: Norm
  /// The radius of the ball, in pixel units.
  public var epsilon: Float
  /// Steps of one run; a run asks for one gradient more.
  public var steps: Int
  /// What is climbed where there are no target classes.
  public var loss: Loss
  /// How many classes are aimed at in turn, by their rank for the clean image from the second on, along the targeted
  /// ratio of logits; 0 for an untargeted attack. Any misclassification counts.
  public var targetCount: Int
  /// Random starts, of each target.
  public var restarts: Int
  /// Under L1: whether a run shrinks its ball from three times the radius over twice to the radius.
  public var usesLargerRadii: Bool
  /// The seed of the random starts.
  public var seed: UInt64

  /// The attack with these settings; AutoAttack's unless told otherwise.
  public init(
    norm: Norm = .linf, epsilon: Float, steps: Int = 100, loss: Loss = .crossEntropy, targetCount: Int = 0,
    restarts: Int = 1, usesLargerRadii: Bool = false, seed: UInt64 = 0
  ) {
    (self.norm, self.epsilon, self.steps, self.loss) = (norm, epsilon, steps, loss)
    (self.targetCount, self.restarts, self.usesLargerRadii, self.seed) = (targetCount, restarts, usesLargerRadii, seed)
  }

  /// No single class is to be taken for.
  public var target: Int? { nil }
  /// The ball it stays in.
  public var budget: Bound? { Bound(norm: norm, epsilon: epsilon) }
  /// All but norm and budget; what is climbed is in the name.
  public var parameters: [AttackParameter] {
    [.init(.steps, .integer(steps)), .init(.restarts, .integer(restarts))]
      + (targetCount > 0 ? [.init(.targets, .integer(targetCount))] : []) + [.init(.seed, .text(String(seed)))]
  }
  /// Those of all runs.
  public var mostSteps: Int { Requirement.product(steps, restarts, max(targetCount, 1)) }
  /// Gradients.
  public var needs: AttackNeeds { .gradients }

  /// Refuses settings that mean nothing for a network of `classCount` classes.
  ///
  /// - Throws: `Failure` (`usage`) that names the setting and what it may be.
  public func validate(classCount: Int) throws {
    try Requirement.budget(epsilon, norm)
    try Requirement.positive(steps, "steps")
    try Requirement.positive(restarts, "restarts")
    let ratio = loss == .logitRatio || targetCount > 0
    guard !ratio || classCount >= (targetCount > 0 ? 4 : 3) else {
      throw Failure(
        .usage, "the ratio of logits needs \(targetCount > 0 ? 4 : 3) classes, the model has \(classCount); take margin"
      )
    }
  }

  /// Runs until one fools; nil for an image that is misclassified as it is, and where epsilon is 0.
  public func attempt(on subject: Subject) -> (any Attempt)? {
    guard epsilon > 0, subject.isClassifiedRightly else { return nil }
    let label = subject.goal.label
    let ranks = targetCount > 0 ? Array(rankedClasses(subject.logits).dropFirst().prefix(targetCount)) : []
    return Successive(max(ranks.count, 1) * restarts, on: subject, within: budget) { [self] number in
      let objective: Objective =
        targetCount > 0
        ? .targetedLogitRatio(label: label, target: ranks[number / restarts])
        : loss == .crossEntropy ? .crossEntropy(label: label) : .logitRatio(label: label)
      return (nil, AutoPGDRun(self, on: subject, climbing: objective, restart: number))
    }
  }

  /// The radii a run goes through, with the steps under each.
  var stages: [(radius: Float, steps: Int)] {
    guard norm == .l1, usesLargerRadii else { return [(epsilon, steps)] }
    let first = Int((0.3 * Double(steps)).rounded(.up))
    return [(3 * epsilon, first), (2 * epsilon, first), (epsilon, steps - 2 * first)]
  }
}

/// One start and its steps.
final class AutoPGDRun: Attempt {
  private let settings: AutoPGD
  private let subject: Subject
  private let objective: Objective
  private let restart: Int

  private let stages: [(radius: Float, steps: Int)]
  private var stage = 0
  private var pace: Pace
  private(set) var steps = 0
  /// Whether the answer under way is to the first question of its stage.
  private var isBeginning = true
  private var hasFooled = false

  /// The gradient at the point, the point before, the point of the highest loss with its gradient, the last misclassified
  /// point; and room to work in.
  private let gradient, previous, best, bestGradient, fooling, scratch: PixelBuffer

  init(_ settings: AutoPGD, on subject: Subject, climbing objective: Objective, restart: Int) {
    (self.settings, self.subject, self.objective, self.restart) = (settings, subject, objective, restart)
    stages = settings.stages
    let count = subject.clean.count
    (gradient, previous, best) = (PixelBuffer(count: count), PixelBuffer(count: count), PixelBuffer(count: count))
    (bestGradient, fooling, scratch) = (PixelBuffer(count: count), PixelBuffer(count: count), PixelBuffer(count: count))
    pace = Pace(settings, stage: 0, pixelCount: count)
  }

  /// The step size from here on, and how the stage stands; for tests.
  var stepSize: Float { pace.size }

  func next(_ answer: Answer?, writing pixels: MutablePixels) -> Move {
    guard let answer, let slope = answer.gradient else {
      start(pixels)
      return .differentiate(objective)
    }
    guard answer.isFinite else { return .failed(.gradient) }
    take(answer, slope, pixels)
    if pace.isOver {
      guard beginNextStage(pixels) else { return finish(pixels) }
      return .differentiate(objective)
    }
    step(pixels)
    steps += 1
    return .differentiate(objective)
  }

  private func start(_ pixels: MutablePixels) {
    var generator = subject.generator(seed: settings.seed, restart: restart)
    let clean = subject.clean
    switch settings.norm {
    case .linf:
      generator.fillUniform(scratch.pixels, radius: 1)
      let largest = scratch.contents.reduce(0) { max($0, abs($1)) } + tiny
      for i in pixels.indices { pixels[i] = clean[i] + settings.epsilon * (scratch.pixels[i] / largest) }
    case .l2:
      generator.fillNormal(scratch.pixels)
      let length = Float(scratch.contents.length) + tiny
      for i in pixels.indices { pixels[i] = clean[i] + settings.epsilon * (scratch.pixels[i] / length) }
    case .l1, .l0:
      generator.fillNormal(scratch.pixels)
      L1Ball.project(scratch.pixels, around: clean, radius: stages[0].radius)
      for i in pixels.indices { pixels[i] = clean[i] + scratch.pixels[i] }
    }
    for i in pixels.indices { pixels[i] = min(max(pixels[i], 0), 1) }
  }

  /// Takes in what the network said of the point.
  private func take(_ answer: Answer, _ slope: Pixels, _ pixels: MutablePixels) {
    let loss = objective.value(answer.logits)
    gradient.copy(slope)
    if subject.goal.isFooled(by: predictedClass(answer.logits)) {
      fooling.copy(Pixels(pixels))
      hasFooled = true
    }
    if isBeginning || loss > pace.bestLoss {
      best.copy(Pixels(pixels))
      bestGradient.copy(slope)
    }
    guard !isBeginning else {
      isBeginning = false
      previous.copy(Pixels(pixels))
      let isResumed = settings.norm == .l1 && settings.usesLargerRadii
      pace.begin(loss, changed: isResumed ? changedCount(Pixels(pixels)) : nil)
      return
    }
    let returns = pace.take(loss) { changedCount(best.contents) }
    if returns {
      pixels.copy(best)
      gradient.copy(bestGradient.contents)
    }
  }

  private func beginNextStage(_ pixels: MutablePixels) -> Bool {
    stage += 1
    guard stage < stages.count else { return false }
    for i in pixels.indices { scratch.pixels[i] = best.pixels[i] - subject.clean[i] }
    L1Ball.project(scratch.pixels, around: subject.clean, radius: stages[stage].radius)
    for i in pixels.indices { pixels[i] = min(max(subject.clean[i] + scratch.pixels[i], 0), 1) }
    pace = Pace(settings, stage: stage, pixelCount: pixels.count)
    isBeginning = true
    hasFooled = false
    return true
  }

  private func finish(_ pixels: MutablePixels) -> Move {
    guard hasFooled else { return .unbroken }
    pixels.copy(fooling)
    return .done
  }

  private func changedCount(_ image: Pixels) -> Int { image.indices.count { image[$0] != subject.clean[$0] } }
}

// MARK: - One step

extension AutoPGDRun {
  private func step(_ pixels: MutablePixels) {
    switch settings.norm {
    case .linf: stepByLargestChange(pixels)
    case .l2: stepByLength(pixels)
    case .l1, .l0: stepSparsely(pixels)
    }
  }

  private var momentum: Float { pace.taken == 0 ? 1 : 0.75 }

  private func stepByLargestChange(_ pixels: MutablePixels) {
    let (clean, weight, size, epsilon) = (subject.clean, momentum, pace.size, settings.epsilon)
    let (slope, before) = (gradient.pixels, previous.pixels)
    @inline(__always) func inside(_ value: Float, _ i: Int) -> Float {
      min(max(clean[i] + min(max(value - clean[i], -epsilon), epsilon), 0), 1)
    }
    for i in pixels.indices {
      let point = pixels[i]
      let ahead = inside(point + (slope[i] > 0 ? size : 0) - (slope[i] < 0 ? size : 0), i)
      let mixed = point + (ahead - point) * weight + (point - before[i]) * (1 - weight)
      before[i] = point
      pixels[i] = inside(mixed, i)
    }
  }

  private func stepByLength(_ pixels: MutablePixels) {
    let (weight, ahead, before) = (momentum, scratch.pixels, previous.pixels)
    let scale = pace.size / (Float(gradient.contents.length) + tiny)
    for i in pixels.indices { ahead[i] = pixels[i] + scale * gradient.pixels[i] }
    shrinkToBall(ahead)
    for i in pixels.indices {
      let point = pixels[i]
      pixels[i] = point + (ahead[i] - point) * weight + (point - before[i]) * (1 - weight)
      before[i] = point
    }
    shrinkToBall(pixels)
  }

  private func shrinkToBall(_ image: MutablePixels) {
    let clean = subject.clean
    var squares = 0.0
    for i in image.indices {
      let change = Double(image[i]) - Double(clean[i])
      squares += change * change
    }
    let length = Float(squares.squareRoot())
    let factor = min(length, settings.epsilon) / (length + tiny)
    for i in image.indices { image[i] = min(max(clean[i] + (image[i] - clean[i]) * factor, 0), 1) }
  }

  private func stepSparsely(_ pixels: MutablePixels) {
    let (clean, slope, change) = (subject.clean, gradient.pixels, scratch.pixels)
    previous.copy(Pixels(pixels))
    for i in slope.indices { change[i] = abs(slope[i]) }
    let threshold = change.smallest(place: pace.place)
    let count = slope.count { abs($0) >= threshold && $0 != 0 }
    let size = pace.size / (Float(count) + 1e-10)
    for i in pixels.indices {
      let direction: Float = abs(slope[i]) >= threshold ? (slope[i] > 0 ? size : slope[i] < 0 ? -size : 0) : 0
      change[i] = pixels[i] + direction - clean[i]
    }
    L1Ball.project(change, around: clean, radius: stages[stage].radius)
    for i in pixels.indices { pixels[i] = clean[i] + change[i] }
  }
}

/// What keeps a length away from 0, as in AutoAttack's code.
private let tiny: Float = 1e-12
