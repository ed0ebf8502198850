import Attacks
import Foundation
import Networks
import Tensors
import TestSupport
import Testing

/// Runs of one attack by an independent implementation, of `fixtures/attacks/<name>.json`.
struct GoldenRun: Decodable, Sendable, CustomTestStringConvertible {
  let network, norm: String
  let epsilon: Float?
  let steps: Int?
  let objective, like: String?
  let threeRadii: Bool?
  let stepSize, decay, overshoot: Float?
  let seed: String?
  let target: Int?
  let targets: Int?
  let images, labels: [Int]
  let fooled: [Bool]?
  let distance: [Float]?
  let rank: Rank?
  let coordinates: Int?
  private let expected, last: [[Float]]?

  /// Of one aim, or of every image.
  enum Rank: Decodable, Sendable {
    case one(Int)
    case each([Int])
    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let one = try? container.decode(Int.self) {
        self = .one(one)
      } else {
        self = .each(try container.decode([Int].self))
      }
    }
  }

  var testDescription: String {
    "\(network) \(norm) \(epsilon ?? 0) \(steps ?? 0) steps \(objective ?? "")"
  }

  private struct File: Decodable { let cases: [GoldenRun] }

  static func read(_ name: String) -> [GoldenRun] {
    let file = try? JSONDecoder().decode(File.self, from: Fixture.data("attacks/\(name).json"))
    return file?.cases ?? []
  }

  var attackNorm: Norm { Norm(rawValue: norm) ?? .linf }
  var attackSeed: UInt64 { seed.flatMap(UInt64.init) ?? 0 }

  /// The images of the case, by their rows among the formula's.
  var pixels: Tensor {
    let all = Toy.images((images.max() ?? 0) + 1)
    return Tensor([images.count, 2, 5, 5], images.flatMap { all[rows: $0..<$0 + 1].values })
  }

  /// Compares the results of `attack` with the case's: 99 % of pixels within 1e-5, and the same images fooled.
  func check(_ attack: some Attack) throws {
    let kind = try #require(ToyNetwork.Kind(rawValue: network))
    let results = try Attacker(attack, model: ToyNetwork(kind), classifier: ToyNetwork(kind))
      .attack(pixels, labels: labels, images: images)
    #expect(results.failures.allSatisfy { $0 == nil })
    let expected = try #require(expected ?? last)
    for (row, result) in results.enumerated() {
      // What an attack that looks for a fooling image gives back without one is that image.
      if last != nil, fooled?[row] == false {
        #expect(result.perturbed == pixels[rows: row..<row + 1].values)
        continue
      }
      let differences = zip(result.perturbed, expected[row]).map { abs($0 - $1) }
      #expect(
        differences.count == 50 && differences.count { $0 > 1e-5 } == 0, "image \(row): \(differences.max() ?? 0)")
      let isFooled = target.map { result.perturbedClass == $0 } ?? (result.perturbedClass != labels[row])
      if let fooled { #expect(isFooled == fooled[row]) }
      if let distance, fooled?[row] != false { #expect(abs(result.distance - distance[row]) < 1e-4) }
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

  @Test("targeted Auto-PGD aims at one class after the other", arguments: GoldenRun.read("apgd-targeted"))
  func targetedAutoPGD(_ run: GoldenRun) throws {
    try run.check(
      AutoPGD(
        norm: run.attackNorm, epsilon: try #require(run.epsilon), steps: try #require(run.steps), targetCount: 9,
        usesLargerRadii: run.threeRadii ?? false, seed: run.attackSeed))
  }

  @Test(
    "DeepFool ends where Adversarial Library's does",
    arguments: GoldenRun.read("deepfool").filter { $0.like == "adv-lib" })
  func deepFool(_ run: GoldenRun) throws {
    try run.check(
      DeepFool(norm: run.attackNorm, steps: try #require(run.steps), overshoot: try #require(run.overshoot)))
  }

  @Test("the fixtures hold their cases")
  func fixtures() {
    #expect(GoldenRun.read("apgd").count == 8 && GoldenRun.read("apgd-l1").count == 4)
    #expect(GoldenRun.read("apgd-targeted").count == 4 && GoldenRun.read("deepfool").count == 15)
  }
}

extension GoldenAttackTests {
  @Test(
    "FAB finds the points AutoAttack's order of steps finds", arguments: GoldenRun.read("fab").filter { $0.rank == nil }
  )
  func fab(_ run: GoldenRun) throws { try run.check(FAB(norm: run.attackNorm, steps: try #require(run.steps))) }

  @Test(
    "targeted FAB aims at one class after the other until one is near enough", arguments: GoldenRun.read("fab-targeted")
  )
  func targetedFAB(_ run: GoldenRun) throws {
    try run.check(
      FAB(norm: run.attackNorm, epsilon: run.epsilon, steps: try #require(run.steps), targetCount: 9))
  }

  @Test(
    "the momentum method, BIM and PGD in the 1-norm step as advertorch's",
    arguments: GoldenRun.read("iterative").filter { $0.coordinates ?? 1 == 1 })
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

  @Test(
    "the probability margin attack goes as published",
    arguments: GoldenRun.read("pma").filter { $0.network != "small-cnn" && $0.objective == "probability-margin" })
  func probabilityMargin(_ run: GoldenRun) throws {
    try run.check(
      ProbabilityMarginAttack(
        epsilon: try #require(run.epsilon), steps: try #require(run.steps), seed: run.attackSeed))
  }
}
