extension AttackCatalogue {
  /// Those that minimise by L-BFGS.
  static let quasiNewton: [AttackDescription] = [boxConstrainedLBFGS]

  static let boxConstrainedLBFGS = AttackDescription(
    "lbfgs", "Box-constrained L-BFGS: distance and a class's cross-entropy, weighed by search.",
    source: "Szegedy et al. 2014; advertorch", norms: BoxConstrainedLBFGS.norms, budget: .optional,
    settings: [.steps, .searches, .targets, .target]
  ) {
    BoxConstrainedLBFGS(
      epsilon: $0.radius, steps: $0[.steps, default: 100], searches: $0[.searches, default: 9],
      targetCount: $0.targets, target: $0.target)
  }
}
