import Attacks
import Failures
import Networks
import Tensors
import Testing

@Suite("The attack runner")
struct RunnerTests {
  let images = Toy.images(5)
  let labels = Toy.labels(5)

  func logits(of images: Tensor) -> Tensor {
    var logits = Tensor([images.shape[0], 5])
    ToyNetwork(batchSize: images.shape[0]).classify(images, into: &logits)
    return logits
  }

  @Test("predicts before and after by the same classifier, and measures how far each image went")
  func outcome() throws {
    let attack = ProjectedGradientDescent(norm: .l2, epsilon: 0.8, steps: 8, stepSize: 0.2, seed: 4)
    let runner = try AttackRunner(attack, model: ToyNetwork(), classifier: ToyNetwork())
    let outcome = try runner.attack(images, labels: labels, images: Array(0..<5))
    #expect(outcome.failed == [Bool](repeating: false, count: 5))
    #expect(outcome.naturalLogits == logits(of: images))
    #expect(outcome.perturbedLogits == logits(of: outcome.perturbed))
    #expect(outcome.naturalClasses == (0..<5).map { predictedClass(row: $0, logits: logits(of: images)) })
    #expect(outcome.perturbedClasses != outcome.naturalClasses)
    #expect(outcome.distances == attack.bound.distances(of: outcome.perturbed, from: images))
    #expect(outcome.distances.allSatisfy { $0 > 0.5 && $0 <= 0.8 })
    #expect(attack.bound.check(outcome.perturbed, against: images) == [Bool](repeating: true, count: 5))
  }

  @Test("epsilon 0 changes no pixel, no logit and no class", arguments: Norm.allCases)
  func epsilonZero(norm: Norm) throws {
    let attack = ProjectedGradientDescent(norm: norm, epsilon: 0, steps: 10, stepSize: 0.1, restarts: 3)
    let outcome = try AttackRunner(attack, model: ToyNetwork(), classifier: ToyNetwork())
      .attack(images, labels: labels, images: Array(0..<5))
    #expect(outcome.perturbed == images)
    #expect(outcome.perturbedLogits == outcome.naturalLogits)
    #expect(outcome.distances == [0, 0, 0, 0, 0])
  }

  @Test("natural predictions are of the untouched images, distances from the moved ones")
  func untouched() throws {
    let moved = Tensor(images.shape, images.values.map { 1 - $0 })
    let runner = try AttackRunner(.fastGradientSign(epsilon: 0.05), model: ToyNetwork(), classifier: ToyNetwork())
    let outcome = try runner.attack(moved, untouched: images, labels: labels, images: Array(0..<5))
    #expect(outcome.naturalLogits == logits(of: images))
    #expect(outcome.distances.allSatisfy { $0 <= 0.05 })
    #expect(try runner.attack(moved, labels: labels, images: Array(0..<5)).perturbed == outcome.perturbed)
  }

  @Test("stops early where it is asked to, by what the untouched images are")
  func earlyStop() throws {
    let attack = ProjectedGradientDescent(epsilon: 0.1, steps: 8, stepSize: 0.02, seed: 4)
    let runner = try AttackRunner(attack, stopsEarly: true, model: ToyNetwork(), classifier: ToyNetwork())
    let outcome = try runner.attack(images, labels: labels, images: Array(0..<5))
    #expect(outcome.perturbed.shape == images.shape)
    #expect(outcome.naturalLogits == logits(of: images))
    #expect(outcome.perturbedLogits == logits(of: outcome.perturbed))
    #expect(outcome.distances == attack.bound.distances(of: outcome.perturbed, from: images))
    #expect(try #require(outcome.steps).contains { $0 < 8 })
    let moved = Tensor(images.shape, images.values.map { 1 - $0 })
    let other = try runner.attack(moved, untouched: images, labels: labels, images: Array(0..<5))
    #expect(other.naturalLogits == logits(of: images))
    #expect(other.distances == attack.bound.distances(of: other.perturbed, from: moved))
    #expect(throws: Failure.self) { try runner.attack(Tensor([5, 1, 5, 10]), labels: labels, images: Array(0..<5)) }
    #expect(throws: Failure.self) { try runner.attack(images, labels: labels, images: [0]) }
  }

