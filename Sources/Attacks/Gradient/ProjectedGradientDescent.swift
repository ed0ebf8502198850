import Failures
import Networks
import Tensors

/// What an attack climbs, or, when it has a target, descends.
public enum AttackLoss: String, CaseIterable, Sendable {
  /// The cross-entropy of the label.
  case crossEntropy = "cross-entropy"
  /// The largest other logit minus the label's.
  case margin
  /// The divergence from the probabilities of the clean image, as TRADES does inside; takes no target.
  ///
  /// Its gradient is zero at the clean image, so it needs a start elsewhere: TRADES takes `Start.noise`.
  case divergence = "kl"
}

/// Where an attack starts.
public enum Start: String, CaseIterable, Sendable {
  /// Somewhere in the ball, another place at every restart.
  case random
  /// At the clean image plus 0.001 times normal noise, as TRADES does; another place at every restart.
  case noise
  /// Somewhere in the ball, outside 0...1 too until the first step, as in TRADES' evaluation; of `linf` alone.
  case unclipped
  /// A step away from the clean image, each pixel up or down by chance, as R-FGSM does; of `linf` alone.
  case signs
  /// Anywhere in the ball with equal chances, as in Foolbox; of `l2` and `l1`, where `random` is mostly on the surface.
  case uniform
  /// In a random direction, at a distance of which all up to epsilon are equally likely, as in torchattacks; of `l2` alone.
  case radial
  /// At the clean image; more than one restart would change nothing and is not run.
  case clean
}

/// What comes last after a step under `l2` or `l1`: an image that is rescaled into the ball and then clipped to 0...1 is
/// another one than the other way round.
public enum Projection: String, CaseIterable, Sendable {
  /// 0...1 first, then the ball, as in advertorch; under `l1` the nearest image in both.
  case ballLast = "ball-last"
  /// Rescaled into the ball first, then 0...1, as in Foolbox and torchattacks.
  case rangeLast = "range-last"
}

/// Which way a step goes under `l1`.
public enum StepDirection: String, CaseIterable, Sendable {
  /// The way of the largest slope alone, which climbs most for its length, as in advertorch.
  case steepest
  /// That of the whole gradient, at length 1, as in Foolbox.
  case gradient
}

/// Projected gradient descent (Madry et al. 2018), in the order of advertorch's `LinfPGDAttack` and `L2PGDAttack`: `steps`
/// times, a step of `stepSize` along the gradient of the loss with respect to the pixels, then back into the ball.
///
/// Sizes are in pixel units, pixels lie in 0...1.
public struct ProjectedGradientDescent: Attack {
  /// How distance is measured.
  public var norm: Norm
  /// The radius of the ball; at 0 the images stay as they are, bit for bit.
  public var epsilon: Float
  /// How many steps are taken, 0 or more.
  public var steps: Int
  /// How far one step goes under `norm`.
  public var stepSize: Float
  /// Where a restart starts.
  public var start: Start
  /// How often to try anew, at least 1.
  ///
  /// Each image keeps the first restart that fools the network (or hits the target); if none does, the one with the
  /// higher loss at its end (the lower one towards a target), of equals the first.
  public var restarts: Int
  /// What is climbed.
  public var loss: AttackLoss
  /// The class to be taken for, if the attack has one; it then descends that class's loss.
  public var target: Int?
  /// The seed of the random starts.
  public var seed: UInt64
  /// What comes last after a step; of `l2` and `l1`.
  public var projection: Projection
  /// Which way a step goes; of `l1` alone.
  public var direction: StepDirection

  /// The attack with these settings; by default one random start, cross-entropy, no target.
  public init(
    norm: Norm = .linf, epsilon: Float, steps: Int, stepSize: Float, start: Start = .random, restarts: Int = 1,
    loss: AttackLoss = .crossEntropy, target: Int? = nil, seed: UInt64 = 0, projection: Projection = .ballLast,
    direction: StepDirection = .steepest
  ) {
    self.norm = norm
    self.epsilon = epsilon
    self.steps = steps
    self.stepSize = stepSize
    self.start = start
    self.restarts = restarts
    self.loss = loss
    self.target = target
    self.seed = seed
    self.projection = projection
    self.direction = direction
  }

