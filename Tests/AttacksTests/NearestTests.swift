import Attacks
import Failures
import Networks
import Tensors
import Testing

/// Attacks that look for the nearest image, under several budgets and none, and the search that makes others do so.
@Suite("The nearest image that fools")
struct NearestTests {
  private func results(_ attacks: [any Attack], order: [Int] = Array(0..<20), width: Int? = nil) throws
    -> [AttackResult]
  {
    try Swept.outcomes(Attacker(attacks, model: ToyNetwork(), classifier: ToyNetwork(), width: width), order: order)
  }

  private static let budgets: [Float] = [0.1, 0.3, 0.6]

  /// Those of the catalogue that search by gradients and know the 2-norm.
  private static let names = ["ddn", "fmn", "minimal-apgd", "pdpgd", "cw"]

  private func search(_ name: String, epsilon: Float?) throws -> any Attack {
    var request = AttackRequest()
    (request.norm, request.epsilon, request.steps) = (.l2, epsilon.map(Double.init), 120)
    if name == "cw" { request.values[.searches] = .integer(6) }
    return try #require(AttackCatalogue[name]).attack(request)
  }

  @Test("several budgets are answered by one search, each as alone", arguments: names)
  func shared(name: String) throws {
    let alone = try Self.budgets.map { try results([search(name, epsilon: $0)]) }
    let unbounded = try results([search(name, epsilon: nil)])
    let together = try results(Self.budgets.map { try search(name, epsilon: $0) })
    #expect(together.map(\.attack) == (0..<60).map { $0 % 3 })
    for (image, found) in together.enumerated().map({ ($0.offset / 3, $0.element) }) {
      let expected = alone[found.attack][image]
      #expect((found.perturbed, found.distance) == (expected.perturbed, expected.distance))
      #expect((found.perturbedLogits, found.naturalLogits) == (expected.perturbedLogits, expected.naturalLogits))
      // What the search cost is told once.
      #expect(found.cost == (found.attack == 0 ? unbounded[image].cost : AttackCost()))
    }
    let fooled = (0..<3).map { budget in together.count { $0.attack == budget && $0.distance > 0 } }
    #expect(fooled == fooled.sorted() && fooled[0] < fooled[2])
  }

  @Test("the same search with other settings is another")
  func apart() throws {
    let attacks: [any Attack] = [
      DecoupledDirectionNorm(epsilon: 0.3, steps: 40), DecoupledDirectionNorm(epsilon: 0.6, steps: 41),
    ]
    let results = try results(attacks)
    #expect(results.contains { $0.attack == 1 && $0.cost.backwards == 41 })
  }

  private func smallest(
    _ name: String, norm: Norm = .linf, epsilon: Double = 0.02, steps: Int? = 20
  ) throws -> SmallestBudget {
    var request = AttackRequest()
    (request.norm, request.epsilon, request.steps, request.seed) = (norm, epsilon, steps, 5)
    if name == "square" { (request.steps, request.queries) = (nil, 60) }
    return try SmallestBudget(name: name, request: request)
  }

  @Test(
    "is found within a thousandth of the first budget, and less does not fool",
    arguments: ["pgd", "mi-fgsm", "square"],
    [0.005, 0.3])
  func bracket(name: String, first: Double) throws {
    let results = try results([smallest(name, epsilon: first)])
    #expect(results.count { $0.distance > 0 } == 16 && results.allSatisfy { $0.failure == nil })
    for result in results where result.distance > 0 {
      #expect(result.perturbedClass != Swept.labels[result.place])
      // Half of it fools no more; the attacks are not quite monotone.
      var request = AttackRequest()
      (request.epsilon, request.steps, request.seed) = (Double(result.distance) * 0.5, 20, 5)
      if name == "square" { (request.steps, request.queries) = (nil, 60) }
      let attack = try #require(AttackCatalogue[name]).attack(request)
      let half = try self.results([attack], order: [result.place])[0]
      #expect(half.perturbedClass == Swept.labels[result.place], "image \(result.place)")
    }
  }

  @Test("does not depend on companions, and draws by the image")
  func independence() throws {
    let attack = try smallest("pgd", norm: .l2, epsilon: 0.2)
    let whole = try results([attack])
    for result in try results([attack], order: [7, 3, 12, 0], width: 2) {
      let expected = whole[[7, 3, 12, 0][result.place]]
      #expect((result.perturbed, result.cost, result.steps) == (expected.perturbed, expected.cost, expected.steps))
    }
  }

  @Test("refuses a first budget of nothing, and attacks that look for themselves")
  func refusals() throws {
    #expect(throws: Failure.self) { try smallest("pgd", epsilon: 0).validate(classCount: 5) }
    #expect(throws: Failure.self) { try SmallestBudget(name: "ddn", request: AttackRequest()) }
    #expect(throws: Failure.self) { try smallest("pgd", steps: -1).validate(classCount: 5) }
    #expect(try smallest("pgd") == smallest("pgd") && smallest("pgd") != smallest("pgd", epsilon: 0.03))
    // A step's length follows the budget.
    #expect(try !smallest("pgd").parameters.contains { $0.setting == .stepSize })
  }