  @Test("within nothing a moved image stays what it is moved, whichever way it is attacked", arguments: [true, false])
  func movedByNothing(stopsEarly: Bool) throws {
    let moved = Tensor(images.shape, images.values.map { 1 - $0 })
    let attack = ProjectedGradientDescent(epsilon: 0, steps: 2, stepSize: 0.1)
    let runner = try AttackRunner(attack, stopsEarly: stopsEarly, model: ToyNetwork(), classifier: ToyNetwork())
    let outcome = try runner.attack(moved, untouched: images, labels: labels, images: Array(0..<5))
    #expect(outcome.perturbed == moved)
    #expect(outcome.naturalLogits == logits(of: images))
    #expect(outcome.perturbedLogits == logits(of: moved))
  }

  @Test("natural answers that are known are not asked for again")
  func knownAnswers() throws {
    let (moved, classifier) = (Tensor(images.shape, images.values.map { 1 - $0 }), ToyNetwork())
    let runner = try AttackRunner(.fastGradientSign(epsilon: 0.05), model: ToyNetwork(), classifier: classifier)
    let outcome = try runner.attack(
      moved, naturalLogits: logits(of: images), labels: labels, images: Array(0..<5))
    let asked = classifier.classifications
    let again = try runner.attack(moved, untouched: images, labels: labels, images: Array(0..<5))
    #expect(classifier.classifications == 2 * asked + 1)
    #expect(again.naturalLogits == outcome.naturalLogits && again.perturbed == outcome.perturbed)
  }

  @Test("without an attack the images stay as they were transformed")
  func noAttack() throws {
    let moved = Tensor(images.shape, images.values.map { 1 - $0 })
    let outcome = AttackOutcome(
      transformed: moved, naturalLogits: logits(of: images), perturbedLogits: logits(of: moved))
    #expect(outcome.perturbed == moved)
    #expect(outcome.naturalLogits == logits(of: images))
    #expect(outcome.perturbedLogits == logits(of: moved))
    #expect(outcome.distances == [0, 0, 0, 0, 0])
    #expect(!outcome.failed.contains(true))
  }

  @Test("a failed image is given back with distance 0")
  func failedImage() throws {
    let model = ToyNetwork()
    model.breaksAbove = -1
    let outcome = try AttackRunner(.advertorchDefault(channels: 3), model: model, classifier: ToyNetwork())
      .attack(images, labels: labels, images: Array(0..<5))
    #expect(outcome.failed == [Bool](repeating: true, count: 5))
    #expect(outcome.perturbed == images)
    #expect(outcome.distances == [0, 0, 0, 0, 0])
    #expect(outcome.perturbedClasses == outcome.naturalClasses)
  }

  @Test("refuses batches that do not fit")
  func refusals() throws {
    let runner = try AttackRunner(.fastGradientSign(epsilon: 0.1), model: ToyNetwork(), classifier: ToyNetwork())
    #expect(throws: Failure.self) { try runner.attack(images, labels: [0], images: [0]) }
    #expect(throws: Failure.self) { try runner.attack(Tensor([]), labels: [], images: []) }
    #expect(throws: Failure.self) {
      try runner.attack(images, untouched: Toy.images(4), labels: labels, images: Array(0..<5))
    }
    #expect(throws: Failure.self) { try runner.attack(Toy.images(9), labels: Toy.labels(9), images: Array(0..<9)) }
    #expect(throws: Failure.self) {
      try AttackRunner(.fastGradientSign(epsilon: 0.1), model: ToyNetwork(), classifier: ToyNetwork(batchSize: 2))
    }
  }
}
