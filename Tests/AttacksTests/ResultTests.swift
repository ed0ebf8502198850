import Attacks
import Failures
import Networks
import Tensors
import Testing

@Suite("What an attack comes to")
struct ResultTests {
  let images = Toy.images(5)
  let labels = Toy.labels(5)
  private let moved = Tensor([5, 2, 5, 5], Toy.images(5).values.map { 1 - $0 })

  func logits(of images: Tensor) -> Tensor {
    var logits = Tensor([images.shape[0], 5])
    ToyNetwork(batchSize: images.shape[0]).forward(images, into: &logits)
    return logits
  }

  @Test("predicts before and after by the same classifier, and measures how far each image went")
  func results() throws {
    let attack = ProjectedGradientDescent(norm: .l2, epsilon: 0.8, steps: 8, stepSize: 0.2, seed: 4)
    let results = try Attacker(attack).attack(images, labels: labels, images: Array(0..<5))
    #expect(results.map(\.place) == Array(0..<5))
    #expect(results.failures == [nil, nil, nil, nil, nil])
    #expect(results.naturalLogits == logits(of: images))
    #expect(results.perturbedLogits == logits(of: results.perturbed))
    #expect(results.map(\.naturalClass) == (0..<5).map { predictedClass(row: $0, logits: logits(of: images)) })
    #expect(results.map(\.perturbedClass) != results.map(\.naturalClass))
    #expect(results.map(\.distance) == attack.bound.distances(of: results.perturbed, from: images))
    #expect(results.allSatisfy { $0.distance > 0.5 && $0.distance <= 0.8 && $0.steps == 8 })
    #expect(attack.bound.check(results.perturbed, against: images) == [Bool](repeating: true, count: 5))
  }

  @Test("epsilon 0 changes no pixel, no logit and no class", arguments: Norm.lengths)
  func epsilonZero(norm: Norm) throws {
    let attack = ProjectedGradientDescent(norm: norm, epsilon: 0, steps: 10, stepSize: 0.1, restarts: 3)
    let results = try Attacker(attack).attack(images, labels: labels, images: Array(0..<5))
    #expect(results.perturbed == images)
    #expect(results.perturbedLogits == results.naturalLogits)
    #expect(results.allSatisfy { $0.distance == 0 && $0.cost == AttackCost() })
  }

  @Test("natural predictions are of the untouched images, distances from the moved ones", arguments: [true, false])
  func untouched(stopsEarly: Bool) throws {
    let attack = ProjectedGradientDescent(epsilon: 0.1, steps: 8, stepSize: 0.02, seed: 4)
    let attacker = try Attacker(attack, stopsEarly: stopsEarly)
    let results = try attacker.attack(moved, untouched: images, labels: labels, images: Array(0..<5))
    #expect(results.naturalLogits == logits(of: images))
    #expect(results.perturbedLogits == logits(of: results.perturbed))
    #expect(results.map(\.distance) == attack.bound.distances(of: results.perturbed, from: moved))
    #expect(results.contains { $0.steps < 8 } == stopsEarly)
    let alone = try attacker.attack(moved, labels: labels, images: Array(0..<5))
    #expect(stopsEarly || alone.perturbed == results.perturbed)
  }

  @Test("within nothing a moved image stays what it is moved, whichever way it is attacked", arguments: [true, false])
  func movedByNothing(stopsEarly: Bool) throws {
    let attack = ProjectedGradientDescent(epsilon: 0, steps: 2, stepSize: 0.1)
    let results = try Attacker(attack, stopsEarly: stopsEarly)
      .attack(moved, untouched: images, labels: labels, images: Array(0..<5))
    #expect(results.perturbed == moved)
    #expect(results.naturalLogits == logits(of: images))
    #expect(results.perturbedLogits == logits(of: moved))
  }

  @Test("without an attack the images stay as they were transformed, be they in 0...1 or not")
  func noAttack() throws {
    var moved = moved
    moved.values[3] = 1.5
    let scheduler = try AttackScheduler(model: nil, classifier: ToyNetwork())
    var results: [AttackResult] = []
    try scheduler.run(
      AttackSequence([nil]), on: Array(0..<5), labels: labels,
      pixels: { _ = $1.update(fromContentsOf: moved[rows: $0..<$0 + 1].values) }, finish: { results.append($0) })
    #expect(results.perturbed == moved)
    #expect(results.perturbedLogits == logits(of: moved))
    #expect(results.allSatisfy { $0.distance == 0 && $0.failure == nil })
  }

  @Test("asks once for an image in several poses what it is untouched", arguments: [2, 3, 8])
  func poses(width: Int) throws {
    let classifier = ToyNetwork()
    let scheduler = try AttackScheduler(model: nil, classifier: classifier, width: width)
    var results: [AttackResult] = []
    let (images, moved) = (images, moved)
    try scheduler.run(
      AttackSequence([nil]), on: [0, 0, 0, 1, 1, 1, 2, 2, 2], labels: [0, 0, 0, 1, 1, 1, 2, 2, 2], poses: 3,
      pixels: { _ = $1.update(fromContentsOf: moved[rows: $0 % 5..<$0 % 5 + 1].values) },
      untouched: { _ = $1.update(fromContentsOf: images[rows: $0 / 3..<$0 / 3 + 1].values) },
      finish: { results.append($0) })
    results.sort { $0.place < $1.place }
    for place in 0..<9 {
      #expect(results[place].naturalLogits == logits(of: images[rows: place / 3..<place / 3 + 1]).values)
    }
  }

