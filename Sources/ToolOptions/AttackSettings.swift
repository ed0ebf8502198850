public import Attacks
import Failures
public import ToolSupport

/// What is asked of an attack; what is left open becomes the customary value for the images.
public struct AttackSettings: Sendable {
  /// Which attack.
  public var name: AttackName = .pgd
  /// How distance is measured.
  public var norm: Norm = .linf
  /// The budget in pixel units.
  public var epsilon: ExactNumber?
  /// How many steps PGD takes.
  public var steps: Int?
  /// How far a step goes, in pixel units.
  public var stepSize: ExactNumber?
  /// Where PGD starts.
  public var start: Start = .random
  /// How often it tries.
  public var restarts = 1
  /// The class to be taken for.
  public var target: Int?
  /// What it climbs.
  public var loss: AttackLoss = .crossEntropy
  /// The seed of its random numbers.
  public var seed: UInt64 = 0
  /// Whether an image is attacked only until it is fooled.
  public var stopsEarly = false

  /// PGD under L-infinity with advertorch's settings.
  public init() {}

  /// The attack with these settings on images of `channels`; what is not given is advertorch's default.
  ///
  /// - Parameter prefix: What stands before the name of a setting in messages, such as `--`.
  /// - Throws: `Failure` (`usage`) when no default exists or settings contradict each other.
  public func attack(channels: Int, prefix: String = "") throws -> NamedAttack {
    let standard = ProjectedGradientDescent.advertorchDefault(channels: channels)
    guard norm == .linf || epsilon != nil else {
      throw Failure(.usage, "\(prefix)norm \(norm.rawValue) has no customary budget: give \(prefix)epsilon")
    }
    let radius = epsilon ?? (channels == 1 ? ExactNumber("0.3") : ExactNumber("8/255"))
    guard let radius, radius.value >= 0 else { throw Failure(.usage, "\(prefix)epsilon: give 0 or more") }
    let budget = Float(radius.value)
    var attack: ProjectedGradientDescent
    switch name {
    case .fgsm:
      guard (steps ?? 1) == 1, (stepSize ?? radius).value == radius.value else {
        let (steps, instead) = ("\(prefix)steps and \(prefix)step-size", "\(prefix)pgd")
        throw Failure(.usage, "\(prefix)fgsm is one step of epsilon: leave out \(steps), or take \(instead)")
      }
      attack = .fastGradientSign(norm: norm, epsilon: budget)
    case .pgd:
      let steps = steps ?? standard.steps
      let length =
        stepSize.map { Float($0.value) }
        ?? (norm == .linf ? standard.stepSize : 2.5 * budget / Float(max(steps, 1)))
      attack = ProjectedGradientDescent(norm: norm, epsilon: budget, steps: steps, stepSize: length, start: start)
    }
    (attack.restarts, attack.loss, attack.target, attack.seed) = (restarts, loss, target, seed)
    return NamedAttack(name: name.rawValue, epsilon: radius.value, attack: attack, stopsEarly: stopsEarly)
  }
}
