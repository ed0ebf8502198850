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
  var epsilon: Float {
    let sparse: Float = ["jsma": 2, "sparsefool": 4][name] ?? 1
    return [.linf: 0.04, .l2: name == "salt-and-pepper" ? 1 : 0.25, .l1: 0.9, .l0: sparse][norm] ?? 0
  }

  /// A request for few steps and queries.
  func request(epsilon: Float? = nil, seed: UInt64 = 3) throws -> AttackRequest {
    let description = try #require(AttackCatalogue[name])
    var request = AttackRequest()
    (request.norm, request.seed) = (norm, seed)
    if description.budget != .none { request.epsilon = Double(epsilon ?? self.epsilon) }
    if description.settings.contains(.steps), name != "fgsm" { request.steps = description.isSlow ? 150 : 8 }
    if description.settings.contains(.searches) { request.values[.searches] = .integer(6) }
    if description.settings.contains(.diversity) { request.values[.diversity] = .number(0.5) }
    if description.settings.contains(.samples) { request.values[.samples] = .integer(6) }
    if description.settings.contains(.queries) || name == "ensemble" { request.queries = 25 }
    if name == "ensemble" { request.members = norm == .linf ? ["square", "fgsm", "pgd"] : ["square", "pgd"] }
    return request
  }

  func attack(epsilon: Float? = nil, seed: UInt64 = 3) throws -> any Attack {
    let attack = try #require(AttackCatalogue[name]).attack(request(epsilon: epsilon, seed: seed))
    try attack.validate(classCount: 5)
    return attack
  }

  func results(
    _ attack: (any Attack)? = nil, order: [Int] = Array(0..<20), width: Int? = nil, model: ToyNetwork = ToyNetwork(),
    stopsEarly: Bool = false
  ) throws -> [AttackResult] {
    try Swept.outcomes(
      Attacker(
        [attack ?? self.attack()], stopsEarly: stopsEarly, model: model,
        classifier: ToyNetwork(batchSize: model.batchSize), width: width), order: order)
  }

  /// The results for other images in the places of the usual ones.
  func results(for images: Tensor) throws -> [AttackResult] {
    try Attacker([attack()]).attack(images, labels: Swept.labels, images: Array(100..<120))
  }

  /// Whether some of its numbers are random; of these three only with other starts or restarts.
  var draws: Bool {
    AttackCatalogue[name]?.settings.contains(.seed) == true && !["fgsm", "fab", "fab-t"].contains(name)
  }

  /// Whether it ends within a ball.
  var hasBudget: Bool { AttackCatalogue[name]?.budget != AttackDescription.Budget.none }
}

extension AttackDescription {
  /// Whether eight steps lead nowhere: attacks that follow a schedule of many.
  fileprivate var isSlow: Bool {
    ["cw", "ead", "ddn", "fmn", "pdpgd", "sigma-zero", "salt-and-pepper", "boundary"].contains(name)
  }
}