  /// The fast gradient (sign) method (Goodfellow et al. 2015): one step of `epsilon` from the clean image.
  public static func fastGradientSign(norm: Norm = .linf, epsilon: Float) -> Self {
    Self(norm: norm, epsilon: epsilon, steps: 1, stepSize: epsilon, start: .clean)
  }

  /// What advertorch and the literature take for images of this many channels.
  ///
  /// One channel (digits): epsilon 0.3, 40 steps of 0.01. More (colour): epsilon 8/255, 10 steps of 2/255.
  public static func advertorchDefault(channels: Int) -> Self {
    channels == 1
      ? Self(epsilon: 0.3, steps: 40, stepSize: 0.01) : Self(epsilon: 8.0 / 255, steps: 10, stepSize: 2.0 / 255)
  }

  /// How far a step goes where nobody says: far enough that `steps` of them reach the bound and can turn round.
  ///
  /// Under `linf` 4/3 of `epsilon / steps` for one channel, 2.5 of it for more, which at the customary epsilon and steps
  /// are advertorch's 0.01 and 2/255; under `l2` and `l1` 2.5 of it.
  public static func customaryStepSize(norm: Norm, epsilon: Double, steps: Int, channels: Int) -> Float {
    let steps = max(steps, 1)
    if norm != .linf { return 2.5 * Float(epsilon) / Float(steps) }
    // In double precision, so that 0.3 and 40 make just 0.01.
    return channels == 1 ? Float(4 * epsilon / (3 * Double(steps))) : Float(2.5 * epsilon / Double(steps))
  }

  /// How far all steps of a restart can lead from where it starts, under `norm`.
  public var reach: Double { Double(steps) * Double(stepSize) }

  /// Whether the steps are too few or too short to reach the bound from the image; rounding aside.
  public var fallsShort: Bool { reach < Double(epsilon) * (1 - 1e-6) }

  /// The ball it stays in.
  public var bound: Bound { Bound(norm: norm, epsilon: epsilon) }
  /// The ball it stays in.
  public var budget: Bound? { bound }
  /// All but norm and budget.
  public var parameters: [AttackParameter] {
    [
      .init(.steps, .integer(steps)), .init(.stepSize, .number(stepSize)), .init(.start, .text(start.rawValue)),
      .init(.restarts, .integer(restarts)), .init(.loss, .text(loss.rawValue)), .init(.seed, .text(String(seed))),
    ] + (target.map { [.init(.target, .integer($0))] } ?? [])
      + (projection == .ballLast ? [] : [.init(.projection, .text(projection.rawValue))])
      + (direction == .steepest ? [] : [.init(.direction, .text(direction.rawValue))])
  }
  /// Those of all runs.
  public var mostSteps: Int { Requirement.product(steps, start == .clean ? 1 : restarts) }
  /// Gradients, and the clean probabilities from which a divergence measures.
  public var needs: AttackNeeds { loss == .divergence ? [.gradients, .reference] : .gradients }

  /// Refuses settings that mean nothing for a network of `classCount` classes.
  ///
  /// - Throws: `Failure(.usage)` that names the setting and what it may be.
  public func validate(classCount: Int) throws {
    func require(_ condition: Bool, _ message: @autoclosure () -> String) throws {
      if !condition { throw Failure(.usage, message()) }
    }
    try Requirement.budget(epsilon, norm)
    try require(stepSize >= 0 && stepSize.isFinite, "step size \(stepSize): give a finite number, 0 or more")
    try require(steps >= 0, "\(steps) steps: give 0 or more")
    try require(stepSize > 0 || steps == 0 || epsilon == 0, "step size 0: no step would move; give more than 0")
    try require(
      ![.signs, .unclipped].contains(start) || norm == .linf,
      "start \(start.rawValue): it is of linf alone; take another start")
    try require(
      start != .uniform || [.l2, .l1].contains(norm),
      "start \(start.rawValue): it is of l2 and l1; take another start")
    try require(start != .radial || norm == .l2, "start \(start.rawValue): it is of l2 alone; take another start")
    try require(
      projection == .ballLast || [.l2, .l1].contains(norm),
      "projection \(projection.rawValue): it is of l2 and l1; leave it out")
    try require(
      direction == .steepest || norm == .l1, "direction \(direction.rawValue): it is of l1 alone; leave it out")
    try Requirement.positive(restarts, "restarts")
    try Requirement.target(target, classCount: classCount)
    if let target {
      try require(loss != .divergence, "target \(target): the loss \(loss.rawValue) has none; take another loss")
    }
  }
}

