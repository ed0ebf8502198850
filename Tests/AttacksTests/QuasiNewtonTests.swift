import Attacks
import Failures
import Networks
import Tensors
import TestSupport
import Testing

/// A network whose second logit has ripples in every pixel, and that is never fooled: minimising on it takes many steps.
private final class RippledNetwork: DifferentiableClassifier {
  let imageShape: Shape = [1, 10, 10]
  let classCount = 5
  let batchSize = 4
  private var slopes = [Float](repeating: 0, count: 400)

  func forward(_ pixels: Tensor, rows: Int, into logits: inout Tensor) { forward(pixels, into: &logits) }

  func forward(_ pixels: Tensor, into logits: inout Tensor) {
    for row in 0..<batchSize {
      var sum: Float = 0
      for i in 0..<100 {
        // A cubic ripple, with its slope.
        let x = pixels.values[row * 100 + i] - Float(i % 10) / 10
        sum += x - 2 * x * x * x
        slopes[row * 100 + i] = 1 - 6 * x * x
      }
      logits.values[row * classCount] = 200
      logits.values[row * classCount + 1] = 100 + sum
    }
  }

  func backward(_ logitGradient: Tensor, into gradient: inout Tensor) {
    for row in 0..<batchSize {
      let weight = logitGradient.values[row * classCount + 1]
      for i in 0..<100 { gradient.values[row * 100 + i] = weight * slopes[row * 100 + i] }
    }
  }
}