  @Test("says that an attack failed within every budget")
  func failure() throws {
    let broken = ToyNetwork()
    broken.breaksAbove = -1
    for attack in [try smallest("pgd"), MinimalAutoPGD(steps: 5)] as [any Attack] {
      for result in try Swept.outcomes(Attacker([attack], model: broken, classifier: ToyNetwork())) {
        let isAttacked = Swept.labels[result.place] == result.naturalClass
        #expect(result.failure == (isAttacked ? .gradient : nil) && result.distance == 0)
      }
    }
  }

  @Test("by Auto-PGD is found as near as the halvings are fine, within so many runs", arguments: Norm.lengths)
  func minimal(norm: Norm) throws {
    let coarse = MinimalAutoPGD(norm: norm, steps: 10, searches: 5, seed: 2)
    let fine = MinimalAutoPGD(norm: norm, steps: 10, searches: 15, seed: 2)
    let (wide, near) = (try results([coarse]), try results([fine]))
    for (before, after) in zip(wide, near) where Swept.labels[after.place] == after.naturalClass {
      #expect(after.distance > 0 && after.perturbedClass != after.naturalClass)
      // The first halvings are the same.
      #expect(before.distance == 0 || after.distance <= before.distance)
      #expect(after.steps <= fine.mostSteps && after.cost.backwards <= 15 * 13)
      // Within half of it a run by itself finds nothing.
      let attack = AutoPGD(
        norm: norm, epsilon: after.distance / 2, steps: 10, loss: .logitRatio, usesLargerRadii: norm == .l1, seed: 2)
      #expect(try results([attack], order: [after.place])[0].distance == 0)
    }
    #expect(zip(wide, near).count { $0.distance > $1.distance } > 8)
  }

  @Test("no search of Carlini and Wagner's or the elastic net ends before its last step, and more find nothing farther")
  func wholeSearches() throws {
    let few: [any Attack] = [CarliniWagner(steps: 30, searches: 2), ElasticNet(steps: 30, searches: 2)]
    let many: [any Attack] = [CarliniWagner(steps: 30, searches: 6), ElasticNet(steps: 30, searches: 6)]
    for (one, two) in zip(try results(few), try results(many)) where Swept.labels[one.place] == one.naturalClass {
      #expect((one.steps, two.steps) == (60, 180) && two.cost.backwards == 180)
      #expect(one.distance == 0 || two.distance > 0 && two.distance <= one.distance)
    }
  }

  @Test("in the maximum norm comes nearer with every search, and a lead of the wrong logit costs distance")
  func largestChange() throws {
    let few = try results([CarliniWagnerLinf(steps: 30, searches: 6, learningRate: 0.05)])
    let many = try results([CarliniWagnerLinf(steps: 30, learningRate: 0.05)])
    let sure = try results([CarliniWagnerLinf(steps: 30, confidence: 0.5, learningRate: 0.05)])
    for ((one, two), three) in zip(zip(few, many), sure) where Swept.labels[two.place] == two.naturalClass {
      #expect(two.distance > 0 && two.distance <= one.distance && two.distance < 1)
      #expect(two.steps > one.steps && two.steps <= 30 * CarliniWagnerLinf.mostSearches && one.steps <= 30 * 6)
      let label = Swept.labels[three.place]
      let others = three.perturbedLogits.indices.filter { $0 != label }.map { three.perturbedLogits[$0] }
      #expect((others.max() ?? 0) > three.perturbedLogits[label] + 0.4999)
    }
  }

  @Test("contrast goes part by part, and ends at the first that fools", arguments: [1, 7, 40])
  func contrast(parts: Int) throws {
    let results = try results([ContrastReduction(steps: parts)])
    #expect(results.count == 20)
    let costs = results.map(\.cost.backwards)
    let failures = results.compactMap(\.failure)
    #expect(costs.allSatisfy { $0 == 0 } && failures.isEmpty)
    var fooled = 0
    for result in results where Swept.labels[result.place] == result.naturalClass {
      let image = Swept.images[rows: result.place..<result.place + 1].values
      guard result.distance > 0 else {
        #expect(result.perturbed == image && result.steps == parts && result.cost.forwards == parts)
        continue
      }
      fooled += 1
      let share = Float(result.steps) / Float(parts)
      #expect(zip(result.perturbed, image).allSatisfy { abs($0 - (1 - share) * $1 - share * 0.5) < 1e-6 })
      #expect(result.perturbedClass != Swept.labels[result.place] && result.cost.forwards == result.steps)
      // A part earlier it did not fool.
      let earlier = Float(result.steps - 1) / Float(parts)
      let batch = Tensor([1, 2, 5, 5], image.map { (1 - earlier) * $0 + earlier * 0.5 })
      var logits = Tensor([1, 5])
      ToyNetwork(batchSize: 1).forward(batch, into: &logits)
      let predicted = logits.values.withUnsafeBufferPointer(predictedClass)
      #expect(predicted == Swept.labels[result.place])
    }
    // All are grey at the end, and one class is right for that.
    #expect(fooled > 0 && fooled < 16)
    #expect(throws: Failure.self) { try ContrastReduction(steps: 0).validate(classCount: 5) }
  }
}
