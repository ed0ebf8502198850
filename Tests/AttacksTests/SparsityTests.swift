import Attacks
import Failures
import Networks
import Tensors
import Testing

/// The count of changed values as a measure, and the attacks that have it.
@Suite("How many pixel values change")
struct SparsityTests {
  private let clean = Tensor([3, 1, 2, 2], [0, 0.5, 1, 0.25, 0, 0.5, 1, 0.25, 0, 0.5, 1, 0.25])

  @Test("is counted whatever the change, and is no number where a pixel is none")
  func distance() {
    let changed = Tensor([3, 1, 2, 2], [0, 0.5, 1, 0.25, 1, 0.5, 0, 0.25, 1e-30, .nan, 1, 0.25])
    let distances = Bound(norm: .l0, epsilon: 2).distances(of: changed, from: clean)
    #expect(distances[0] == 0 && distances[1] == 2 && distances[2].isNaN)
    #expect(Bound(norm: .l0, epsilon: 2).check(changed, against: clean) == [true, true, false])
    #expect(Bound(norm: .l0, epsilon: 1).check(changed, against: clean) == [true, false, false])
  }

  @Test("has whole budgets", arguments: [0.5, -1, .infinity, .nan] as [Float])
  func budgets(epsilon: Float) {
    #expect(throws: Failure.self) { try FastMinimumNorm(norm: .l0, epsilon: epsilon).validate(classCount: 5) }
    #expect(throws: Failure.self) { try SigmaZero(epsilon: epsilon).validate(classCount: 5) }
  }

  @Test("is what sparse attacks keep small: never more than the first success, and of most images a few")
  func sparse() throws {
    for name in ["fmn", "sigma-zero", "sparsefool", "jsma", "single-pixel", "local-search"] {
      var request = AttackRequest()
      (request.norm, request.seed) = (.l0, 4)
      if ["fmn", "sigma-zero"].contains(name) { request.steps = 100 }
      let attack = try #require(AttackCatalogue[name]).attack(request)
      let results = try Swept.outcomes(Attacker([attack]))
      let found = results.filter { $0.distance > 0 }
      #expect(!found.isEmpty, "\(name)")
      for result in found {
        let image = Swept.images[rows: result.place..<result.place + 1].values
        #expect(Int(result.distance) == zip(result.perturbed, image).count { $0 != $1 })
        #expect(result.perturbedClass != Swept.labels[result.place])
      }
      if name == "single-pixel" { #expect(found.allSatisfy { $0.distance <= 2 }) }
    }
  }

  @Test("is refused by attacks that measure how far values move")
  func others() throws {
    for name in ["pgd", "apgd-ce", "fab", "square", "deepfool", "ddn", "cw", "ead", "pdpgd", "noise", "hop-skip-jump"] {
      var request = AttackRequest()
      (request.norm, request.epsilon) = (.l0, 3)
      #expect(throws: Failure.self, "\(name)") { try #require(AttackCatalogue[name]).attack(request) }
    }
  }
}

@Suite("Settings of attacks that mean nothing")
struct IdleAttackTests {
  private static let refused: [any Attack] = [
    MomentumDescent(epsilon: 0.1, steps: 3, stepSize: 0.1, kernel: 4),
    MomentumDescent(epsilon: 0.1, steps: 3, stepSize: 0.1, kernel: 0),
    MomentumDescent(epsilon: 0.1, steps: 3, stepSize: 0.1, kernel: 101),
    MomentumDescent(epsilon: 0.1, steps: 3, stepSize: 0.1, variant: .varianceTuned(neighbours: 0)),
    SparseDescent(epsilon: 1, steps: 3, stepSize: 0.1, quantile: 1.5),
    SparseDescent(epsilon: 1, steps: 0, stepSize: 0.1), SparseDescent(epsilon: 1, steps: 3, stepSize: 0),
    MomentumDescent(epsilon: 0.1, steps: 3, stepSize: 0.1, diversity: 1.5),
    MomentumDescent(epsilon: 0.1, steps: 3, stepSize: 0.1, diversity: -0.5),
    CarliniWagnerLinf(searches: 0), CarliniWagnerLinf(epsilon: 2), CarliniWagnerLinf(learningRate: -1),
    MinimalAutoPGD(searches: 0), MinimalAutoPGD(norm: .l0), MinimalAutoPGD(restarts: 0), MinimalAutoPGD(epsilon: -1),
    SparseFool(steps: 0), SparseFool(overshoot: -0.1), SparseFool(overshoot: .infinity), SparseFool(epsilon: 0.5),
    CarliniWagner(searches: 0), CarliniWagner(confidence: -1), CarliniWagner(learningRate: 0),
    CarliniWagner(steps: 0), CarliniWagner(target: 5), ElasticNet(searches: 0), ElasticNet(learningRate: .nan),
    DecoupledDirectionNorm(epsilon: -1), DecoupledDirectionNorm(steps: 0), PrimalDualDescent(norm: .l0),
    EstimatedGradient(.spsa, epsilon: 0.1, steps: 3, samples: 0),
    EstimatedGradient(.nes, epsilon: 0.1, steps: 3, stepSize: 0, samples: 3),
    EstimatedGradient(.nes, epsilon: 2, steps: 3, samples: 3), SinglePixel(queries: 0), LocalSearch(steps: 0),
    AdditiveNoise(epsilon: 0.1, restarts: 0), SaltAndPepperNoise(steps: 0), SaltAndPepperNoise(epsilon: .nan),
    ContrastReduction(steps: 0), IncreasingBlur(steps: -1), HopSkipJump(samples: 0), HopSkipJump(steps: -1),
    NAttack(epsilon: 0.1, samples: 1), NAttack(epsilon: 0.1, steps: 0), NAttack(epsilon: 0.1, stepSize: .infinity),
    BoundaryAttack(steps: 0), BoundaryAttack(epsilon: -1),
    ProjectedGradientDescent(norm: .l2, epsilon: 1, steps: 3, stepSize: 0.1, start: .signs),
  ]

