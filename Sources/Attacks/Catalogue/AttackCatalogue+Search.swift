extension AttackCatalogue {
  /// Those that ask for logits alone.
  static let search: [AttackDescription] = [
    square, spsa, nes, nAttack, hopSkipJump, boundary, singlePixel, localSearch, noise, saltAndPepper, contrast, blur,
  ]

  /// The Square attack.
  public static let square = AttackDescription(
    "square", "The Square attack: random squares, without gradients.",
    source: "Andriushchenko et al. 2020; AutoAttack", asksForGradients: false, settings: [.queries, .restarts, .seed]
  ) {
    Square(
      norm: $0.norm, epsilon: try $0.requiredEpsilon(), queries: $0.queries ?? 5000, restarts: $0.restarts ?? 1,
      seed: $0.seed ?? 0)
  }

  static let spsa = AttackDescription(
    "spsa", "Simultaneous perturbation: gradients estimated along random signs.",
    source: "Uesato et al. 2018; advertorch", norms: [.linf], asksForGradients: false, perturbsAlways: true,
    settings: [.steps, .stepSize, .samples, .seed]
  ) { try estimated($0, .spsa, steps: 100, samples: 128) }

  static let nes = AttackDescription(
    "nes", "Natural evolution strategies: gradients estimated along normal noise.",
    source: "Ilyas et al. 2018; advertorch", norms: [.linf], asksForGradients: false, perturbsAlways: true,
    settings: [.steps, .stepSize, .samples, .seed]
  ) { try estimated($0, .nes, steps: 40, samples: 100) }

  private static func estimated(
    _ request: AttackRequest, _ kind: EstimatedGradient.Kind, steps: Int, samples: Int
  ) throws -> EstimatedGradient {
    EstimatedGradient(
      kind, epsilon: try request.requiredEpsilon(), steps: request[.steps, default: steps],
      stepSize: request[.stepSize, default: 0.01], samples: request[.samples, default: samples],
      seed: request.seed ?? 0)
  }

  static let nAttack = AttackDescription(
    "n-attack", "N-attack: learns a distribution of changes from the losses of populations.",
    source: "Li et al. 2019; advertorch", norms: [.linf, .l2], asksForGradients: false,
    settings: [.steps, .stepSize, .samples, .seed]
  ) {
    NAttack(
      norm: $0.norm, epsilon: try $0.requiredEpsilon(), steps: $0[.steps, default: 40],
      stepSize: $0[.stepSize, default: 0.02], samples: $0[.samples, default: 100], seed: $0.seed ?? 0)
  }

  static let hopSkipJump = AttackDescription(
    "hop-skip-jump", "HopSkipJump: decisions alone lead along the boundary.",
    source: "Chen et al. 2020; Foolbox", norms: [.l2, .linf], budget: .optional, asksForGradients: false,
    settings: [.steps, .samples, .seed]
  ) {
    HopSkipJump(
      norm: $0.norm, epsilon: $0.radius, steps: $0[.steps, default: 64], samples: $0[.samples, default: 100],
      seed: $0.seed ?? 0)
  }

  static let boundary = AttackDescription(
    "boundary", "The boundary attack: decisions alone, a random walk along the boundary.",
    source: "Brendel et al. 2018; Foolbox", norms: [.l2], budget: .optional, asksForGradients: false,
    settings: [.steps, .seed]
  ) { BoundaryAttack(epsilon: $0.radius, steps: $0[.steps, default: 5000], seed: $0.seed ?? 0) }

  static let singlePixel = AttackDescription(
    "single-pixel", "One pixel, black or white.", source: "Narodytska and Kasiviswanathan 2016; advertorch",
    norms: [.l0], budget: .none, asksForGradients: false, settings: [.queries, .seed]
  ) { SinglePixel(queries: $0[.queries, default: 200], seed: $0.seed ?? 0) }

  static let localSearch = AttackDescription(
    "local-search", "Pixels that lower the label's probability most, and those around them.",
    source: "Narodytska and Kasiviswanathan 2016; advertorch", norms: [.l0], budget: .none, asksForGradients: false,
    settings: [.steps, .seed]
  ) { LocalSearch(steps: $0[.steps, default: 10], seed: $0.seed ?? 0) }

  static let noise = AttackDescription(
    "noise", "Noise of one length, uniform or normal: what an attack must beat.", source: "Foolbox",
    norms: [.linf, .l2], asksForGradients: false, settings: [.restarts, .seed]
  ) {
    AdditiveNoise(
      norm: $0.norm, epsilon: try $0.requiredEpsilon(), restarts: $0[.restarts, default: 100], seed: $0.seed ?? 0)
  }

  static let saltAndPepper = AttackDescription(
    "salt-and-pepper", "Ever more pixels white or black at random: what an attack must beat.", source: "Foolbox",
    norms: [.l2], budget: .optional, asksForGradients: false, settings: [.steps, .seed]
  ) { SaltAndPepperNoise(epsilon: $0.radius, steps: $0[.steps, default: 1000], seed: $0.seed ?? 0) }

  static let contrast = AttackDescription(
    "contrast", "Contrast taken away until the network errs: what an attack must beat.", source: "Foolbox",
    norms: [.l2, .linf, .l1], budget: .none, asksForGradients: false, settings: [.steps]
  ) { ContrastReduction(norm: $0.norm, steps: $0[.steps, default: 1000]) }

  static let blur = AttackDescription(
    "blur", "A Gaussian blur that grows until the network errs: what an attack must beat.", source: "Foolbox",
    norms: [.l2, .linf, .l1], budget: .none, asksForGradients: false, settings: [.steps]
  ) { IncreasingBlur(norm: $0.norm, steps: $0[.steps, default: 1000]) }
}
