import Attacks
import Tensors
import TestSupport
import Testing

/// What comes last after a step under l2, and starts in its ball.
@Suite("Orders of projection")
struct ProjectionOrderTests {
  @Test(
    "PGD under l2 goes as Foolbox's, torchattacks' and the Adversarial Robustness Toolbox's",
    arguments: GoldenRun.read("projection"))
  func golden(_ run: GoldenRun) throws {
    try run.check(
      ProjectedGradientDescent(
        norm: .l2, epsilon: try #require(run.epsilon), steps: try #require(run.steps),
        stepSize: try #require(run.stepSize), start: try #require(run.start.flatMap(Start.init)), target: run.target,
        seed: run.attackSeed, projection: try #require(run.projection.flatMap(Projection.init))))
  }

  private func descent(
    _ start: Start, steps: Int = 0, epsilon: Float = 1, projection: Projection = .rangeLast
  ) -> ProjectedGradientDescent {
    ProjectedGradientDescent(
      norm: .l2, epsilon: epsilon, steps: steps, stepSize: 0.5, start: start, projection: projection)
  }

  private func distances(_ attack: ProjectedGradientDescent, images count: Int = 400) throws -> [Float] {
    // Grey images, far enough from black and white that nothing is clipped.
    let images = Tensor([count, 2, 5, 5], [Float](repeating: 0.5, count: 50 * count))
    return try Attacker(attack).attack(images, labels: [Int](repeating: 0, count: count), images: Array(0..<count))
      .map(\.distance)
  }

  @Test("starts are uniform in the ball, whose share of volume is the distance to the power of 50, or in the distance")
  func starts() throws {
    for (start, power) in [(Start.uniform, Float(50)), (.radial, 1)] {
      let shares = try distances(descent(start, epsilon: 0.4)).map { share in
        (0..<Int(power)).reduce(Float(1)) { product, _ in product * share / 0.4 }
      }.sorted()
      // Kolmogorov and Smirnov's distance from the uniform distribution; 1.95 / sqrt(n) is passed once in a thousand times.
      let gaps = shares.enumerated().map { max(abs($1 - Float($0) / 400), abs($1 - Float($0 + 1) / 400)) }
      #expect(shares.allSatisfy { (0...1.0001).contains($0) } && (gaps.max() ?? 1) < 1.95 / 20, "\(start)")
    }
  }

  @Test("with the range last an image stays in the ball, and within 0...1, and differs from one with the ball last")
  func orders() throws {
    let (images, labels) = (Toy.images(20), Toy.labels(20))
    let found = try [Projection.ballLast, .rangeLast].map { projection in
      try Attacker(descent(.clean, steps: 8, epsilon: 2, projection: projection))
        .attack(images, labels: labels, images: Array(0..<20))
    }
    for results in found {
      #expect(results.allSatisfy { $0.failure == nil && $0.distance <= 2 })
      #expect(results.allSatisfy { $0.perturbed.allSatisfy { (0...1).contains($0) } })
    }
    // What is clipped last has lost some of its length.
    let (ball, range) = (found[0].map(\.distance), found[1].map(\.distance))
    #expect(zip(ball, range).allSatisfy { $0 >= $1 - 1e-5 } && zip(ball, range).contains { $0 > $1 + 0.01 })
  }

  @Test("a record says so only where it is not the customary order")
  func parameters() {
    let names = { (attack: ProjectedGradientDescent) in attack.parameters.map(\.setting.rawValue) }
    #expect(names(descent(.clean)).last == "projection")
    #expect(!names(descent(.clean, projection: .ballLast)).contains("projection"))
  }
}