  @Test("are refused, each by its own name", arguments: refused.indices)
  func refusals(index: Int) {
    let failure = #expect(throws: Failure.self) { try Self.refused[index].validate(classCount: 5) }
    #expect(failure?.kind == .usage && failure?.message.isEmpty == false)
  }
}

@Suite("What is asked of an attack")
struct RequestTests {
  @Test("is kept by setting, and forgotten where it is set to nothing")
  func values() {
    var request = AttackRequest()
    (request.steps, request.stepSize, request.seed, request.members) = (7, 0.5, .max, ["pgd"])
    (request.restarts, request.target, request.decay, request.targets, request.queries) = (2, 3, 0.25, 4, 5)
    #expect((request.steps, request.stepSize, request.seed, request.members) == (7, 0.5, .max, ["pgd"]))
    #expect((request.restarts, request.target, request.decay, request.targets) == (2, 3, 0.25, 4))
    #expect(request.queries == 5 && request.values.count == 9)
    (request.steps, request.stepSize, request.seed, request.members) = (nil, nil, nil, [])
    (request.restarts, request.target, request.decay, request.targets, request.queries) = (nil, nil, nil, nil, nil)
    #expect(request.values.isEmpty)
  }

  @Test("of another kind than the setting's counts as open")
  func kinds() throws {
    var request = AttackRequest()
    request.values = [.steps: .number(7), .decay: .integer(2), .start: .text("nowhere"), .seed: .text("-1")]
    #expect(request.steps == nil && request.decay == nil && request.seed == nil)
    request.epsilon = 0.1
    let attack = try #require(AttackCatalogue["pgd"]?.attack(request) as? ProjectedGradientDescent)
    #expect((attack.steps, attack.start, attack.seed) == (40, .random, 0))
  }
}
