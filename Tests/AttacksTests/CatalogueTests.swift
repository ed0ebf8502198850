import Attacks
import Failures
import Networks
import Tensors
import Testing

/// One attack of the catalogue under one norm; every test below holds for all of them.
struct Entry: Sendable, CustomTestStringConvertible {
  let name: String
  let norm: Norm

  var testDescription: String { "\(name) \(norm.rawValue)" }

  static let all = AttackCatalogue.all.flatMap { description in
    description.norms.map { Entry(name: description.name, norm: $0) }
  }

  /// A budget that fools some of the images, and not all.
  var epsilon: Float { [.linf: 0.04, .l2: 0.25, .l1: 0.9][norm] ?? 0 }

  func attack(epsilon: Float? = nil, seed: UInt64 = 3) throws -> any Attack {
    let description = try #require(AttackCatalogue[name])
    var request = AttackRequest()
    (request.norm, request.seed) = (norm, seed)
    if description.budget != .none { request.epsilon = Double(epsilon ?? self.epsilon) }
    if description.settings.contains(.steps), name != "fgsm" { request.steps = 8 }
    if description.settings.contains(.queries) || name == "ensemble" { request.queries = 25 }
    if name == "ensemble" { request.members = norm == .linf ? ["fgsm", "square", "pgd"] : ["square", "pgd"] }
    let attack = try description.attack(request)
    try attack.validate(classCount: 5)
    return attack
  }

  func results(
    _ attack: (any Attack)? = nil, order: [Int] = Array(0..<20), width: Int? = nil, model: ToyNetwork = ToyNetwork()
  ) throws -> [AttackResult] {
    try Swept.outcomes(Attacker([attack ?? self.attack()], model: model, width: width), order: order)
  }
}

@Suite("Every attack of the catalogue")
struct CatalogueTests {
  @Test("has a name of its own, and the settings it says in records")
  func names() throws {
    let names = AttackCatalogue.all.map(\.name)
    #expect(Set(names).count == names.count && names.count == 15)
    #expect(AttackCatalogue["pgd"]?.name == "pgd" && AttackCatalogue["cw"] == nil)
    for entry in Entry.all {
      let description = try #require(AttackCatalogue[entry.name])
      let told = try entry.attack().parameters.map(\.setting)
      #expect(Set(told).count == told.count)
      // A target is told where there is one.
      for setting in description.settings where setting != .target {
        #expect(told.contains(setting), "\(entry.name): \(setting)")
      }
    }
  }

  @Test("refuses a norm it does not know, and epsilons beyond all pixels")
  func refusals() throws {
    for description in AttackCatalogue.all {
      var request = AttackRequest()
      (request.epsilon, request.members) = (2, ["pgd"])
      for norm in Norm.allCases where !description.norms.contains(norm) {
        request.norm = norm
        #expect(throws: Failure.self) { try description.attack(request) }
      }
      guard description.norms.contains(.linf), description.budget != .none else { continue }
      request.norm = .linf
      let attack = try description.attack(request)
      #expect(throws: Failure.self) { try attack.validate(classCount: 5) }
    }
  }

  @Test("asks for gradients only where it says so", arguments: Entry.all)
  func needs(entry: Entry) throws {
    let description = try #require(AttackCatalogue[entry.name])
    #expect(try entry.attack().needs.contains(.gradients) == description.asksForGradients)
    let model = ToyNetwork()
    let results = try entry.results(model: model)
    #expect((model.backwards > 0) == description.asksForGradients)
    #expect(results.contains { $0.cost.backwards > 0 } == description.asksForGradients)
  }