  @Test(
    "says of every image what it cost, restarts and verdicts included; with the first predictions it is what the networks ran"
  )
  func costs() throws {
    // None is misclassified, so all take the same way.
    let labels = (0..<5).map { predictedClass(row: $0, logits: logits(of: images)) }
    func cost(_ attack: ProjectedGradientDescent) throws -> AttackCost {
      let (model, classifier) = (ToyNetwork(batchSize: 5), ToyNetwork(batchSize: 5))
      let results = try Attacker(attack, model: model, classifier: classifier)
        .attack(images, labels: labels, images: Array(0..<5))
      #expect(results.map(\.cost.backwards).reduce(0, +) == 5 * model.backwards)
      let first = attack.loss == .divergence ? 10 : 5
      #expect(results.map(\.cost.forwards).reduce(first, +) == 5 * (model.forwards + classifier.forwards))
      #expect(model.buffers.count <= 3)
      return results[0].cost
    }
    #expect(try cost(.advertorchDefault(channels: 1)) == AttackCost(forwards: 41, backwards: 40))
    #expect(try cost(.fastGradientSign(epsilon: 0.001)) == AttackCost(forwards: 2, backwards: 1))
    var attack = ProjectedGradientDescent(epsilon: 0.001, steps: 2, stepSize: 0.001, start: .clean, restarts: 5)
    #expect(try cost(attack) == AttackCost(forwards: 3, backwards: 2))
    (attack.start, attack.restarts, attack.loss) = (.random, 2, .divergence)
    #expect(try cost(attack) == AttackCost(forwards: 6, backwards: 4))
  }

  @Test("a failed image is given back with distance 0, and the reason")
  func failedImage() throws {
    let model = ToyNetwork()
    model.breaksAbove = -1
    let results = try Attacker(ProjectedGradientDescent.advertorchDefault(channels: 3), model: model)
      .attack(images, labels: labels, images: Array(0..<5))
    #expect(results.failures == [AttackFailure?](repeating: .gradient, count: 5))
    #expect(results.perturbed == images)
    #expect(results.allSatisfy { $0.distance == 0 && $0.perturbedClass == $0.naturalClass })
  }

  @Test("returns an image outside 0...1 unharmed and says so", arguments: [Float.nan, .infinity, -0.001, 1.0001])
  func badPixels(value: Float) throws {
    var images = images
    images.values[75] = value
    for epsilon in [0, 0.1] as [Float] {
      let results = try Attacker(ProjectedGradientDescent.fastGradientSign(epsilon: epsilon))
        .attack(images, labels: labels, images: Array(0..<5))
      #expect(results.failures == [nil, .pixels, nil, nil, nil])
      #expect(results[1].perturbed.map(\.bitPattern) == images.values[50..<100].map(\.bitPattern))
    }
  }

  @Test("moves nothing where the gradient is zero, and says so where all of it is", arguments: [Norm.linf, .l2])
  func flatNetwork(norm: Norm) throws {
    let network = ToyNetwork(.linear)
    for i in network.layers[0].weight.indices where i % 50 < 30 { network.layers[0].weight[i] = 0 }
    let attacker = try Attacker(ProjectedGradientDescent.fastGradientSign(norm: norm, epsilon: 0.1), model: network)
    let some = try attacker.attack(images, labels: labels, images: Array(0..<5))
    let result = some.perturbed
    for i in images.values.indices { #expect((result.values[i] == images.values[i]) == (i % 50 < 30)) }
    #expect(some.allSatisfy { !$0.hadZeroGradient })
    network.layers[0].weight = [Float](repeating: 0, count: 250)
    let none = try attacker.attack(images, labels: labels, images: Array(0..<5))
    #expect(none.perturbed == images && none.allSatisfy { $0.failure == nil && $0.hadZeroGradient })
  }

  @Test("refuses labels and networks that do not fit")
  func refusals() throws {
    let attacker = try Attacker(ProjectedGradientDescent.fastGradientSign(epsilon: 0.1))
    #expect(throws: Failure(.data, "image 42: label 5, but the model's classes are 0 to 4")) {
      try attacker.attack(images, labels: [0, 1, 5], images: [40, 41, 42])
    }
    #expect(throws: Failure.self) { try attacker.attack(images, labels: [0, -1], images: [0, 1]) }
    #expect(throws: Failure.self) { try attacker.attack(images, labels: labels, images: [0]) }
    #expect(throws: Failure.self) {
      try Attacker(ProjectedGradientDescent.fastGradientSign(epsilon: 0.1), classifier: ToyNetwork(batchSize: 2))
    }
  }
}