@Suite("Every attack of the catalogue")
struct CatalogueTests {
  @Test("has a name of its own, and the settings it says in records")
  func names() throws {
    let names = AttackCatalogue.all.map(\.name)
    #expect(Set(names).count == names.count && names.count >= 15)
    #expect(AttackCatalogue["pgd"]?.name == "pgd" && AttackCatalogue["none"] == nil)
    for entry in Entry.all {
      let description = try #require(AttackCatalogue[entry.name])
      let told = try entry.attack().parameters.map(\.setting)
      #expect(Set(told).count == told.count)
      // A target is told where there is one, a projection and a direction where they are not the customary ones.
      for setting in description.settings where ![.target, .projection, .direction].contains(setting) {
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

  @Test("stays within ball and range, at the range's ends too, and its distance is what it says", arguments: Entry.all)
  func bounds(entry: Entry) throws {
    let saturated = Tensor(Swept.images.shape, Swept.images.values.map { $0.rounded() })
    for images in [Swept.images, saturated] {
      for result in try entry.results(for: images) {
        #expect(result.perturbed.allSatisfy { $0 >= 0 && $0 <= 1 } && result.failure == nil)
        let clean = images[rows: result.place..<result.place + 1]
        let bound = Bound(norm: entry.norm, epsilon: .infinity)
        let distance = bound.distances(of: Tensor(clean.shape, result.perturbed), from: clean)[0]
        #expect(result.distance == distance && (distance <= entry.epsilon || !entry.hasBudget))
      }
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

  @Test("hands over a perturbed image always, or only one that fools, as it says", arguments: Entry.all)
  func perturbs(entry: Entry) throws {
    let description = try #require(AttackCatalogue[entry.name])
    let results = try entry.results()
    let unbroken = results.filter { $0.perturbedClass == Swept.labels[$0.place] }
    #expect(!unbroken.isEmpty || description.budget == .none)
    if description.perturbsAlways {
      #expect(results.allSatisfy { $0.distance > 0 })
    } else {
      #expect(unbroken.allSatisfy { $0.distance == 0 })
    }
  }

  @Test("with epsilon 0 gives back the clean images", arguments: Entry.all)
  func epsilonZero(entry: Entry) throws {
    guard entry.hasBudget else { return }
    let results = try entry.results(entry.attack(epsilon: 0))
    #expect(results.flatMap(\.perturbed) == Swept.images.values)
    #expect(results.allSatisfy { $0.distance == 0 && $0.failure == nil })
  }

  @Test(
    "gives every image what it has alone, in any order, batch and shard, and again", arguments: Entry.all,
    [false, true])
  func independence(entry: Entry, stopsEarly: Bool) throws {
    let expected = try entry.results(stopsEarly: stopsEarly)
    #expect(try entry.results(stopsEarly: stopsEarly) == expected)
    let shards = (0..<3).map { (batch: 5, width: 3, order: Array(stride(from: $0, to: 20, by: 3))) }
    let runs = [(1, 1, [4, 0, 19]), (8, 3, Array((0..<20).reversed())), (30, 30, [7, 3, 7, 12])] + shards
    for (batch, width, order) in runs {
      let model = ToyNetwork(batchSize: batch)
      for result in try entry.results(order: order, width: width, model: model, stopsEarly: stopsEarly) {
        let alone = expected[order[result.place]]
        #expect((result.perturbed, result.distance) == (alone.perturbed, alone.distance))
        #expect((result.cost, result.steps, result.member) == (alone.cost, alone.steps, alone.member))
        #expect((result.naturalLogits, result.perturbedLogits) == (alone.naturalLogits, alone.perturbedLogits))
      }
    }
  }

  @Test("draws by its seed and the image's index, if at all", arguments: Entry.all)
  func seeds(entry: Entry) throws {
    let one = try entry.results()
    #expect(try (one != entry.results(entry.attack(seed: 4))) == entry.draws)
    let elsewhere = try Attacker([entry.attack()])
      .attack(Swept.images, labels: Swept.labels, images: Array(200..<220))
    #expect((one != elsewhere) == entry.draws)
  }

  @Test("stopped early, fools whom it fools, with no more steps, and leaves survivors alike", arguments: Entry.all)
  func earlyStop(entry: Entry) throws {
    let (whole, early) = (try entry.results(), try entry.results(stopsEarly: true))
    for (before, after) in zip(whole, early) {
      let label = Swept.labels[before.place]
      #expect(before.perturbedClass == label || after.perturbedClass != label)
      #expect(after.steps <= before.steps && after.failure == nil)
      #expect(after.distance <= entry.epsilon || !entry.hasBudget)
      if !Swept.hasReached(after, image: before.place) { #expect(after.perturbed == before.perturbed) }
    }
  }

  @Test("leaves an image unharmed whose gradient is not a number, and says so", arguments: Entry.all)
  func broken(entry: Entry) throws {
    guard AttackCatalogue[entry.name]?.asksForGradients == true else { return }
    let model = ToyNetwork()
    model.breaksAbove = -1
    // A member without gradients may still break images, or find that it cannot.
    let isMixed = ["autoattack", "ensemble"].contains(entry.name)
    let asked = try entry.results(model: model).filter { $0.cost.backwards > 0 }
    #expect(asked.count >= (entry.name == "ensemble" ? 7 : 16))
    for result in asked {
      #expect(result.failure == (isMixed ? nil : .gradient) && (result.member ?? "square") == "square")
      if result.member != nil { continue }
      #expect(result.distance == 0 && result.perturbedLogits == result.naturalLogits)
      #expect(result.perturbed == Swept.images[rows: result.place..<result.place + 1].values)
    }
  }

  @Test("gives back an image that is none, bit for bit, and does to its companions what it does", arguments: Entry.all)
  func noImage(entry: Entry) throws {
    var images = Swept.images
    for (row, value) in [(2, Float.nan), (11, 1.5)] { images.values[row * 50 + 7] = value }
    let expected = try entry.results()
    for result in try entry.results(for: images) {
      let clean = images[rows: result.place..<result.place + 1].values
      if [2, 11].contains(result.place) {
        #expect(result.failure == .pixels && result.distance == 0 && result.cost == AttackCost())
        #expect(result.perturbed.map(\.bitPattern) == clean.map(\.bitPattern))
      } else {
        #expect(result == expected[result.place])
      }
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
