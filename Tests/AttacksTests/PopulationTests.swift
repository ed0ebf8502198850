import Attacks
import Testing

@Suite("N-attack")
struct PopulationTests {
  private func results(_ norm: Norm, epsilon: Float, steps: Int, samples: Int) throws -> [AttackResult] {
    let attack = NAttack(norm: norm, epsilon: epsilon, steps: steps, stepSize: 0.05, samples: samples, seed: 2)
    return try Swept.outcomes(Attacker([attack])).filter { $0.naturalClass == Swept.labels[$0.place] }
  }

  @Test(
    "asks about whole populations, until the first image that fools",
    arguments: [(.linf, 0.05), (.l2, 0.35)] as [(Norm, Float)])
  func questions(norm: Norm, epsilon: Float) throws {
    let results = try results(norm, epsilon: epsilon, steps: 7, samples: 9)
    for result in results {
      if result.distance > 0 {
        #expect(result.perturbedClass != result.naturalClass && (0..<7).contains(result.steps))
        #expect((result.steps * 9 + 1...result.steps * 9 + 9).contains(result.cost.forwards))
      } else {
        #expect((result.steps, result.cost) == (7, AttackCost(forwards: 63)))
      }
    }
    #expect(Set(results.map { $0.distance > 0 }).count == 2)
  }

  @Test(
    "learns: as many images of one population fool less often",
    arguments: [(.linf, 0.05), (.l2, 0.35)] as [(Norm, Float)])
  func learning(norm: Norm, epsilon: Float) throws {
    let counts = try [(1, 400), (20, 20)].map { steps, samples in
      try results(norm, epsilon: epsilon, steps: steps, samples: samples).count { $0.distance > 0 }
    }
    #expect(counts[0] < counts[1], "\(counts)")
  }
}
