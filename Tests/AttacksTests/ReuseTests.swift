import Attacks
import Failures
import Networks
import Tensors
import Testing

@Suite("A sweep over growing budgets")
struct ReuseTests {
  private let budgets: [Float] = [0.01, 0.02, 0.04, 0.08]

  private func attacks(_ norm: Norm, target: Int? = nil) -> [ProjectedGradientDescent] {
    budgets.map { budget in
      let epsilon = norm == .linf ? budget : budget * 8
      return ProjectedGradientDescent(
        norm: norm, epsilon: epsilon, steps: 4, stepSize: epsilon / 3, restarts: 2, target: target, seed: 2)
    }
  }

  private func outcomes(
    _ attacks: [ProjectedGradientDescent], stopsEarly: Bool = false, reuses: Bool = true, width: Int? = nil,
    model: ToyNetwork = ToyNetwork(), order: [Int] = Array(0..<20)
  ) throws -> [AttackResult] {
    try Swept.outcomes(
      Attacker(
        attacks, stopsEarly: stopsEarly, reuses: reuses, model: model, classifier: ToyNetwork(), width: width),
      order: order)
  }

  static let settings = [Norm.linf, .l2].flatMap { norm in [true, false].map { (norm, $0) } }

  @Test("never raises accuracy and never lowers the fooling rate as the budget grows", arguments: settings)
  func monotone(norm: Norm, stopsEarly: Bool) throws {
    let outcomes = try outcomes(attacks(norm), stopsEarly: stopsEarly)
    #expect(outcomes.map(\.attack) == (0..<80).map { $0 % 4 })
    for image in 0..<20 {
      let own = outcomes[image * 4..<image * 4 + 4]
      for (before, after) in zip(own, own.dropFirst()) {
        let label = Swept.labels[image]
        #expect(before.perturbedClass == label || after.perturbedClass != label)
        #expect(before.perturbedClass == before.naturalClass || after.perturbedClass != after.naturalClass)
      }
    }
    let accuracies = (0..<4).map { attack in
      outcomes.count { $0.attack == attack && $0.perturbedClass == Swept.labels[$0.place] }
    }
    #expect(accuracies == accuracies.sorted(by: >) && accuracies[0] > accuracies[3])
  }

  @Test("repeats a success unchanged and attacks the others as if alone", arguments: settings)
  func repeats(norm: Norm, stopsEarly: Bool) throws {
    let attacks = attacks(norm)
    let (kept, fresh) = (
      try outcomes(attacks, stopsEarly: stopsEarly), try outcomes(attacks, stopsEarly: stopsEarly, reuses: false)
    )
    #expect(fresh.allSatisfy { $0.origin == nil })
    #expect(kept.contains { $0.origin != nil } && kept.contains { $0.attack == 3 && $0.origin == nil })
    for (outcome, other) in zip(kept, fresh) {
      guard let origin = outcome.origin else {
        #expect(outcome == other)
        continue
      }
      let source = kept[outcome.place * 4 + origin]
      #expect(origin < outcome.attack && source.origin == nil)
      #expect(outcome.perturbed == source.perturbed && outcome.distance == source.distance)
      #expect(outcome.perturbedLogits == source.perturbedLogits)
      #expect(outcome.steps == 0 || !Swept.hasReached(source, image: outcome.place))
    }
  }

  @Test("without reuse is each attack by itself", arguments: [Norm.linf, .l2])
  func fresh(norm: Norm) throws {
    let attacks = attacks(norm)
    let together = try outcomes(attacks, reuses: false, width: 3)
    for (number, attack) in attacks.enumerated() {
      let alone = try outcomes([attack], reuses: false)
      let part = together.filter { $0.attack == number }
      #expect(part.map(\.perturbed) == alone.map(\.perturbed))
      #expect(part.map(\.steps) == alone.map(\.steps))
    }
  }

  @Test("does not depend on the width or the order, and costs less", arguments: settings)
  func cost(norm: Norm, stopsEarly: Bool) throws {
    let (kept, fresh) = (ToyNetwork(), ToyNetwork())
    let expected = try outcomes(attacks(norm), stopsEarly: stopsEarly, model: kept)
    _ = try outcomes(attacks(norm), stopsEarly: stopsEarly, reuses: false, model: fresh)
    #expect(kept.backwards < fresh.backwards)
    #expect(try outcomes(attacks(norm), stopsEarly: stopsEarly, width: 1) == expected)
    let reversed = try outcomes(attacks(norm), stopsEarly: stopsEarly, width: 5, order: Array((0..<20).reversed()))
    for (place, outcome) in reversed.enumerated() {
      let other = expected[(19 - place / 4) * 4 + place % 4]
      #expect(outcome.perturbed == other.perturbed)
      #expect((outcome.steps, outcome.origin) == (other.steps, other.origin))
    }
  }

