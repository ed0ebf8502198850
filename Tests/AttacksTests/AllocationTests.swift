import Attacks
import Networks
import Tensors
import TestSupport
import Testing

/// A network that costs nothing: one slope everywhere, and equal logits but for the first class.
private final class FlatNetwork: DifferentiableClassifier {
  let imageShape: Shape = [1, 4, 4]
  let classCount = 3
  let batchSize = 4

  func forward(_ pixels: Tensor, into logits: inout Tensor) {
    for row in 0..<batchSize { logits.values[row * classCount] = 1 }
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

  @Test("a step allocates nothing, whatever the attack", arguments: Norm.allCases, AttackLoss.allCases)
  func steps(norm: Norm, loss: AttackLoss) throws {
    for stopsEarly in [false, true] {
      let counts = try [3, 40].map { steps in
        let network = FlatNetwork()
        let attack = ProjectedGradientDescent(norm: norm, epsilon: 0.4, steps: steps, stepSize: 0.01, loss: loss)
        let attacker = try Attacker(attack, stopsEarly: stopsEarly, model: network, classifier: network)
        let pixels = Tensor([4, 1, 4, 4], filledWith: 0.5)
        _ = try attacker.attack(pixels, labels: [0, 0, 0, 0], images: [0, 1, 2, 3])
        return try Allocations.count { _ = try attacker.attack(pixels, labels: [0, 0, 0, 0], images: [0, 1, 2, 3]) }
      }
      #expect(counts[0] == counts[1], "\(counts), early stop \(stopsEarly)")
    }
  }
}
