import Attacks
import Failures
import Tensors
import TestSupport
import Testing

/// Projected gradient descent with the faults of a paper's code.
@Suite("PGD on normalised pixels")
struct NormalisedDescentTests {
  private static func descent(epsilon: Float = 8.0 / 255, steps: Int = 10) -> ProjectedGradientDescent {
    ProjectedGradientDescent(epsilon: epsilon, steps: steps, stepSize: 2.0 / 255, seed: 3)
  }

  private static func attack(
    _ descent: ProjectedGradientDescent, mean: Float, deviation: Float, _ script: NormalisedDescent.Script = .standard
  ) -> NormalisedDescent {
    NormalisedDescent(descent, mean: [mean, mean], deviation: [deviation, deviation], script: script)
  }

  private func results(_ attack: any Attack, labels: [Int] = Toy.labels(20)) throws -> [AttackResult] {
    try Attacker(attack).attack(Toy.images(20), labels: labels, images: Array(0..<20))
  }

  @Test("ends where the scripts of the paper's code end", arguments: GoldenRun.read("normalised"))
  func golden(_ run: GoldenRun) throws {
    let descent = ProjectedGradientDescent(
      epsilon: try #require(run.epsilon), steps: try #require(run.steps), stepSize: try #require(run.stepSize),
      seed: run.attackSeed)
    try run.check(
      NormalisedDescent(
        descent, mean: try #require(run.mean), deviation: try #require(run.deviation),
        script: run.script == "standard" ? .standard : .equivariant))
  }

  @Test("leaves the ball of every budget, but not where it clips to")
  func clipping() throws {
    let attack = Self.attack(Self.descent(), mean: 0.5, deviation: 0.25)
    #expect(attack.range(channel: 1) == 0.25...0.75 && attack.budget == nil)
    let found = try results(attack)
    for result in found {
      #expect(result.failure == nil && result.steps == 10 && result.cost == AttackCost(forwards: 11, backwards: 10))
      #expect(result.perturbed.allSatisfy { (0.25...0.75).contains($0) } && result.distance > 0.1)
    }
    // Clipping alone does most of it.
    let clipped = try results(Self.attack(Self.descent(epsilon: 0), mean: 0.5, deviation: 0.25))
    for (result, alone) in zip(found, clipped) {
      let moved = zip(result.perturbed, alone.perturbed).map { abs($0 - $1) }
      #expect(moved.allSatisfy { $0 <= 0.25 * 8 / 255 + 1e-6 } && moved.contains { $0 > 0.001 })
    }
  }

  @Test("is plain PGD where pixels are not normalised, since -1...1 has no say there")
  func plain() throws {
    let (attack, plain) = (Self.attack(Self.descent(), mean: 0, deviation: 1), Self.descent())
    #expect(attack.range(channel: 0) == 0...1 && attack.parameters == plain.parameters)
    // The last rounding, which leads into the ball, aside.
    for (own, other) in zip(try results(attack), try results(plain)) {
      #expect(zip(own.perturbed, other.perturbed).allSatisfy { abs($0 - $1) < 1e-6 } && own.distance > 0.02)
    }
  }

  @Test("climbs from the labels that the network predicts, as the script for GCNN, whatever is true")
  func labels() throws {
    let others = Toy.labels(20).map { ($0 + 1) % 5 }
    func both(_ script: NormalisedDescent.Script) throws -> Bool {
      let attack = Self.attack(Self.descent(), mean: 0.5, deviation: 0.5, script)
      return try results(attack).map(\.perturbed) == results(attack, labels: others).map(\.perturbed)
    }
    #expect(try both(.equivariant) && !both(.standard))
  }

  @Test("fails where a gradient is none, and refuses what plain PGD refuses")
  func failures() throws {
    let network = ToyNetwork()
    network.breaksAbove = -1
    let attack = Self.attack(Self.descent(), mean: 0.5, deviation: 0.5)
    let found = try Attacker(attack, model: network).attack(Toy.images(4), labels: Toy.labels(4), images: [0, 1, 2, 3])
    #expect(found.failures == Array(repeating: .gradient, count: 4) && found.perturbed == Toy.images(4))
    #expect(throws: Failure.self) {
      try Self.attack(Self.descent(epsilon: 2), mean: 0.5, deviation: 0.5).validate(classCount: 5)
    }
  }
}
