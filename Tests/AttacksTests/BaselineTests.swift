import Attacks
import Failures
import Tensors
import Testing

/// What any attack must beat: noise and blur.
@Suite("Attacks that look at nothing but whether the network errs")
struct BaselineTests {
  private func results(_ attack: any Attack) throws -> [AttackResult] { try Swept.outcomes(Attacker([attack])) }

  private func image(_ result: AttackResult) -> [Float] {
    Swept.images[rows: result.place..<result.place + 1].values
  }

  @Test("salt and pepper makes pixels white or black in both channels, fewer with more draws")
  func saltAndPepper() throws {
    let runs = try [40, 400].map { try results(SaltAndPepperNoise(steps: $0, seed: 6)) }
    for result in runs.joined() where result.distance > 0 {
      let clean = image(result)
      #expect(result.perturbedClass != Swept.labels[result.place] && result.cost.backwards == 0)
      for pixel in 0..<25 where result.perturbed[pixel] != clean[pixel] {
        let value = result.perturbed[pixel]
        #expect((value == 0 || value == 1) && result.perturbed[pixel + 25] == value)
      }
    }
    let lengths = runs.map { $0.reduce(0) { $0 + $1.distance } }
    #expect(runs[0].allSatisfy { $0.steps == ($0.naturalClass == Swept.labels[$0.place] ? 40 : 0) })
    #expect(lengths[1] < 0.9 * lengths[0] && runs[1].count { $0.distance > 0 } == 16)
  }

  @Test("salt and pepper farther than the budget counts as not found")
  func budget() throws {
    let free = try results(SaltAndPepperNoise(steps: 60))
    let bounded = try results(SaltAndPepperNoise(epsilon: 1, steps: 60))
    for (free, bounded) in zip(free, bounded) {
      #expect(bounded.perturbed == (free.distance <= 1 ? free.perturbed : image(free)))
    }
    #expect(Set(free.map { $0.distance <= 1 }).count == 2)
  }

  @Test("a large blur leaves of every channel nearly its mean alone")
  func blur() throws {
    var reached = 0
    for result in try results(IncreasingBlur(steps: 1)) where result.distance > 0 {
      reached += 1
      let clean = image(result)
      for start in [0, 25] {
        let mean = clean[start..<start + 25].reduce(0, +) / 25
        #expect(result.perturbed[start..<start + 25].allSatisfy { abs($0 - mean) < 0.02 })
      }
    }
    #expect(reached > 0)
  }
}
