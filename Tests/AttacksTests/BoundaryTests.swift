import Attacks
import Tensors
import Testing

/// A longer walk begins as a shorter one does, step by step.
@Suite("The boundary attack")
struct BoundaryTests {
  /// The results for images that are classified rightly, in their order.
  private func results(_ steps: Int, epsilon: Float? = nil, seed: UInt64 = 8) throws -> [AttackResult] {
    try Swept.outcomes(Attacker([BoundaryAttack(epsilon: epsilon, steps: steps, seed: seed)]))
      .filter { $0.naturalClass == Swept.labels[$0.place] }
  }

  @Test("fools at once, and from step to step comes nearer")
  func nearer() throws {
    let walks = try [1, 30, 300, 1500].map { try results($0) }
    for walk in walks {
      #expect(walk.count == 16)
      for result in walk { #expect(result.perturbedClass != result.naturalClass && result.distance > 0) }
    }
    for (shorter, longer) in zip(walks, walks.dropFirst()) {
      for (before, after) in zip(shorter, longer) { #expect(after.distance <= before.distance) }
      #expect(longer.reduce(0) { $0 + $1.distance } < 0.95 * shorter.reduce(0) { $0 + $1.distance })
    }
  }

  @Test("asks once a step, and at every tenth about its turn too")
  func questions() throws {
    let walks = try [9, 10, 19, 129].map { try results($0) }
    for (one, other, questions) in [(0, 1, 2), (0, 2, 11), (2, 3, 121)] {
      for (before, after) in zip(walks[one], walks[other]) {
        #expect(after.cost.forwards - before.cost.forwards == questions && after.cost.backwards == 0)
        #expect(after.steps - before.steps == [9, 10, 19, 129][other] - [9, 10, 19, 129][one])
      }
    }
  }

  @Test("farther than the budget counts as not found")
  func budget() throws {
    let free = try results(400)
    let epsilon = free.map(\.distance).sorted()[8].nextUp
    let bounded = try results(400, epsilon: epsilon)
    for (free, bounded) in zip(free, bounded) {
      let image = Swept.images[rows: free.place..<free.place + 1].values
      #expect(bounded.perturbed == (free.distance <= epsilon ? free.perturbed : image))
    }
    #expect(bounded.count { $0.distance > 0 } == 9)
  }

  @Test("comes as near from another start, nearly")
  func seeds() throws {
    let lengths = try [8, 9, 10].map { try results(1500, seed: $0).reduce(0) { $0 + $1.distance } }
    #expect(Set(lengths).count == 3)
    #expect(lengths.allSatisfy { abs($0 - lengths[0]) < 0.2 * lengths[0] }, "\(lengths)")
  }
}
