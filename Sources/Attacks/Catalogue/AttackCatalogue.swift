import Failures

/// All attacks by name: the one place that lists them.
public enum AttackCatalogue {
  /// The attacks, in the order of lists.
  public static let all: [AttackDescription] =
    [
      pgd, fastGradientSign, basicIterative, randomStep, momentum, nesterov, varianceTuned, sparseDescent, autoPGD,
      autoPGDOnRatio, targetedAutoPGD, fab, targetedFAB, probabilityMargin,
    ] + nearest + quasiNewton + search + [autoAttack, fastEvaluation, ensemble]

  /// The attack called `name`.
  public static subscript(name: String) -> AttackDescription? { all.first { $0.name == name } }

  // MARK: - Steps of one size

  /// Projected gradient descent.
  public static let pgd = AttackDescription(
    "pgd", "Projected gradient descent, the default.", source: "Madry et al. 2018; advertorch", perturbsAlways: true,
    settings: [.steps, .stepSize, .start, .restarts, .loss, .seed, .target, .projection, .direction]
  ) { request in
    let steps = request.customarySteps
    return ProjectedGradientDescent(
      norm: request.norm, epsilon: try request.requiredEpsilon(), steps: steps, stepSize: stepSize(request, steps),
      start: request[.start, default: .random], restarts: request.restarts ?? 1,
      loss: request[.loss, default: .crossEntropy],
      target: request.target, seed: request.seed ?? 0, projection: request[.projection, default: .ballLast],
      direction: request[.direction, default: .steepest])
  }

  /// The fast gradient sign method.
  public static let fastGradientSign = AttackDescription(
    "fgsm", "The fast gradient sign method: one step from the clean image.",
    source: "Goodfellow et al. 2015; advertorch", perturbsAlways: true,
    settings: [.steps, .stepSize, .start, .restarts, .loss, .seed, .target, .projection, .direction]
  ) { request in
    var attack = ProjectedGradientDescent.fastGradientSign(
      norm: request.norm, epsilon: try request.requiredEpsilon())
    (attack.restarts, attack.loss) = (request.restarts ?? 1, request[.loss, default: .crossEntropy])
    (attack.target, attack.seed) = (request.target, request.seed ?? 0)
    attack.projection = request[.projection, default: .ballLast]
    attack.direction = request[.direction, default: .steepest]
    return attack
  }

  static let basicIterative = AttackDescription(
    "bim", "The basic iterative method: PGD from the clean image.", source: "Kurakin et al. 2017; advertorch",
    perturbsAlways: true, settings: [.steps, .stepSize, .target, .projection, .direction]
  ) { request in
    let steps = request.customarySteps
    return ProjectedGradientDescent(
      norm: request.norm, epsilon: try request.requiredEpsilon(), steps: steps, stepSize: stepSize(request, steps),
      start: .clean, target: request.target, projection: request[.projection, default: .ballLast],
      direction: request[.direction, default: .steepest])
  }

  static let randomStep = AttackDescription(
    "r-fgsm", "PGD that begins with a step in random directions.", source: "Tramèr et al. 2018; torchattacks",
    norms: [.linf], perturbsAlways: true, settings: [.steps, .stepSize, .seed, .target]
  ) { request in
    let steps = request.customarySteps
    return ProjectedGradientDescent(
      epsilon: try request.requiredEpsilon(), steps: steps, stepSize: stepSize(request, steps), start: .signs,
      target: request.target, seed: request.seed ?? 0)
  }

  static let momentum = AttackDescription(
    "mi-fgsm", "The momentum iterative method.", source: "Dong et al. 2018; advertorch", norms: [.linf, .l2],
    perturbsAlways: true, settings: [.steps, .stepSize, .decay, .kernel, .diversity, .seed, .target]
  ) { try momentum($0, .plain) }

  static let nesterov = AttackDescription(
    "ni-fgsm", "The momentum method with gradients where the momentum leads.", source: "Lin et al. 2020; torchattacks",
    norms: [.linf], perturbsAlways: true,
    settings: [.steps, .stepSize, .decay, .kernel, .diversity, .seed, .target]
  ) { try momentum($0, .nesterov) }

  static let varianceTuned = AttackDescription(
    "vmi-fgsm", "The momentum method with the gradients of neighbours.", source: "Wang and He 2021; torchattacks",
    norms: [.linf], perturbsAlways: true,
    settings: [.steps, .stepSize, .decay, .kernel, .diversity, .samples, .seed, .target]
  ) { try momentum($0, .varianceTuned(neighbours: $0[.samples, default: 5])) }

  private static func momentum(
    _ request: AttackRequest, _ variant: MomentumDescent.Variant
  ) throws -> MomentumDescent {
    let steps = request.customarySteps
    return MomentumDescent(
      norm: request.norm, epsilon: try request.requiredEpsilon(), steps: steps, stepSize: stepSize(request, steps),
      decay: request.decay ?? 1, target: request.target, variant: variant, kernel: request[.kernel, default: 1],
      diversity: request[.diversity, default: 0], seed: request.seed ?? 0)
  }

