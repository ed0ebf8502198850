public import ArgumentParser
public import Attacks
public import ToolSupport

extension Norm: ExpressibleByArgument {}
extension AttackLoss: ExpressibleByArgument {}
extension Start: ExpressibleByArgument {}

/// The attacks by name.
public enum AttackName: String, EnumerableFlag, Sendable {
  /// Projected gradient descent.
  case pgd
  /// The fast gradient (sign) method: one step from the clean image.
  case fgsm

  /// What the flags say in help.
  public static func help(for value: AttackName) -> ArgumentHelp? {
    switch value {
    case .pgd: "Projected gradient descent, the default."
    case .fgsm: "The fast gradient sign method: one step from the clean image."
    }
  }
}

/// How an attack goes, apart from its budget.
public struct AttackOptions: ParsableArguments {
  /// How distance is measured.
  @Option(help: "How distance is measured: linf or l2.")
  public var norm: Norm = .linf

  /// How many steps; `nil` for the data's default.
  @Option(help: "Steps of PGD; the default is 40 for one-channel images, 10 for colour.")
  public var steps: Int?

  /// How far a step goes, in pixel units; `nil` for the default.
  @Option(
    help:
      "A step's length in pixel units; the default is 0.01 for one-channel images, 2/255 for colour; with l2, 2.5 epsilon / steps.",
    transform: ExactNumber.typed)
  public var stepSize: ExactNumber?

  /// Where it starts.
  @Option(help: "Where PGD starts: random, within the budget; noise, near the image as in TRADES; or clean.")
  public var start: Start = .random

  /// How often it tries.
  @Option(help: "Random starts an image; the first that fools counts.")
  public var restarts: Int = 1

  /// The class to be taken for.
  @Option(help: "The class (from 0) that the image shall be taken for; without it, any but its own.")
  public var target: Int?

  /// What it climbs.
  @Option(help: "What the attack climbs: cross-entropy, margin or kl.")
  public var loss: AttackLoss = .crossEntropy

  /// The seed of its random numbers.
  @Option(help: "The seed of all random numbers.", transform: Seed.typed)
  public var seed: UInt64 = 0

  /// Whether an image is attacked only until it is fooled.
  @Flag(help: "Attack an image only until it is fooled; its place in the batch goes to the next one.")
  public var earlyStop = false

  /// Whether successes are kept for larger budgets.
  @Flag(help: "Keep what a smaller epsilon of the list has fooled for the larger ones, and attack only the rest.")
  public var reuse = false

  /// PGD under L-infinity with advertorch's settings.
  public init() {}

  /// The attack of this name and budget on images of `channels`; what is not given is advertorch's default.
  ///
  /// - Throws: `Failure` (`usage`) when no default exists.
  public func attack(_ name: AttackName, epsilon: ExactNumber?, channels: Int) throws -> NamedAttack {
    var settings = AttackSettings()
    (settings.name, settings.norm, settings.epsilon) = (name, norm, epsilon)
    (settings.steps, settings.stepSize, settings.start, settings.restarts) = (steps, stepSize, start, restarts)
    (settings.target, settings.loss, settings.seed) = (target, loss, seed)
    settings.stopsEarly = earlyStop
    return try settings.attack(channels: channels, prefix: "--")
  }

  /// The attacks of this name, one for each budget, or the one of the customary budget.
  ///
  /// - Throws: `Failure` (`usage`) when no default exists.
  public func attacks(_ name: AttackName, epsilon: NumberList?, channels: Int) throws -> [NamedAttack] {
    guard let epsilon else { return [try attack(name, epsilon: nil, channels: channels)] }
    return try epsilon.numbers.map { try attack(name, epsilon: $0, channels: channels) }
  }
}
