import Attacks
import Tensors
import TestSupport
import Testing

/// What comes last after a step under l2 and l1, which way it goes, and starts in their balls.
@Suite("Orders of projection")
struct ProjectionOrderTests {
  @Test(
    "PGD under l2 and l1 goes as Foolbox's, torchattacks' and the Adversarial Robustness Toolbox's",
    arguments: GoldenRun.read("projection"))
  func golden(_ run: GoldenRun) throws {
    try run.check(
      ProjectedGradientDescent(
        norm: run.attackNorm, epsilon: try #require(run.epsilon), steps: try #require(run.steps),
        stepSize: try #require(run.stepSize), start: try #require(run.start.flatMap(Start.init)), target: run.target,
        seed: run.attackSeed, projection: try #require(run.projection.flatMap(Projection.init)),
        direction: try #require(run.direction.flatMap(StepDirection.init))))
  }

  @Test("FGSM under l1 with the whole gradient and the range last is Foolbox's single step")
  func singleStep() throws {
    let runs = GoldenRun.read("projection").filter { $0.attack == "fgsm" }
    #expect(runs.count == 2 && runs.allSatisfy { $0.steps == 1 && $0.direction == "gradient" })
    for run in runs {
      var request = AttackRequest()
      (request.norm, request.epsilon) = (run.attackNorm, run.epsilon.map { Double($0) })
      let customary = try AttackCatalogue.fastGradientSign.attack(request)
      #expect(!customary.parameters.contains { [.direction, .projection].contains($0.setting) })
      request.values[.direction] = .text(try #require(run.direction))
      request.values[.projection] = .text(try #require(run.projection))
      try run.check(AttackCatalogue.fastGradientSign.attack(request))
    }
  }

  private func descent(
    _ start: Start, norm: Norm = .l2, steps: Int = 0, epsilon: Float = 1, projection: Projection = .rangeLast
  ) -> ProjectedGradientDescent {
    ProjectedGradientDescent(
      norm: norm, epsilon: epsilon, steps: steps, stepSize: 0.5, start: start, projection: projection)
  }

  private func distances(_ attack: ProjectedGradientDescent, images count: Int = 400) throws -> [Float] {
    // Grey images, far enough from black and white that nothing is clipped.
    let images = Tensor([count, 2, 5, 5], [Float](repeating: 0.5, count: 50 * count))
    return try Attacker(attack).attack(images, labels: [Int](repeating: 0, count: count), images: Array(0..<count))
      .map(\.distance)
  }

  @Test("starts are uniform in the ball, whose share of volume is the distance to the power of 50, or in the distance")
  func starts() throws {
    for (start, norm, power) in [(Start.uniform, Norm.l2, Float(50)), (.uniform, .l1, 50), (.radial, .l2, 1)] {
      let shares = try distances(descent(start, norm: norm, epsilon: 0.4)).map { share in
        (0..<Int(power)).reduce(Float(1)) { product, _ in product * share / 0.4 }
      }.sorted()
      // Kolmogorov and Smirnov's distance from the uniform distribution; 1.95 / sqrt(n) is passed once in a thousand times.
      let gaps = shares.enumerated().map { max(abs($1 - Float($0) / 400), abs($1 - Float($0 + 1) / 400)) }
      #expect(shares.allSatisfy { (0...1.0001).contains($0) } && (gaps.max() ?? 1) < 1.95 / 20, "\(start), \(norm)")
    }
  }

  @Test("any pixel value may move first and either way in a uniform start under l1")
  func symmetry() throws {
    let count = 400
    let images = Tensor([count, 2, 5, 5], [Float](repeating: 0.5, count: 50 * count))
    let results = try Attacker(descent(.uniform, norm: .l1, epsilon: 0.4))
      .attack(images, labels: [Int](repeating: 0, count: count), images: Array(0..<count))
    for place in 0..<50 {
      let changes = results.map { Double($0.perturbed[place]) - 0.5 }
      // A size has mean and deviation 0.4 / 51 nearly, a sign mean 0: within five deviations of the mean of 400.
      let (size, sum) = (changes.reduce(0) { $0 + abs($1) } / 400, changes.reduce(0, +) / 400)
      #expect(abs(size - 0.4 / 51) < 5 * 0.4 / 51 / 20 && abs(sum) < 5 * 0.4 / 51 * 1.5 / 20, "\(place)")
    }
  }

  @Test("with the range last an image stays in the ball, and within 0...1, and differs from one with the ball last")
  func orders() throws {
    let (images, labels) = (Toy.images(20), Toy.labels(20))
    for norm in [Norm.l2, .l1] { try checkOrders(norm, images, labels) }
  }

  private func checkOrders(_ norm: Norm, _ images: Tensor, _ labels: [Int]) throws {
    let found = try [Projection.ballLast, .rangeLast].map { projection in
      try Attacker(descent(.clean, norm: norm, steps: 8, epsilon: 2, projection: projection))
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
    var whole = descent(.clean, norm: .l1)
    #expect(!names(whole).contains("direction"))
    whole.direction = .gradient
    #expect(names(whole).suffix(2) == ["projection", "direction"])
  }
}
