import Attacks
import Networks
import Programs
import Tensors
import TestSupport
import Testing

/// Attacks whose steps are deterministic, on a convolutional network computed by engines.
@Suite("Attacks on small-cnn against an independent implementation")
struct GoldenAttackTests {
  private func check(_ run: GoldenRun, _ attack: any Attack) throws {
    for backend in TestBackends.all { try check(run, attack, on: backend) }
  }

  /// Compares the results of `attack` with the case's: 99 % of the pixels within 1e-5, and the same images fooled.
  private func check(_ run: GoldenRun, _ attack: any Attack, on backend: TestBackend) throws {
    let subject = try Subject(run.network)
    let (graph, size) = (subject.graph, subject.graph.imageShape.count)
    let engines = try backend.make(2)
    let scheduler = try AttackScheduler(
      model: InputGradientProgram(graph, parameters: subject.parameters, batchSize: 2, on: engines),
      classifier: InferenceProgram(graph, parameters: subject.parameters, batchSize: 2, on: engines))
    let pixels = run.pixels(shape: graph.imageShape.sizes)
    var results: [AttackResult] = []
    try scheduler.run(
      AttackSequence([attack]), on: run.images, labels: run.labels,
      pixels: { _ = $1.update(fromContentsOf: pixels[$0 * size..<($0 + 1) * size]) }, finish: { results.append($0) })
    #expect(results.count == run.results.count && run.results.count > 0)
    for result in results {
      let expected = try #require(run.results[result.place])
      let near = zip(result.perturbed, expected).count { abs($0 - $1) <= 1e-5 }
      #expect(
        expected.count == size && 100 * near >= 99 * size, "\(backend.name), image \(result.place): \(near) of \(size)")
      #expect(result.failure == nil)
      #expect((result.perturbedClass != run.labels[result.place]) == run.fooled?[result.place])
    }
  }

  @Test("Auto-PGD", arguments: GoldenRun.read("apgd-small-cnn"))
  func autoPGD(_ run: GoldenRun) throws {
    try check(
      run,
      AutoPGD(
        norm: run.attackNorm, epsilon: #require(run.epsilon), steps: #require(run.steps),
        loss: #require(run.objective.flatMap(AutoPGD.Loss.init)), seed: run.attackSeed))
  }

  @Test("FAB, towards any class and towards one after the other", arguments: GoldenRun.read("fab-small-cnn"))
  func fab(_ run: GoldenRun) throws {
    try check(run, FAB(norm: run.attackNorm, steps: #require(run.steps), targetCount: #require(run.targets)))
  }

  @Test("DeepFool", arguments: GoldenRun.read("deepfool-small-cnn"))
  func deepFool(_ run: GoldenRun) throws {
    try check(
      run, DeepFool(norm: run.attackNorm, steps: #require(run.steps), overshoot: #require(run.overshoot)))
  }

  @Test("the momentum method, and PGD in the 1-norm", arguments: GoldenRun.read("iterative-small-cnn"))
  func iterative(_ run: GoldenRun) throws {
    let (epsilon, steps, size) = (try #require(run.epsilon), try #require(run.steps), try #require(run.stepSize))
    if let decay = run.decay {
      try check(
        run, MomentumDescent(norm: run.attackNorm, epsilon: epsilon, steps: steps, stepSize: size, decay: decay))
    } else {
      try check(
        run,
        ProjectedGradientDescent(norm: run.attackNorm, epsilon: epsilon, steps: steps, stepSize: size, start: .clean))
    }
  }

  @Test("the probability margin attack", arguments: GoldenRun.read("pma-small-cnn"))
  func probabilityMargin(_ run: GoldenRun) throws {
    try check(
      run, ProbabilityMarginAttack(epsilon: #require(run.epsilon), steps: #require(run.steps), seed: run.attackSeed))
  }

  @Test(
    "those that look for the nearest image",
    arguments: GoldenRun.read("nearest-small-cnn") + GoldenRun.read("cw-linf-small-cnn"))
  func nearest(_ run: GoldenRun) throws { try check(run, run.attackByName()) }

  @Test("the momentum method at images made smaller", arguments: GoldenRun.read("variants-small-cnn"))
  func variants(_ run: GoldenRun) throws { try check(run, run.attackByName()) }

  @Test("PGD on normalised pixels", arguments: GoldenRun.read("normalised-small-cnn"))
  func normalised(_ run: GoldenRun) throws {
    try check(
      run,
      NormalisedDescent(
        ProjectedGradientDescent(
          epsilon: #require(run.epsilon), steps: #require(run.steps), stepSize: #require(run.stepSize),
          seed: run.attackSeed),
        mean: #require(run.mean), deviation: #require(run.deviation),
        script: run.script == "standard" ? .standard : .equivariant))
  }

  @Test("PGD in the 2-norm and the 1-norm whose range comes last", arguments: GoldenRun.read("projection-small-cnn"))
  func projection(_ run: GoldenRun) throws {
    try check(
      run,
      ProjectedGradientDescent(
        norm: run.attackNorm, epsilon: #require(run.epsilon), steps: #require(run.steps),
        stepSize: #require(run.stepSize), start: #require(run.start.flatMap(Start.init)), seed: run.attackSeed,
        projection: #require(run.projection.flatMap(Projection.init)),
        direction: #require(run.direction.flatMap(StepDirection.init))))
  }

  @Test("the fixtures hold their cases")
  func fixtures() {
    let names = [
      "apgd", "fab", "deepfool", "iterative", "pma", "nearest", "cw-linf", "variants", "normalised", "projection",
    ]
    #expect(names.map { GoldenRun.read("\($0)-small-cnn").count } == [3, 6, 2, 3, 1, 6, 1, 2, 2, 4])
  }
}

extension GoldenRun {
  fileprivate var attackNorm: Norm { Norm(rawValue: norm) ?? .linf }

  /// The attack of the catalogue that the case describes.
  fileprivate func attackByName() throws -> any Attack {
    var request = AttackRequest()
    (request.norm, request.epsilon, request.seed) = (attackNorm, epsilon.map(Double.init), attackSeed)
    for (name, value) in settings ?? [:] {
      let setting = try #require(AttackSetting(rawValue: name))
      request.values[setting] = setting.kind == .integer ? .integer(Int(value)) : .number(Float(value))
    }
    return try #require(attack.flatMap { AttackCatalogue[$0] }).attack(request)
  }
}