  @Test("stays within ball and range, and its distance is what it says", arguments: Entry.all)
  func bounds(entry: Entry) throws {
    for result in try entry.results() {
      #expect(result.perturbed.allSatisfy { $0 >= 0 && $0 <= 1 } && result.failure == nil)
      let clean = Swept.images[rows: result.place..<result.place + 1]
      let bound = Bound(norm: entry.norm, epsilon: .infinity)
      let distance = bound.distances(of: Tensor(clean.shape, result.perturbed), from: clean)[0]
      #expect(result.distance == distance)
      if AttackCatalogue[entry.name]?.budget != AttackDescription.Budget.none { #expect(distance <= entry.epsilon) }
    }
  }

  @Test("fools some of the images, and the verdict is the classifier's", arguments: Entry.all)
  func fools(entry: Entry) throws {
    let results = try entry.results()
    var logits = Tensor([20, 5])
    ToyNetwork(batchSize: 20).forward(Tensor([20, 2, 5, 5], results.flatMap(\.perturbed)), into: &logits)
    #expect(results.flatMap(\.perturbedLogits) == logits.values)
    let changed = results.count { $0.perturbedClass != $0.naturalClass }
    #expect(changed > 0)
  }

  @Test("with epsilon 0 gives back the clean images", arguments: Entry.all)
  func epsilonZero(entry: Entry) throws {
    guard AttackCatalogue[entry.name]?.budget != AttackDescription.Budget.none else { return }
    let results = try entry.results(entry.attack(epsilon: 0))
    #expect(results.flatMap(\.perturbed) == Swept.images.values)
    #expect(results.allSatisfy { $0.distance == 0 && $0.failure == nil })
  }

  @Test("gives every image what it has alone, in any order and width, and again", arguments: Entry.all)
  func independence(entry: Entry) throws {
    let expected = try entry.results()
    #expect(try entry.results() == expected)
    for (width, order) in [(1, [4, 0, 19]), (3, Array((0..<20).reversed())), (8, [7, 3, 7, 12])] {
      for result in try entry.results(order: order, width: width) {
        let alone = expected[order[result.place]]
        #expect((result.perturbed, result.distance) == (alone.perturbed, alone.distance))
        #expect((result.cost, result.steps, result.member) == (alone.cost, alone.steps, alone.member))
      }
    }
  }

  @Test("draws by its seed alone, if at all", arguments: Entry.all)
  func seeds(entry: Entry) throws {
    let (one, other) = (try entry.results(), try entry.results(entry.attack(seed: 4)))
    let draws = AttackCatalogue[entry.name]?.settings.contains(.seed) == true
    if !draws { #expect(one == other) }
  }

  @Test("leaves an image unharmed whose gradient is not a number", arguments: Entry.all)
  func broken(entry: Entry) throws {
    guard AttackCatalogue[entry.name]?.asksForGradients == true else { return }
    let model = ToyNetwork()
    model.breaksAbove = -1
    for result in try entry.results(model: model) where result.failure != nil {
      #expect(result.failure == .gradient && result.distance == 0)
      #expect(result.perturbed == Swept.images[rows: result.place..<result.place + 1].values)
    }
  }

  @Test("says of an ensemble which member broke an image, and skips those that are misclassified")
  func members() throws {
    for name in ["autoattack", "evaluate-fast", "ensemble"] {
      let entry = Entry(name: name, norm: .linf)
      for result in try entry.results() {
        let isBroken = result.distance > 0
        #expect((result.member != nil) == isBroken)
        if Swept.labels[result.place] != result.naturalClass { #expect(!isBroken && result.cost == AttackCost()) }
      }
    }
  }

  @Test("breaks with an ensemble whatever a member breaks alone")
  func union() throws {
    let ensemble = try Entry(name: "ensemble", norm: .linf).results()
    for member in ["fgsm", "square", "pgd"] {
      var request = AttackRequest()
      (request.epsilon, request.seed) = (0.04, 3)
      if member == "square" { request.queries = 25 }
      let attack = try #require(AttackCatalogue[member]).attack(request)
      for result in try Swept.outcomes(Attacker([attack])) where result.perturbedClass != Swept.labels[result.place] {
        #expect(ensemble[result.place].perturbedClass != Swept.labels[result.place])
      }
    }
  }
}