@Suite("Attacks by L-BFGS")
struct QuasiNewtonTests {
  @Test("come as near as SciPy's searches, image by image", arguments: GoldenRun.read("lbfgs"))
  func distances(_ run: GoldenRun) throws {
    let kind = try #require(ToyNetwork.Kind(rawValue: run.network))
    let found = try Attacker(run.attackByName(), model: ToyNetwork(kind), classifier: ToyNetwork(kind))
      .attack(run.pixels, labels: run.labels, images: run.images)
    #expect(found.count == 4)
    for (row, result) in found.enumerated() {
      let target = run.settings?["target"].map { Int($0) }
      let isFooled = target.map { result.perturbedClass == $0 } ?? (result.perturbedClass != run.labels[row])
      let (fooled, distance) = (run.fooled?[row], try #require(run.distance)[row])
      #expect(isFooled == fooled && result.distance <= distance * 1.01, "\(result.distance), not \(distance)")
    }
  }

  @Test("the fixture holds its cases")
  func fixture() { #expect(GoldenRun.read("lbfgs").count == 4) }

  private func results(_ attack: any Attack) throws -> [AttackResult] { try Swept.outcomes(Attacker([attack])) }

  /// Those of the usual images that are taken for what they are.
  private func broken(_ results: [AttackResult]) -> [AttackResult] {
    results.filter { Swept.labels[$0.place] == $0.naturalClass && $0.distance > 0 }
  }

  @Test("towards several classes come as near as towards the best of them")
  func targets() throws {
    let untargeted = try results(BoxConstrainedLBFGS(searches: 5, targetCount: 4))
    let one = try results(BoxConstrainedLBFGS(searches: 5, targetCount: 1))
    let each = try (0..<5).map { try results(BoxConstrainedLBFGS(searches: 5, target: $0)) }
    #expect(broken(untargeted).count == 16)
    for result in broken(untargeted) {
      let towards = each.map { $0[result.place] }.filter { $0.distance > 0 && $0.perturbedClass != result.naturalClass }
      // On its way towards one class an image may become another, which counts without a target.
      let least = towards.map(\.distance).min() ?? 0
      #expect(result.distance <= least && result.distance <= one[result.place].distance)
      #expect(result.cost.backwards > one[result.place].cost.backwards)
    }
    let steps = untargeted.map(\.steps).max() ?? 0
    #expect(steps <= BoxConstrainedLBFGS(searches: 5, targetCount: 4).mostSteps && steps > 5 * 4)
  }

  @Test("look up an image that fools elsewhere, or give it back as it was", arguments: [nil, 2] as [Int?], [0, 0.5])
  func flows(target: Int?, confidence: Float) throws {
    let attack = SpatialTransformation(steps: 60, confidence: confidence, target: target)
    for result in try results(attack) {
      let image = Swept.images[rows: result.place..<result.place + 1].values
      guard result.distance > 0 else {
        #expect(result.perturbed == image)
        continue
      }
      let predicted = result.perturbedClass
      #expect(target.map { predicted == $0 } ?? (predicted != Swept.labels[result.place]))
      let lead = (0..<5).filter { $0 != (target ?? Swept.labels[result.place]) }.map { result.perturbedLogits[$0] }
        .max()
      let gap = (lead ?? 0) - result.perturbedLogits[target ?? Swept.labels[result.place]]
      #expect((target == nil ? gap : -gap) >= confidence - 1e-4)
      // Every value is one of its channel's, blended.
      for channel in 0..<2 {
        let (before, after) = (
          image[channel * 25..<channel * 25 + 25], result.perturbed[channel * 25..<channel * 25 + 25]
        )
        #expect((after.min() ?? -1) >= (before.min() ?? 0) && (after.max() ?? 2) <= (before.max() ?? 1))
      }
    }
    #expect(try broken(results(attack)).count >= (target == nil ? 12 : 4))
  }

  @Test("look for a smoother flow with more searches")
  func searches() throws {
    let (one, many) = (SpatialTransformation(searches: 1), SpatialTransformation(searches: 6))
    #expect(one.budget == nil && one.norm == .linf && one.mostSteps == 100 && many.mostSteps == 600)
    let (few, more) = (try broken(results(one)), try broken(results(many)))
    #expect(Set(few.map(\.place)).isSubset(of: Set(more.map(\.place))))
    let costs = zip(few.map(\.cost.forwards).sorted(), more.map(\.cost.forwards).sorted())
    #expect(costs.allSatisfy { $0 < $1 })
  }

  /// How often an attack on four images allocates, and how many steps it takes.
  private func count(_ attack: any Attack) throws -> (allocations: Int?, steps: Int) {
    let network = RippledNetwork()
    let attacker = try Attacker([attack], model: network, classifier: network)
    let pixels = Tensor([4, 1, 10, 10], (0..<400).map { Float($0 * 37 % 101) / 100 })
    _ = try attacker.attack(pixels, labels: [0, 0, 0, 0], images: [0, 1, 2, 3])
    var steps = 0
    // The runtime's own tables may grow at any time; the least of several counts is the attack's.
    let counts = try (0..<10).map { _ in
      try Allocations.count {
        steps = try attacker.attack(pixels, labels: [0, 0, 0, 0], images: [0, 1, 2, 3]).map(\.steps).reduce(0, +)
      }
    }
    return (counts.compactMap { $0 }.min(), steps)
  }

  @Test("allocate nothing on their way", arguments: ["lbfgs", "stadv"])
  func allocations(name: String) throws {
    let counts = try [(2, 3), (12, 7)].map { steps, searches in
      var request = AttackRequest()
      (request.norm, request.steps) = (name == "lbfgs" ? .l2 : .linf, steps)
      request.values[.searches] = .integer(searches)
      return try count(#require(AttackCatalogue[name]).attack(request))
    }
    // One or two of the runtime's own may be among either's; hundreds of further steps would allocate hundreds.
    let (few, many) = (counts[0].allocations ?? 0, counts[1].allocations ?? 0)
    let further = counts[1].steps - counts[0].steps
    #expect(further > 100 && many - few < further / 10, "\(counts)")
  }

  @Test(
    "settings that mean nothing are refused",
    arguments: [
      ("0 searches: give 1 or more", BoxConstrainedLBFGS(searches: 0)),
      ("0 steps: give 1 or more", BoxConstrainedLBFGS(steps: 0)),
      ("0 targets: give 1 or more", BoxConstrainedLBFGS(targetCount: 0)),
      ("3 targets: there is a target; leave out one of the two", BoxConstrainedLBFGS(targetCount: 3, target: 1)),
      ("target 5: the model's classes are 0 to 4", BoxConstrainedLBFGS(target: 5)),
      ("0 steps: give 1 or more", SpatialTransformation(steps: 0)),
      ("0 searches: give 1 or more", SpatialTransformation(searches: 0)),
      ("confidence -1.0: give a finite number, 0 or more", SpatialTransformation(confidence: -1)),
      ("target 5: the model's classes are 0 to 4", SpatialTransformation(target: 5)),
    ] as [(String, any Attack)])
  func refusals(_ message: String, _ attack: any Attack) throws {
    #expect(throws: Failure(.usage, message)) { try attack.validate(classCount: 5) }
  }
}
