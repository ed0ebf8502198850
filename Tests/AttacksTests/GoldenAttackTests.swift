import Attacks
import Foundation
import Networks
import Tensors
import TestSupport
import Testing

extension GoldenRun {
  var attackNorm: Norm { Norm(rawValue: norm) ?? .linf }

  /// The images of the case, by their rows among the formula's.
  var pixels: Tensor { Tensor([images.count, 2, 5, 5], pixels(shape: [2, 5, 5])) }

  /// Compares the results of `attack` with the case's: all pixels within 1e-5, the same images fooled, in as many steps.
  func check(_ attack: any Attack) throws {
    let kind = try #require(ToyNetwork.Kind(rawValue: network))
    let found = try Attacker(attack, model: ToyNetwork(kind), classifier: ToyNetwork(kind))
      .attack(pixels, labels: labels, images: images)
    #expect(found.failures.allSatisfy { $0 == nil } && results.count == found.count)
    for (row, (result, expected)) in zip(found, results).enumerated() {
      let expected = expected ?? pixels[rows: row..<row + 1].values
      let difference = zip(result.perturbed, expected).map { abs($0 - $1) }.max() ?? .nan
      #expect(result.perturbed.count == 50 && expected.count == 50 && difference < 1e-5, "image \(row): \(difference)")
      let isFooled = target.map { result.perturbedClass == $0 } ?? (result.perturbedClass != labels[row])
      if let fooled { #expect(isFooled == fooled[row]) }
      if let distance { #expect(abs(result.distance - distance[row]) < 1e-4) }
      if let stepsTaken, let steps { #expect(result.steps == (passes?[row] ?? 0) * steps + stepsTaken[row]) }
    }
  }
}

@Suite("Attacks against an independent implementation")
struct GoldenAttackTests {
  @Test(
    "Auto-PGD ends where AutoAttack's order of steps ends",
    arguments: GoldenRun.read("apgd") + GoldenRun.read("apgd-l1"))
  func autoPGD(_ run: GoldenRun) throws {
    let attack = AutoPGD(
      norm: run.attackNorm, epsilon: try #require(run.epsilon), steps: try #require(run.steps),
      loss: try #require(run.objective.flatMap(AutoPGD.Loss.init)), usesLargerRadii: run.threeRadii ?? false,
      seed: run.attackSeed)
    try run.check(attack)
  }

  @Test(
    "targeted Auto-PGD aims at one class after the other, until one run fools",
    arguments: GoldenRun.read("apgd-targeted"))
  func targetedAutoPGD(_ run: GoldenRun) throws {
    try run.check(
      AutoPGD(
        norm: run.attackNorm, epsilon: try #require(run.epsilon), steps: try #require(run.steps), targetCount: 9,
        usesLargerRadii: run.threeRadii ?? false, seed: run.attackSeed))
  }

  @Test("DeepFool ends where Adversarial Library's does", arguments: GoldenRun.read("deepfool"))
  func deepFool(_ run: GoldenRun) throws {
    try run.check(
      DeepFool(norm: run.attackNorm, steps: try #require(run.steps), overshoot: try #require(run.overshoot)))
  }

  @Test("the fixtures hold their cases")
  func fixtures() {
    #expect(GoldenRun.read("apgd").count == 8 && GoldenRun.read("apgd-l1").count == 4)
    #expect(GoldenRun.read("apgd-targeted").count == 4 && GoldenRun.read("deepfool").count == 7)
    #expect(GoldenRun.read("fab").count == 15 && GoldenRun.read("fab-targeted").count == 3)
    #expect(GoldenRun.read("iterative").count == 12 && GoldenRun.read("pma").count == 5)
    #expect(GoldenRun.read("nearest").count == 23 && GoldenRun.read("variants").count == 14)
    #expect(GoldenRun.read("search").count == 11 && GoldenRun.read("contrast").count == 3)
    #expect(GoldenRun.read("cw-linf").count == 5 && GoldenRun.read("minimal-apgd").count == 4)
    #expect(GoldenRun.read("sparsefool").count == 4 && GoldenRun.read("targeted").count == 5)
    #expect(GoldenRun.read("baselines").count == 5 && GoldenRun.read("population").count == 3)
    #expect(GoldenRun.read("boundary").count == 3 && GoldenRun.read("normalised").count == 7)
    #expect(GoldenRun.read("projection").count == 15)
  }
}

extension GoldenAttackTests {
  @Test("FAB finds the points AutoAttack's order of steps finds", arguments: GoldenRun.read("fab"))
  func fab(_ run: GoldenRun) throws {
    try run.check(
      FAB(norm: run.attackNorm, steps: try #require(run.steps), targetCount: try #require(run.targets)))
  }

  @Test(
    "targeted FAB aims at one class after the other until one is near enough", arguments: GoldenRun.read("fab-targeted")
  )
  func targetedFAB(_ run: GoldenRun) throws {
    try run.check(
      FAB(norm: run.attackNorm, epsilon: run.epsilon, steps: try #require(run.steps), targetCount: 9))
  }

  @Test("the momentum method, BIM and PGD in the 1-norm step as advertorch's", arguments: GoldenRun.read("iterative"))
  func iterative(_ run: GoldenRun) throws {
    let (epsilon, steps, size) = (try #require(run.epsilon), try #require(run.steps), try #require(run.stepSize))
    if let decay = run.decay {
      try run.check(
        MomentumDescent(
          norm: run.attackNorm, epsilon: epsilon, steps: steps, stepSize: size, decay: decay, target: run.target))
    } else {
      try run.check(
        ProjectedGradientDescent(
          norm: run.attackNorm, epsilon: epsilon, steps: steps, stepSize: size, start: .clean, target: run.target))
    }
  }

  @Test("the probability margin attack goes as published", arguments: GoldenRun.read("pma"))
  func probabilityMargin(_ run: GoldenRun) throws {
    try run.check(
      ProbabilityMarginAttack(
        epsilon: try #require(run.epsilon), steps: try #require(run.steps), seed: run.attackSeed))
  }

  @Test(
    "attacks end where public code's order of steps ends",
    arguments: GoldenRun.read("nearest") + GoldenRun.read("variants") + GoldenRun.read("search")
      + GoldenRun.read("contrast") + GoldenRun.read("cw-linf") + GoldenRun.read("minimal-apgd")
      + GoldenRun.read("sparsefool") + GoldenRun.read("targeted") + GoldenRun.read("baselines")
      + GoldenRun.read("population") + GoldenRun.read("boundary"))
  func named(_ run: GoldenRun) throws { try run.check(run.attackByName()) }
}

extension GoldenRun {
  /// The attack of the catalogue that the case describes.
  func attackByName() throws -> any Attack {
    var request = AttackRequest()
    (request.norm, request.epsilon, request.seed) = (attackNorm, epsilon.map(Double.init), attackSeed)
    for (name, value) in settings ?? [:] {
      let setting = try #require(AttackSetting(rawValue: name))
      request.values[setting] = setting.kind == .integer ? .integer(Int(value)) : .number(Float(value))
    }
    return try #require(attack.flatMap { AttackCatalogue[$0] }).attack(request)
  }
}
