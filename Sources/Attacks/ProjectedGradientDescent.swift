import Failures
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
  /// At the clean image; more than one restart would change nothing and is not run.
  case clean
}

/// Projected gradient descent (Madry et al. 2018), in the order of advertorch's `LinfPGDAttack` and `L2PGDAttack`: `steps`
/// times, a step of `stepSize` along the gradient of the loss with respect to the pixels, then back into the ball.
///
/// This is the setting, plain data; `AttackWorkspace` carries it out. Sizes are in pixel units, pixels lie in 0...1.
public struct ProjectedGradientDescent: Hashable, Sendable {
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

  /// The attack with these settings; by default one random start, cross-entropy, no target.
  public init(
    norm: Norm = .linf, epsilon: Float, steps: Int, stepSize: Float, start: Start = .random, restarts: Int = 1,
    loss: AttackLoss = .crossEntropy, target: Int? = nil, seed: UInt64 = 0
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
  /// are advertorch's 0.01 and 2/255; under `l2` 2.5 of it.
  public static func customaryStepSize(norm: Norm, epsilon: Double, steps: Int, channels: Int) -> Float {
    let steps = max(steps, 1)
    if norm == .l2 { return 2.5 * Float(epsilon) / Float(steps) }
    // In double precision, so that 0.3 and 40 make just 0.01.
    return channels == 1 ? Float(4 * epsilon / (3 * Double(steps))) : Float(2.5 * epsilon / Double(steps))
  }

  /// How far all steps of a restart can lead from where it starts, under `norm`.
  public var reach: Double { Double(steps) * Double(stepSize) }

  /// Whether the steps are too few or too short to reach the bound from the image; rounding aside.
  public var fallsShort: Bool { reach < Double(epsilon) * (1 - 1e-6) }

  /// The ball it stays in.
  public var bound: Bound { Bound(norm: norm, epsilon: epsilon) }

  /// Refuses settings that mean nothing for a network of `classCount` classes.
  ///
  /// - Throws: `Failure(.usage)` that names the setting and what it may be.
  public func validate(classCount: Int) throws {
    func require(_ condition: Bool, _ message: @autoclosure () -> String) throws {
      if !condition { throw Failure(.usage, message()) }
    }
    try require(epsilon >= 0 && epsilon.isFinite, "epsilon \(epsilon): give a finite number, 0 or more")
    try require(
      norm != .linf || epsilon <= 1,
      "epsilon \(epsilon): pixels are 0...1, so give 1 at most; 8 of 255 levels are 8/255")
    try require(stepSize >= 0 && stepSize.isFinite, "step size \(stepSize): give a finite number, 0 or more")
    try require(steps >= 0, "\(steps) steps: give 0 or more")
    try require(stepSize > 0 || steps == 0 || epsilon == 0, "step size 0: no step would move; give more than 0")
    try require(restarts >= 1, "\(restarts) restarts: give 1 or more")
    guard let target else { return }
    try require(
      (0..<classCount).contains(target), "target \(target): the model's classes are 0 to \(classCount - 1)")
    try require(loss != .divergence, "target \(target): the loss \(loss.rawValue) has none; take another loss")
  }
}

extension ProjectedGradientDescent {
  /// Writes where a restart starts into `image`, as `start` says; `.clean` leaves it.
  func start(_ image: MutablePixels, around clean: Pixels, using generator: inout Generator) {
    switch start {
    case .random: norm.start(image, around: clean, epsilon: epsilon, using: &generator)
    // Without a step to bring it into the ball it stays at the image.
    case .noise: if steps > 0 { norm.startNear(image, around: clean, using: &generator) }
    case .clean: break
    }
  }

  /// One step of `image` along `gradient`, or against it towards a target, and back into the ball around `clean`.
  func step(_ image: MutablePixels, around clean: Pixels, along gradient: Pixels) {
    norm.ascend(image, along: gradient, stepSize: target == nil ? stepSize : -stepSize)
    norm.project(image, around: clean, epsilon: epsilon)
  }
}
