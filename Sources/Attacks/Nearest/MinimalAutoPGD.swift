import Networks

/// The smallest budget at which Auto-PGD on the difference of logits ratio fools, by halving the interval from the image to
/// the farthest there can be (Adversarial Library's minimal APGD, whose interval is given).
///
/// A run ends where the image is first misclassified, and the distance of the point it came to, not the run's budget, is
/// the interval's new end; the nearest point counts.
public struct MinimalAutoPGD: NearestAttack {
  /// The norms it knows.
  public static let norms = Norm.lengths
  /// How distance is measured.
  public var norm: Norm
  /// The farthest that counts, in pixel units; nil for any distance.
  public var epsilon: Float?
  /// Steps of one run.
  public var steps: Int
  /// How many budgets are tried.
  public var searches: Int
  /// Random starts of each budget.
  public var restarts: Int
  /// The seed of the random starts, which are the same for all budgets but for their length.
  public var seed: UInt64
  /// No single class is to be taken for.
  public var target: Int? { nil }

  /// The attack with these settings; Adversarial Library's unless told otherwise, under L1 with larger radii first.
  public init(
    norm: Norm = .linf, epsilon: Float? = nil, steps: Int = 100, searches: Int = 20, restarts: Int = 1, seed: UInt64 = 0
  ) {
    (self.norm, self.epsilon, self.steps) = (norm, epsilon, steps)
    (self.searches, self.restarts, self.seed) = (searches, restarts, seed)
  }

  /// All but norm and budget.
  public var parameters: [AttackParameter] {
    [
      .init(.steps, .integer(steps)), .init(.searches, .integer(searches)), .init(.restarts, .integer(restarts)),
      .init(.seed, .text(String(seed))),
    ]
  }
  /// Those of all runs.
  public var mostSteps: Int { Requirement.product(steps, restarts, searches) }

  /// Refuses settings that mean nothing for a network of `classCount` classes.
  ///
  /// - Throws: `Failure` (`usage`) that names the setting and what it may be.
  public func validate(classCount: Int) throws {
    try validateCommon(classCount)
    try Requirement.positive(searches, "searches")
    try run(within: 0).validate(classCount: classCount)
  }

  /// An attempt at an image that is not fooled as it is.
  public func search(_ subject: Subject) -> any Attempt {
    BudgetSearch(from: nil, halvings: searches, on: subject, norm: norm, within: budget) { [self] in
      AnyAttack(run(within: $0))
    }
  }

  private func run(within epsilon: Float) -> AutoPGD {
    AutoPGD(
      norm: norm, epsilon: epsilon, steps: steps, loss: .logitRatio, restarts: restarts, usesLargerRadii: norm == .l1,
      seed: seed)
  }
}