  static let sparseDescent = AttackDescription(
    "sparse-l1", "Steps along the steepest slopes alone, under l1.", source: "Tramèr and Boneh 2019; Foolbox",
    norms: [.l1], perturbsAlways: true, settings: [.steps, .stepSize, .quantile, .target]
  ) { request in
    let epsilon = try request.requiredEpsilon()
    return SparseDescent(
      epsilon: epsilon, steps: request.steps ?? 10, stepSize: request.stepSize ?? 0.2 * epsilon,
      quantile: request[.quantile, default: 0.99], target: request.target)
  }

  private static func stepSize(_ request: AttackRequest, _ steps: Int) -> Float {
    request.stepSize
      ?? ProjectedGradientDescent.customaryStepSize(
        norm: request.norm, epsilon: request.epsilon ?? 0, steps: steps, channels: request.channels)
  }

  // MARK: - Steps that adapt

  static let autoPGD = AttackDescription(
    "apgd-ce", "Auto-PGD on the cross-entropy: finds its step size itself.",
    source: "Croce and Hein 2020, 2021; AutoAttack", settings: [.steps, .restarts, .seed]
  ) { try autoPGD($0, .crossEntropy) }

  static let autoPGDOnRatio = AttackDescription(
    "apgd-dlr", "Auto-PGD on the difference of logits ratio.", source: "Croce and Hein 2020; AutoAttack",
    settings: [.steps, .restarts, .seed]
  ) { try autoPGD($0, .logitRatio) }

  static let targetedAutoPGD = AttackDescription(
    "apgd-t", "Auto-PGD towards one class after the other.", source: "Croce and Hein 2020; AutoAttack",
    settings: [.steps, .restarts, .targets, .seed]
  ) { try autoPGD($0, .logitRatio, targetCount: $0.targets ?? ($0.norm == .l1 ? 5 : 9)) }

  private static func autoPGD(
    _ request: AttackRequest, _ loss: AutoPGD.Loss, targetCount: Int = 0
  ) throws -> AutoPGD {
    AutoPGD(
      norm: request.norm, epsilon: try request.requiredEpsilon(), steps: request.steps ?? 100, loss: loss,
      targetCount: targetCount, restarts: request.restarts ?? 1, usesLargerRadii: request.norm == .l1,
      seed: request.seed ?? 0)
  }

  static let probabilityMargin = AttackDescription(
    "pma", "The probability margin attack: two passes with falling steps.", source: "arXiv 2411.15210; taiadv",
    norms: [.linf], settings: [.steps, .restarts, .seed]
  ) {
    ProbabilityMarginAttack(
      epsilon: try $0.requiredEpsilon(), steps: $0.steps ?? 100, restarts: $0.restarts ?? 1, seed: $0.seed ?? 0)
  }

  // MARK: - Near images

  static let fab = AttackDescription(
    "fab", "The fast adaptive boundary attack: the nearest image that fools.",
    source: "Croce and Hein 2020; AutoAttack",
    budget: .optional, settings: [.steps, .restarts, .seed]
  ) {
    FAB(
      norm: $0.norm, epsilon: $0.epsilon.map { Float($0) }, steps: $0.steps ?? 100, restarts: $0.restarts ?? 1,
      seed: $0.seed ?? 0)
  }

  static let targetedFAB = AttackDescription(
    "fab-t", "FAB towards one class after the other.", source: "Croce and Hein 2020; AutoAttack", budget: .optional,
    settings: [.steps, .restarts, .targets, .seed]
  ) {
    FAB(
      norm: $0.norm, epsilon: $0.epsilon.map { Float($0) }, steps: $0.steps ?? 100, targetCount: $0.targets ?? 9,
      restarts: $0.restarts ?? 1, seed: $0.seed ?? 0)
  }

  // MARK: - Several

  /// AutoAttack, standard.
  public static let autoAttack = AttackDescription(
    "autoattack", "AutoAttack, standard: apgd-ce, apgd-t, fab-t and square, each on what survived.",
    source: "Croce and Hein 2020, 2021", settings: [.seed]
  ) { try Cascade.autoAttack($0.bound(), seed: $0.seed ?? 0) }

  static let fastEvaluation = AttackDescription(
    "evaluate-fast", "A fast ensemble: pma, apgd-ce and apgd-t, each on what survived.", source: "arXiv 2411.15210",
    settings: [.seed]
  ) { try Cascade.fastEvaluation($0.bound(), seed: $0.seed ?? 0) }

  private static func member(_ name: String, _ attack: some Attack) -> Cascade.Member { .init(name, attack) }

  /// Attacks of one's own choice.
  public static let ensemble = AttackDescription(
    "ensemble", "Attacks of one's own choice, each on what survived.", source: "-", settings: [.members, .seed]
  ) { request in
    let members = try request.members.map { name in
      guard let description = AttackCatalogue[name], !["autoattack", "evaluate-fast", "ensemble"].contains(name) else {
        throw Failure(.usage, "ensemble: no attack \(name); see the list of attacks")
      }
      var own = request
      own.members = []
      return member(name, try description.attack(own))
    }
    return Cascade(members, within: try request.bound(), seed: request.seed ?? 0)
  }
}
