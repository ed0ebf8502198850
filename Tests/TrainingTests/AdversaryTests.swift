import Attacks
import Datasets
import Failures
import Networks
import Programs
import Spatial
import Tensors
import Testing
import Training

@Suite("Other adversaries in training")
struct AdversaryTests {
  private func adversary(_ name: String, epsilon: Double = 0.1, steps: Int = 3) throws -> TrainingAttack {
    var request = AttackRequest()
    (request.epsilon, request.steps, request.stepSize) = (epsilon, name == "fgsm" ? 1 : steps, Float(epsilon / 2))
    return TrainingAttack(name, try AttackCatalogue.adversary(named: name).attack(request))
  }

  /// The batches that a run of two epochs steps on.
  private func batches(_ method: Training.Method) throws -> [Tensor] {
    let spy = SpyBackend(try TestBackend.all[0].make())
    _ = try run(recipe(method: method), digitsGraph(), digits(48), on: spy)
    return spy.steps.map { Tensor([16, 1, 8, 8], $0.pixels) }
  }

  @Test("Those of the catalogue that perturb within a budget by gradients can be; others are refused with the reason")
  func choice() {
    var (taken, reasons) = ([String](), [String: String]())
    for attack in AttackCatalogue.all {
      do {
        taken.append(try AttackCatalogue.adversary(named: attack.name).name)
      } catch {
        reasons[attack.name] = (error as? Failure)?.message ?? "\(error)"
      }
    }
    #expect(taken == ["pgd", "fgsm", "bim", "r-fgsm", "mi-fgsm", "ni-fgsm", "vmi-fgsm", "sparse-l1"])
    let advice = "; take pgd, fgsm, bim, r-fgsm, mi-fgsm, ni-fgsm, vmi-fgsm, sparse-l1"
    #expect(
      reasons["square"]
        == "square asks for no gradients, but for more passes than a step of training can wait for" + advice)
    for name in ["deepfool", "fab", "fab-t"] {
      #expect(
        reasons[name] == "\(name) looks for the nearest image, and training attacks within a budget" + advice)
    }
    for name in ["apgd-ce", "apgd-t", "pma", "autoattack", "ensemble"] {
      #expect(
        reasons[name]
          == "\(name) gives images that it cannot break back as they were, and training wants them attacked" + advice)
    }
    #expect(throws: Failure(.usage, "no attack `none`" + advice)) { try AttackCatalogue.adversary(named: "none") }
  }

  @Test("Batches stay in the ball around the natural ones, and use it", arguments: ["fgsm", "bim", "mi-fgsm"])
  func ball(name: String) throws {
    let adversary = try adversary(name)
    let bound = Bound(norm: .linf, epsilon: 0.1)
    for (clean, perturbed) in zip(try batches(.natural), try batches(.adversarial(adversary))) {
      let distances = bound.distances(of: perturbed, from: clean)
      #expect(distances.allSatisfy { $0 <= 0.1 && $0 > 0.09 })
      #expect(perturbed.values.allSatisfy { (0...1).contains($0) })
    }
  }

  @Test(
    "Batches larger than what is attacked at once hold what smaller ones do", arguments: [Mixture.composed, .maximum])
  func large(mixture: Mixture) throws {
    func pixels(batchSize: Int) throws -> [Float] {
      let spy = SpyBackend(try TestBackend.all[0].make())
      // No step changes the network.
      var recipe = recipe(method: .pgd(epsilon: 0.1), batchSize: batchSize, learningRate: 1e-30)
      recipe.stages[0].poses = PoseDistribution(rotation: 30)
      recipe.stages[0].mixture = mixture
      _ = try run(recipe, digitsGraph(), digits(150), on: spy)
      return spy.steps.flatMap(\.pixels)
    }
    // 150 are attacked in three parts, 75 in two.
    #expect(try pixels(batchSize: 150) == pixels(batchSize: 25))
    #expect(try pixels(batchSize: 75) == pixels(batchSize: 25))
  }

  @Test("PGD by name is PGD, and every other attack makes other batches")
  func names() throws {
    let descent = ProjectedGradientDescent(epsilon: 0.1, steps: 3, stepSize: 0.05)
    #expect(try Training.Method.adversarial(adversary("pgd")) == .pgd(descent))
    let all = try ["pgd", "fgsm", "bim", "mi-fgsm"].map { try batches(.adversarial(adversary($0))).map(\.values) }
    #expect(all[0] == (try batches(.pgd(descent)).map(\.values)))
    #expect(Set(all).count == 4)
  }

  @Test("The network at that step is attacked, as an attack by itself would", arguments: ["fgsm", "bim", "mi-fgsm"])
  func currentWeights(name: String) throws {
    let (graph, data, adversary) = (try digitsGraph(), try digits(32), try adversary(name))
    let spy = SpyBackend(try TestBackend.all[0].make())
    let trainer = try trainer(recipe(method: .adversarial(adversary), seed: 6), graph, data, on: spy)
    _ = try trainer.runEpoch()
    let state = try trainer.state()
    _ = try trainer.runEpoch()

    var generator = Generator(seed: 6, purpose: .shuffle, epoch: 1)
    let images = Array(generator.permutation(count: 32).prefix(16))
    var clean = Tensor([16, 1, 8, 8])
    data.writePixels(of: images, into: &clean)
    let model = try InputGradientProgram(
      graph, parameters: state.parameters, batchSize: 16, on: try TestBackend.all[0].make())
    var expected = clean
    try AttackScheduler(model: model, classifier: model).perturb(
      clean, by: adversary.attack, labels: images.map(data.label(of:)), images: images, epoch: 1, into: &expected)
    #expect(spy.steps[2].pixels == expected.values)
  }

  @Test("Weights are handed to the attack once a step, whatever shards it has, and parameters are copied by nobody")
  func handovers() throws {
    let attacked = Training.Method.adversarial(try adversary("fgsm"))
    let cases: [(Training.Method, shards: Int, handovers: Int)] = [
      (attacked, 1, 3), (attacked, 4, 3), (.natural, 1, 0),
    ]
    for (method, shards, handovers) in cases {
      let spy = SpyBackend(try TestBackend.all[0].make())
      var configuration = recipe(method: method)
      configuration.shardCount = shards
      let trainer = try trainer(configuration, digitsGraph(), digits(48), on: spy)
      _ = try trainer.runEpoch()
      #expect(spy.counts == (copies: 0, handovers: handovers), "\(method), \(shards) shards")
      #expect(spy.steps.count == 3 * shards)
    }
  }

  @Test("The best epoch is found by PGD within the budget, whatever the adversary")
  func validation() throws {
    func accuracies(_ method: Training.Method, seenBy other: Training.Method? = nil) throws -> [Double?] {
      var configuration = recipe(method: method)
      configuration.validation = Validation(metric: .robust, imageCount: 20)
      // A second stage that never comes says how robustness is measured.
      if let other { configuration.stages.append(Stage(start: 99, method: other)) }
      let backend = try TestBackend.all[0].make()
      return try run(configuration, digitsGraph(), digits(68), on: backend).epochs.map(\.validation)
    }
    let pgd = ProjectedGradientDescent(epsilon: 0.1, steps: 10, stepSize: 0.025)
    for name in ["fgsm", "mi-fgsm"] {
      let method = Training.Method.adversarial(try adversary(name))
      #expect(try accuracies(method) == accuracies(method, seenBy: .pgd(pgd)))
    }
  }
}
