import Attacks
import Networks
import Tensors
import Testing

/// Attacks whose way is remembered.
@Suite("Traces")
struct TracedTests {
  private let images = Toy.images(6)
  private let labels = Toy.labels(6)

  private func results(_ attack: any Attack) throws -> [AttackResult] {
    try Attacker(attack).attack(images, labels: labels, images: Array(0..<6))
  }

  private func traced(_ attack: some Attack) throws -> [AttackResult] { try results(Traced(attack)) }

  /// What the toy network says of one image.
  private func logits(_ pixels: [Float]) -> [Float] {
    let network = ToyNetwork(batchSize: 1)
    var logits = Tensor([1, 5])
    network.forward(Tensor([1, 2, 5, 5], pixels), into: &logits)
    return logits.values
  }

  @Test("Every point asked about is there, with the loss, the margin and the distance of that very image")
  func points() throws {
    for steps in 1...4 {
      let attack = ProjectedGradientDescent(epsilon: 0.2, steps: steps, stepSize: 0.07, start: .clean)
      for result in try traced(attack) {
        #expect(result.trace.map(\.step) == Array(0...steps))
        // The last of so many steps is where so many steps lead.
        let last = try #require(result.trace.last)
        let scores = logits(result.perturbed)
        let label = labels[result.place]
        let others = scores.enumerated().filter { $0.offset != label }.map(\.element)
        #expect(abs(last.margin - ((others.max() ?? 0) - scores[label])) < 1e-6)
        let loss = scores.withUnsafeBufferPointer { Objective.crossEntropy(label: label).value($0) }
        #expect(abs(last.loss - loss) < 1e-6 && last.distance == result.distance)
        #expect(result.trace[0].distance == 0)
      }
    }
  }

  // What an attack comes to is settled to the last bit, so the last point is left out.
  @Test("The way of few steps is where the way of more begins")
  func prefixes() throws {
    func way(_ steps: Int) throws -> [[TracePoint]] {
      try traced(ProjectedGradientDescent(norm: .l2, epsilon: 0.5, steps: steps, stepSize: 0.1, seed: 3)).map(\.trace)
    }
    for (short, long) in zip(try way(3), try way(7)) { #expect(short.dropLast() == long.prefix(3)[...]) }
  }

  @Test("What an attack comes to does not depend on who watches, and without nothing is remembered")
  func results() throws {
    func check(_ attack: some Attack) throws {
      for (plain, watched) in zip(try results(attack), try traced(attack)) {
        #expect(plain.trace.isEmpty && plain.perturbed == watched.perturbed && plain.cost == watched.cost)
        #expect(plain.steps == watched.steps && plain.failure == watched.failure)
        // One point for every forward pass.
        #expect(watched.trace.count == watched.cost.forwards)
      }
    }
    try check(ProjectedGradientDescent(epsilon: 0.1, steps: 5, stepSize: 0.03, restarts: 3))
    try check(AutoPGD(norm: .linf, epsilon: 0.1, steps: 8, loss: .crossEntropy))
    try check(Square(epsilon: 0.2, queries: 30))
    try check(DeepFool(norm: .l2))
  }
}