  @Test("keeps a target that was hit")
  func target() throws {
    let outcomes = try outcomes(attacks(.linf, target: 3))
    let hits = (0..<4).map { attack in outcomes.count { $0.attack == attack && $0.perturbedClass == 3 } }
    #expect(hits == hits.sorted() && hits[3] > hits[0])
  }

  @Test(
    "an image is done once its prediction is wrong and has changed; less is lost only if nothing is won",
    arguments: [
      // label, natural, target, predicted: is reached
      (0, 0, nil, 0, false), (0, 0, nil, 1, true), (0, 1, nil, 1, false), (0, 1, nil, 0, false), (0, 1, nil, 2, true),
      (0, 0, 2, 1, false), (0, 0, 2, 2, true), (2, 2, 2, 2, true),
    ] as [(Int, Int, Int?, Int, Bool)])
  func goal(label: Int, natural: Int, target: Int?, predicted: Int, isReached: Bool) {
    #expect(Goal(label: label, natural: natural, target: target).isReached(by: predicted) == isReached)
  }

  @Test("a wrong prediction is not made right again, nor a changed one changed back")
  func losses() {
    let misclassified = Goal(label: 0, natural: 1, target: nil)
    let lost = [(1, 0), (0, 1)]
    for before in 0..<3 {
      for after in 0..<3 where before != 2 {
        let expected = lost.contains { $0 == (before, after) }
        #expect(misclassified.isLost(from: before, to: after) == expected, "\(before) to \(after)")
      }
    }
    #expect(!Goal(label: 0, natural: 0, target: nil).isLost(from: 0, to: 0))
    #expect(!Goal(label: 0, natural: 1, target: 0).isLost(from: 1, to: 0))
  }

  @Test("at budget 0, and out of range, an image is given back under every attack")
  func unmoved() throws {
    let zero = ProjectedGradientDescent(epsilon: 0, steps: 4, stepSize: 0.1)
    let network = ToyNetwork()
    let outcomes = try outcomes([zero] + attacks(.linf).prefix(1), stopsEarly: true, model: network)
    for outcome in outcomes where outcome.attack == 0 {
      #expect(outcome.perturbed == Swept.images[rows: outcome.place..<outcome.place + 1].values)
      #expect((outcome.steps, outcome.distance, outcome.failure) == (0, 0, nil))
    }
    let failed = try Attacker(attacks(.linf), reuses: true)
      .attack(Tensor([1, 2, 5, 5], filledWith: 1.5), labels: [0], images: [7])
    #expect(failed.failures == [AttackFailure?](repeating: .pixels, count: 4))
    #expect(failed.allSatisfy { $0.perturbed == [Float](repeating: 1.5, count: 50) && $0.steps == 0 })
  }

  @Test("a run that failed leaves nothing behind")
  func afterFailure() throws {
    let attacker = try Attacker(attacks(.linf), stopsEarly: true, reuses: true, width: 4)
    let expected = try Swept.outcomes(attacker)
    var count = 0
    func write(_ image: Int, _ pixels: MutablePixels) {
      _ = pixels.update(fromContentsOf: Swept.images[rows: image..<image + 1].values)
    }
    #expect(throws: Failure(.inputOutput, "full")) {
      try attacker.scheduler.run(attacker.sequence, on: Array(0..<20), labels: Swept.labels, pixels: write) { _ in
        count += 1
        if count == 9 { throw Failure(.inputOutput, "full") }
      }
    }
    #expect(try Swept.outcomes(attacker) == expected)
    try attacker.scheduler.run(attacker.sequence, on: [], labels: [], pixels: write) { _ in
      Issue.record("a result of nothing")
    }
  }

  @Test("refuses budgets that do not grow, settings that mean nothing and labels that are none")
  func refusals() throws {
    func refusal(_ attacks: [ProjectedGradientDescent], classifier: ToyNetwork = ToyNetwork()) -> Failure? {
      #expect(throws: Failure.self) {
        try Attacker(attacks, reuses: true, classifier: classifier).attack(Toy.images(1), labels: [0], images: [0])
      }
    }
    let (linf, l2) = (attacks(.linf), attacks(.l2))
    let message = "reuse keeps successes for larger budgets: let epsilon grow, as in 0.1,0.2,0.3"
    for list in [[linf[1], linf[0]], [linf[1], linf[1]], [linf[0], l2[1]]] {
      #expect(refusal(list) == Failure(.usage, message))
    }
    #expect(refusal(attacks(.linf, target: 5))?.kind == .usage)
    #expect(refusal(linf, classifier: ToyNetwork(batchSize: 2))?.kind == .internal)
  }
}
