extension AttackCatalogue {
  /// Those that minimise by L-BFGS.
  static let quasiNewton: [AttackDescription] = [boxConstrainedLBFGS, spatialTransformation]

  static let boxConstrainedLBFGS = AttackDescription(
    "lbfgs", "Box-constrained L-BFGS: distance and a class's cross-entropy, weighed by search.",
    source: "Szegedy et al. 2014; advertorch", norms: BoxConstrainedLBFGS.norms, budget: .optional,
    settings: [.steps, .searches, .targets, .target]
  ) {
    BoxConstrainedLBFGS(
      epsilon: $0.radius, steps: $0[.steps, default: 100], searches: $0[.searches, default: 9],
      targetCount: $0.targets, target: $0.target)
  }

  static let spatialTransformation = AttackDescription(
    "stadv", "Spatially transformed: pixels looked up elsewhere by a smooth flow; in no ball.",
    source: "Xiao et al. 2018", norms: [.linf], budget: .none, settings: [.steps, .searches, .confidence, .target]
  ) {
    SpatialTransformation(
      steps: $0[.steps, default: 100], searches: $0[.searches, default: 3], confidence: $0[.confidence, default: 0],
      target: $0.target)
  }
}
