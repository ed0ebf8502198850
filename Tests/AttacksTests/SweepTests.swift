import Attacks
import Networks
import Tensors
import Testing

/// Sweeps over twenty images, of which every fifth is misclassified from the start.
enum Swept {
  static let images = Toy.images(20)
  static let labels: [Int] = {
    var logits = Tensor([20, 5])
    ToyNetwork(batchSize: 20).forward(images, into: &logits)
    return (0..<20).map { (predictedClass(row: $0, logits: logits) + ($0 % 5 == 0 ? 1 : 0)) % 5 }
  }()

  /// The results for `order`, sorted by place and attack.
  static func outcomes(_ attacker: Attacker, order: [Int] = Array(0..<20)) throws -> [AttackResult] {
    try attacker.attack(
      Tensor([order.count, 2, 5, 5], order.flatMap { images[rows: $0..<$0 + 1].values }),
      labels: order.map { labels[$0] }, images: order.map { 100 + $0 })
  }

  static func hasReached(_ outcome: AttackResult, image: Int, target: Int? = nil) -> Bool {
    target.map { outcome.perturbedClass == $0 }
      ?? (outcome.perturbedClass != labels[image] && outcome.perturbedClass != outcome.naturalClass)
  }
}

/// Attacks that fool some of the images, and not all at the first step.
let sweptAttacks: [ProjectedGradientDescent] = [
  ProjectedGradientDescent(epsilon: 0.05, steps: 6, stepSize: 0.01, restarts: 3, seed: 5),
  ProjectedGradientDescent(epsilon: 0.05, steps: 6, stepSize: 0.01, start: .clean, restarts: 3),
  ProjectedGradientDescent(norm: .l2, epsilon: 0.3, steps: 6, stepSize: 0.06, restarts: 2, seed: 5),
  ProjectedGradientDescent(norm: .l2, epsilon: 0.3, steps: 7, stepSize: 0.06, start: .clean, loss: .margin),
  ProjectedGradientDescent(epsilon: 0.06, steps: 6, stepSize: 0.01, restarts: 2, loss: .divergence, seed: 8),
  ProjectedGradientDescent(epsilon: 0.08, steps: 9, stepSize: 0.01, restarts: 2, loss: .margin, target: 3, seed: 8),
  ProjectedGradientDescent(epsilon: 0.05, steps: 0, stepSize: 0.01, restarts: 4, seed: 5),
  .fastGradientSign(epsilon: 0.05),
]

@Suite("A sweep that stops early")
struct EarlyStopTests {
  private func sweep(
    _ attack: ProjectedGradientDescent, stopsEarly: Bool = true, width: Int? = nil, model: ToyNetwork = ToyNetwork(),
    classifier: ToyNetwork = ToyNetwork()
  ) throws -> Attacker {
    try Attacker(attack, stopsEarly: stopsEarly, model: model, classifier: classifier, width: width)
  }

  @Test("gives every image the outcome it has alone, in any order and width", arguments: sweptAttacks)
  func alone(attack: ProjectedGradientDescent) throws {
    let expected = try (0..<20).map { try #require(Swept.outcomes(sweep(attack, width: 1), order: [$0]).first) }
    for (width, order) in [(nil, Array(0..<20)), (3, Array((0..<20).reversed())), (8, [7, 3, 7, 19, 0, 12, 5, 3])] {
      let outcomes = try Swept.outcomes(sweep(attack, width: width), order: order)
      #expect(outcomes.map(\.place) == Array(order.indices))
      for outcome in outcomes {
        let alone = expected[order[outcome.place]]
        #expect(outcome.perturbed == alone.perturbed)
        #expect(outcome.perturbedLogits == alone.perturbedLogits)
        #expect(outcome.naturalLogits == alone.naturalLogits)
        #expect((outcome.distance, outcome.steps, outcome.cost) == (alone.distance, alone.steps, alone.cost))
      }
    }
  }

  @Test(
    "stops at the first step that fools, at its pixels, as attacks of so many steps show",
    arguments: sweptAttacks.filter { $0.steps > 1 })
  func firstStep(attack: ProjectedGradientDescent) throws {
    var single = attack
    single.restarts = 1
    let outcomes = try Swept.outcomes(sweep(single))
    var found = [Int?](repeating: nil, count: 20)
    for steps in 0...single.steps {
      var shorter = single
      shorter.steps = steps
      let iterates = try Swept.outcomes(sweep(shorter, stopsEarly: false))
      for image in 0..<20 where found[image] == nil {
        guard steps == single.steps || Swept.hasReached(iterates[image], image: image, target: attack.target) else {
          continue
        }
        found[image] = steps
        #expect(outcomes[image].steps == steps)
        #expect(outcomes[image].perturbed == iterates[image].perturbed)
        #expect(outcomes[image].perturbedLogits == iterates[image].perturbedLogits)
        #expect(outcomes[image].distance == iterates[image].distance)
      }
    }
    #expect(Set(found).count > 1)
  }

  @Test(
    "fools whom the whole attack fools, lowers no image's verdict, and leaves survivors alike", arguments: sweptAttacks)
  func dominates(attack: ProjectedGradientDescent) throws {
    let (whole, early) = (try Swept.outcomes(sweep(attack, stopsEarly: false)), try Swept.outcomes(sweep(attack)))
    for (before, after) in zip(whole, early) {
      let label = Swept.labels[before.place]
      #expect(before.perturbedClass == label || after.perturbedClass != label || attack.target != nil)
      #expect(
        before.perturbedClass == before.naturalClass || after.perturbedClass != after.naturalClass
          || attack.target != nil)
      #expect(before.perturbedClass != attack.target || after.perturbedClass == attack.target)
      if !Swept.hasReached(after, image: before.place, target: attack.target) {
        #expect(after.perturbed == before.perturbed)
      }
      #expect(after.steps <= before.steps)
      #expect(attack.bound.check(tensor(after), against: Swept.images[rows: after.place..<after.place + 1]) == [true])
    }
  }