extension ProjectedGradientDescent {
  /// An attempt with all its restarts; nil where epsilon is 0.
  public func attempt(on subject: Subject) -> (any Attempt)? {
    guard epsilon > 0 else { return nil }
    let objective = objective(subject)
    func make(_ restart: Int) -> ProjectedGradientAttempt {
      ProjectedGradientAttempt(self, on: subject, climbing: objective, restart: restart)
    }
    guard restarts > 1, start != .clean else { return make(0) }
    return Restarts(restarts, on: subject, within: bound, objective: objective, make: make)
  }

  private func objective(_ subject: Subject) -> Objective {
    let label = target ?? subject.goal.label
    return switch loss {
    case .crossEntropy: .crossEntropy(label: label)
    case .margin: .margin(label: label)
    case .divergence: .divergence(from: subject.reference)
    }
  }
}

/// One start and its steps.
private final class ProjectedGradientAttempt: Attempt {
  private let settings: ProjectedGradientDescent
  private let subject: Subject
  private let objective: Objective
  private let restart: Int
  private(set) var steps = 0
  /// Where steps are many, images that withstand them end up going round in circles.
  private var orbit: Orbit?

  init(_ settings: ProjectedGradientDescent, on subject: Subject, climbing objective: Objective, restart: Int) {
    (self.settings, self.subject, self.objective, self.restart) = (settings, subject, objective, restart)
    orbit = settings.steps > 128 ? Orbit(count: subject.clean.count) : nil
  }

  func next(_ answer: Answer?, writing pixels: MutablePixels) -> Move {
    if let gradient = answer?.gradient {
      guard answer?.isFinite == true else { return .failed(.gradient) }
      step(pixels, along: gradient)
      steps += 1
      if let period = orbit?.period(of: Pixels(pixels)) {
        // Whole rounds lead to where they begin.
        steps += (settings.steps - steps) / period * period
        orbit = nil
      }
    } else {
      start(pixels)
    }
    return steps < settings.steps ? .differentiate(objective) : .done
  }

  private func start(_ image: MutablePixels) {
    var generator = subject.generator(seed: settings.seed, restart: restart)
    switch settings.start {
    case .random: settings.norm.start(image, around: subject.clean, epsilon: settings.epsilon, using: &generator)
    // Without a step to bring it into the ball it stays at the image.
    case .noise: if settings.steps > 0 { settings.norm.startNear(image, around: subject.clean, using: &generator) }
    case .unclipped:
      guard settings.steps > 0 else { return }
      generator.fillUniform(image, radius: settings.epsilon)
      for i in image.indices { image[i] += subject.clean[i] }
    case .signs:
      generator.fillUniform(image, radius: 1)
      for i in image.indices {
        image[i] = min(max(subject.clean[i] + (image[i] < 0 ? -1 : 1) * settings.stepSize, 0), 1)
      }
    case .uniform:
      settings.norm.startUniform(image, around: subject.clean, epsilon: settings.epsilon, using: &generator)
    case .radial:
      settings.norm.startRadial(image, around: subject.clean, epsilon: settings.epsilon, using: &generator)
    case .clean: break
    }
  }

  /// A step along `gradient`, or against it towards a target, and back into the ball.
  private func step(_ image: MutablePixels, along gradient: Pixels) {
    settings.norm.ascend(
      image, along: gradient, stepSize: settings.target == nil ? settings.stepSize : -settings.stepSize,
      settings.direction)
    settings.norm.project(image, around: subject.clean, epsilon: settings.epsilon, settings.projection)
  }
}
