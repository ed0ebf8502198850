import Attacks
import Networks
import Tensors
import TestSupport
import Testing

/// A network that costs nothing: one slope everywhere, and equal logits but for the first class, so it is never fooled;
/// or one that is where pixels are far from grey.
private final class FlatNetwork: DifferentiableClassifier {
  let imageShape: Shape = [1, 10, 10]
  let classCount = 5
  let batchSize = 4
  private let isFlat: Bool

  init(isFlat: Bool = true) { self.isFlat = isFlat }

  func forward(_ pixels: Tensor, rows: Int, into logits: inout Tensor) { forward(pixels, into: &logits) }

  func forward(_ pixels: Tensor, into logits: inout Tensor) {
    for row in 0..<batchSize {
      logits.values[row * classCount] = 1
      if isFlat { continue }
      var sum: Float = 0
      for place in 0..<100 { sum += abs(pixels.values[row * 100 + place] - 0.5) }
      logits.values[row * classCount + 1] = sum / 12
    }
  }

  func backward(_ logitGradient: Tensor, into gradient: inout Tensor) {
    for i in gradient.values.indices { gradient.values[i] = 0.5 }
  }
}

@Suite("Memory of attacks")
struct AllocationTests {
  @Test("the count is right")
  func counting() throws {
    var kept: [[Int]] = []
    kept.reserveCapacity(8)
    // Sizes that the compiler does not know, lest it makes the arrays itself.
    let sizes = (1...7).map { $0 + CommandLine.arguments.count }
    guard let count = Allocations.count({ for size in sizes { kept.append([Int](repeating: 1, count: size)) } }) else {
      return
    }
    #expect(count == 7)
    #expect(Allocations.count({ for i in kept.indices { kept[i][0] += 1 } }) == 0)
  }

  /// How often an attack on four images allocates, and how many steps it takes for all of them.
  private func count(
    _ attack: any Attack, stopsEarly: Bool, network: FlatNetwork = FlatNetwork()
  ) throws -> (allocations: Int?, steps: Int) {
    let attacker = try Attacker([attack], stopsEarly: stopsEarly, model: network, classifier: network)
    let pixels = Tensor([4, 1, 10, 10], filledWith: 0.5)
    _ = try attacker.attack(pixels, labels: [0, 0, 0, 0], images: [0, 1, 2, 3])
    var steps = 0
    let allocations = try Allocations.count {
      steps = try attacker.attack(pixels, labels: [0, 0, 0, 0], images: [0, 1, 2, 3]).map(\.steps).reduce(0, +)
    }
    return (allocations, steps)
  }

  @Test("a step allocates nothing, whatever is climbed", arguments: Norm.lengths, AttackLoss.allCases)
  func steps(norm: Norm, loss: AttackLoss) throws {
    for stopsEarly in [false, true] {
      let counts = try [3, 40].map { steps in
        let attack = ProjectedGradientDescent(norm: norm, epsilon: 0.4, steps: steps, stepSize: 0.01, loss: loss)
        return try count(attack, stopsEarly: stopsEarly).allocations
      }
      #expect(counts[0] == counts[1], "\(counts), early stop \(stopsEarly)")
    }
  }

  /// Those that can be of several lengths; of AutoAttack and the fast evaluation the members are here, and an ensemble.
  /// The saliency map attack, those by decisions and those by L-BFGS take no step where all is flat.
  private static let entries = Entry.all.filter {
    !["fgsm", "autoattack", "evaluate-fast", "jsma", "hop-skip-jump", "boundary", "lbfgs", "stadv"].contains($0.name)
  }

  @Test("no step of any attack allocates", arguments: entries, [false, true])
  func steps(entry: Entry, stopsEarly: Bool) throws {
    let counts = try [30, 120].map { length in
      var request = try entry.request()
      (request.steps, request.queries) = (length, length)
      if entry.name == "noise" { request.restarts = length }
      return try count(#require(AttackCatalogue[entry.name]).attack(request), stopsEarly: stopsEarly)
    }
    #expect(counts[0].steps < counts[1].steps && counts[0].allocations == counts[1].allocations, "\(counts)")
  }

  @Test("nor does one along a boundary", arguments: ["hop-skip-jump", "boundary"])
  func decisions(name: String) throws {
    let counts = try [30, 120].map { steps in
      var request = AttackRequest()
      (request.norm, request.steps) = (.l2, steps)
      if name == "hop-skip-jump" { request.values[.samples] = .integer(6) }
      let attack = try #require(AttackCatalogue[name]).attack(request)
      return try count(attack, stopsEarly: false, network: FlatNetwork(isFlat: false))
    }
    #expect(counts[0].steps == 120 && counts[1].steps == 480 && counts[0].allocations == counts[1].allocations)
  }
}