  private func tensor(_ outcome: AttackResult) -> Tensor { Tensor([1, 2, 5, 5], outcome.perturbed) }

  @Test("asks for the gradients of survivors alone")
  func cost() throws {
    let attack = sweptAttacks[0]
    let (whole, early, answering) = (ToyNetwork(batchSize: 4), ToyNetwork(batchSize: 4), ToyNetwork(batchSize: 4))
    let order = Array(0..<20)
    _ = try Swept.outcomes(sweep(attack, stopsEarly: false, model: whole, classifier: ToyNetwork(batchSize: 4)))
    let outcomes = try Swept.outcomes(sweep(attack, model: early, classifier: answering), order: order)
    let steps = outcomes.map(\.steps).reduce(0, +)
    #expect(steps < 20 * 18 / 2)
    #expect(early.backwards < whole.backwards)
    // Each stop costs one gradient more than steps; only the last images leave rows empty.
    #expect((steps / 4...(steps + 20) / 4 + 18).contains(early.backwards))
    #expect(answering.forwards <= 5 + 20 * 3 / 4 + 12)
  }

  @Test("believes the classifier, not the gradient's network", arguments: [1, 3, 8])
  func disagreement(width: Int) throws {
    let attack = ProjectedGradientDescent(epsilon: 0.1, steps: 8, stepSize: 0.02, restarts: 2, seed: 1)
    let outcomes = try Swept.outcomes(sweep(attack, width: width, classifier: ToyNetwork(.linear)))
    let alone = try Swept.outcomes(sweep(attack, width: 1, classifier: ToyNetwork(.linear)))
    #expect(outcomes == alone)
    for outcome in outcomes where outcome.steps % 8 != 0 || outcome.steps == 0 {
      #expect(Swept.hasReached(outcome, image: outcome.place))
    }
  }

  @Test("gives up an image whose gradient is not a number, and leaves its neighbours alone", arguments: [true, false])
  func broken(stopsEarly: Bool) throws {
    let broken = ToyNetwork()
    broken.breaksAbove = 0.6
    let attack = ProjectedGradientDescent(epsilon: 0.05, steps: 5, stepSize: 0.01, restarts: 3, seed: 5)
    let outcomes = try Swept.outcomes(sweep(attack, stopsEarly: stopsEarly, model: broken))
    let sound = try Swept.outcomes(sweep(attack, stopsEarly: stopsEarly))
    #expect(outcomes.contains { $0.failure != nil } && outcomes.contains { $0.failure == nil })
    for (outcome, other) in zip(outcomes, sound) {
      let first = Swept.images.values[outcome.place * 50]
      if first > 0.65 { #expect(outcome.failure == .gradient) }
      if first < 0.55 { #expect(outcome == other) }
      guard outcome.failure != nil else { continue }
      #expect(outcome.perturbed == Swept.images[rows: outcome.place..<outcome.place + 1].values)
      #expect((outcome.distance, outcome.perturbedLogits) == (0, outcome.naturalLogits))
    }
  }
}
