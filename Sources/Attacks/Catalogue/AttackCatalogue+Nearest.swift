extension AttackCatalogue {
  /// Those that look for the nearest image, by gradients.
  static let nearest: [AttackDescription] = [
    deepFool, ddn, fmn, minimalAutoPGD, primalDual, carliniWagner, elasticNet, sigmaZero, sparseFool, saliencyMap,
  ]

  static let deepFool = AttackDescription(
    "deepfool", "DeepFool: steps to the nearest boundary of the linear approximation.",
    source: "Moosavi-Dezfooli et al. 2016; Adversarial Library", norms: [.l2, .linf], budget: .none,
    settings: [.steps, .overshoot]
  ) { DeepFool(norm: $0.norm, steps: $0[.steps, default: 100], overshoot: $0[.overshoot, default: 0.02]) }

  static let ddn = AttackDescription(
    "ddn", "Decoupled direction and norm: the length shrinks while the image fools.",
    source: "Rony et al. 2019; Foolbox", norms: DecoupledDirectionNorm.norms, budget: .optional,
    settings: [.steps, .target]
  ) { DecoupledDirectionNorm(epsilon: $0.radius, steps: $0[.steps, default: 100], target: $0.target) }

  static let fmn = AttackDescription(
    "fmn", "The fast minimum norm attack: a ball that shrinks while the image fools.",
    source: "Pintor et al. 2021; Adversarial Library", norms: FastMinimumNorm.norms, budget: .optional,
    settings: [.steps, .target]
  ) { FastMinimumNorm(norm: $0.norm, epsilon: $0.radius, steps: $0[.steps, default: 100], target: $0.target) }

  static let minimalAutoPGD = AttackDescription(
    "minimal-apgd", "Auto-PGD within the smallest budget that fools, found by halving.",
    source: "Croce and Hein 2020; Adversarial Library", norms: MinimalAutoPGD.norms, budget: .optional,
    settings: [.steps, .searches, .restarts, .seed]
  ) {
    MinimalAutoPGD(
      norm: $0.norm, epsilon: $0.radius, steps: $0[.steps, default: 100], searches: $0[.searches, default: 20],
      restarts: $0.restarts ?? 1, seed: $0.seed ?? 0)
  }

  static let carliniWagner = AttackDescription(
    "cw", "Carlini and Wagner's: distance and margin together, weighed by search.",
    source: "Carlini and Wagner 2017; Adversarial Library", norms: CarliniWagner.norms + CarliniWagnerLinf.norms,
    budget: .optional, settings: [.steps, .searches, .confidence, .learningRate, .target]
  ) {
    guard $0.norm == .l2 else {
      return CarliniWagnerLinf(
        epsilon: $0.radius, steps: $0[.steps, default: 1000],
        searches: $0[.searches, default: CarliniWagnerLinf.mostSearches], confidence: $0[.confidence, default: 0],
        learningRate: $0[.learningRate, default: 0.01], target: $0.target)
    }
    return CarliniWagner(
      epsilon: $0.radius, steps: $0[.steps, default: 1000], searches: $0[.searches, default: 9],
      confidence: $0[.confidence, default: 0], learningRate: $0[.learningRate, default: 0.01], target: $0.target)
  }

  static let primalDual = AttackDescription(
    "pdpgd", "Primal-dual proximal gradient descent.", source: "Matyasko and Chau 2021; Adversarial Library",
    norms: PrimalDualDescent.norms, budget: .optional, settings: [.steps, .target]
  ) { PrimalDualDescent(norm: $0.norm, epsilon: $0.radius, steps: $0[.steps, default: 500], target: $0.target) }

  static let elasticNet = AttackDescription(
    "ead", "The elastic net attack: Carlini and Wagner's with shrinking changes.",
    source: "Chen et al. 2018; advertorch", norms: ElasticNet.norms, budget: .optional,
    settings: [.steps, .searches, .confidence, .learningRate, .target]
  ) {
    ElasticNet(
      epsilon: $0.radius, steps: $0[.steps, default: 1000], searches: $0[.searches, default: 9],
      confidence: $0[.confidence, default: 0], learningRate: $0[.learningRate, default: 0.01], target: $0.target)
  }

  static let sparseFool = AttackDescription(
    "sparsefool", "SparseFool: one pixel value after the other, to a plane beyond DeepFool's point.",
    source: "Modas et al. 2019; torchattacks", norms: SparseFool.norms, budget: .optional,
    settings: [.steps, .overshoot]
  ) {
    SparseFool(epsilon: $0.radius, steps: $0[.steps, default: 10], overshoot: $0[.overshoot, default: 0.02])
  }

  static let saliencyMap = AttackDescription(
    "jsma", "The saliency map attack: pair after pair of pixel values becomes white.",
    source: "Papernot et al. 2016; advertorch", norms: SaliencyMap.norms, budget: .optional,
    settings: [.steps, .target]
  ) { SaliencyMap(epsilon: $0.radius, steps: $0[.steps, default: 2000], target: $0.target) }

  static let sigmaZero = AttackDescription(
    "sigma-zero", "Sigma-zero: as few changed pixel values as fool.", source: "Cinà et al. 2024; Adversarial Library",
    norms: SigmaZero.norms, budget: .optional, settings: [.steps]
  ) { SigmaZero(epsilon: $0.radius, steps: $0[.steps, default: 1000]) }
}

extension AttackRequest {
  /// The budget, where there is one.
  var radius: Float? { epsilon.map { Float($0) } }
}
