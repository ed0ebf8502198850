public import Attacks
public import Spatial

/// What a batch goes through before the step on it, and what the step descends.
public enum Method: Hashable, Sendable {
  /// Images as they are (after their poses), and the cross-entropy.
  case natural
  /// Images attacked on the network as it is at that moment, in evaluation mode, and the cross-entropy (Madry et al.
  /// 2018). With poses this is CuSP's step: A(T(x)).
  case adversarial(TrainingAttack)
  /// The cross-entropy of images plus `beta` times the divergence of their attacked copies from them (Zhang et al.
  /// 2019). The attack climbs that divergence from 0.001 times normal noise, whatever its own loss and start.
  case trades(ProjectedGradientDescent, beta: Float)
  /// As `trades`, but the cross-entropy and the divergence are those of the image without its pose, and the copy is
  /// the attacked image in its pose.
  case transformedTrades(ProjectedGradientDescent, beta: Float)

  /// Adversarial training by projected gradient descent.
  public static func pgd(_ attack: ProjectedGradientDescent) -> Method {
    .adversarial(TrainingAttack(AttackCatalogue.pgd.name, attack))
  }

  /// The attack with the settings that were chosen, if there is one.
  public var attack: TrainingAttack? {
    switch self {
    case .natural: nil
    case .adversarial(let attack): attack
    case .trades(let attack, _), .transformedTrades(let attack, _): TrainingAttack(AttackCatalogue.pgd.name, attack)
    }
  }

  /// The attack as it is carried out, with the run's seed.
  func attack(seed: UInt64) -> (any Attack)? {
    switch self {
    case .natural: return nil
    case .adversarial(let attack): return attack.seeded(seed)
    case .trades(var attack, _), .transformedTrades(var attack, _):
      (attack.seed, attack.loss, attack.start) = (seed, .divergence, .noise)
      return attack
    }
  }

  /// The attack's radius in pixel units; 0 without one.
  public var epsilon: Float { attack?.epsilon ?? 0 }
}

/// A part of a run in which everything but the learning rate stays the same.
public struct Stage: Hashable, Sendable {
  /// The epoch it begins with, counted from 0.
  public var start: Int
  /// What a batch goes through.
  public var method: Method
  /// The poses that images take first, anew in every epoch.
  public var poses: PoseDistribution
  /// The learning rate; nil where the schedule says.
  public var learningRate: Float?
  /// How the poses and the attack of `Method.adversarial` join.
  public var mixture: Mixture
  /// What may end it before the next stage was to begin; nil for nothing.
  public var end: StageEnd?

  /// A stage; by default the whole run, without poses.
  public init(
    start: Int = 0, method: Method, poses: PoseDistribution = PoseDistribution(), learningRate: Float? = nil,
    mixture: Mixture = .composed, end: StageEnd? = nil
  ) {
    (self.start, self.method, self.poses, self.learningRate) = (start, method, poses, learningRate)
    (self.mixture, self.end) = (mixture, end)
  }
}
