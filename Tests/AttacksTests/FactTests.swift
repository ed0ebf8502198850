import Attacks
import Networks
import Tensors
import Testing

/// What is told of an image beside its pixels: why an attack failed, and whether it had a gradient at all.
@Suite("What attacks tell of an image")
struct FactTests {
  /// Five images of which the second is no image, the third breaks the gradient, and the fourth is without one.
  private var images: Tensor {
    var images = Toy.images(5)
    for row in 0..<5 { images.values[row * 50] = 0.25 }
    images.values[50] = .nan
    images.values[100] = 1
    for i in 150..<200 { images.values[i] = 0 }
    return images
  }

  /// Through a ReLU that is off where all pixels are zero, so that no gradient comes back.
  private func network() -> ToyNetwork {
    let network = ToyNetwork(batchSize: 5)
    network.layers[0].bias = network.layers[0].bias.map { _ in 0 }
    network.breaksAbove = 0.9
    return network
  }

  private func results(_ attack: ProjectedGradientDescent, stopsEarly: Bool = false) throws -> [AttackResult] {
    try Attacker(attack, stopsEarly: stopsEarly, model: network(), classifier: network())
      .attack(images, labels: Toy.labels(5), images: Array(0..<5))
  }

  @Test("the true reason, and the zero gradients", arguments: [true, false], [1, 3])
  func facts(stopsEarly: Bool, restarts: Int) throws {
    var attack = ProjectedGradientDescent(epsilon: 0.01, steps: 3, stepSize: 0.005, start: .clean)
    (attack.loss, attack.restarts) = (.margin, restarts)
    let results = try results(attack, stopsEarly: stopsEarly)
    #expect(results.failures == [nil, .pixels, .gradient, nil, nil])
    #expect(results.map(\.hadZeroGradient) == [false, false, false, true, false])
    #expect(results[1].distance == 0 && results[2].distance == 0)
  }

  @Test("only the first step counts, and only where it is taken")
  func firstStep() throws {
    // From a random start the image is not all zero any more.
    let random = ProjectedGradientDescent(epsilon: 0.01, steps: 2, stepSize: 0.005, restarts: 2)
    #expect(try results(random).allSatisfy { !$0.hadZeroGradient })
    for attack in [
      ProjectedGradientDescent(epsilon: 0.01, steps: 0, stepSize: 0.005, start: .clean),
      .fastGradientSign(epsilon: 0),
    ] {
      #expect(try results(attack).allSatisfy { !$0.hadZeroGradient })
    }
  }

  @Test("a scheduler forgets what the batch before was")
  func forgets() throws {
    let attack = ProjectedGradientDescent.fastGradientSign(epsilon: 0.01)
    let attacker = try Attacker(attack, model: network(), classifier: network())
    _ = try attacker.attack(images, labels: Toy.labels(5), images: Array(0..<5))
    var sound = images
    for i in 0..<250 { sound.values[i] = 0.5 }
    let results = try attacker.attack(sound, labels: Toy.labels(5), images: Array(0..<5))
    #expect(results.allSatisfy { $0.failure == nil && !$0.hadZeroGradient })
  }

  @Test("a success kept from a smaller budget had its own gradient")
  func reused() throws {
    let attacks = [0.05, 0.1].map { ProjectedGradientDescent(epsilon: $0, steps: 3, stepSize: 0.05, start: .clean) }
    let outcomes = try Swept.outcomes(Attacker(attacks, reuses: true))
    #expect(outcomes.contains { $0.origin != nil })
    #expect(outcomes.allSatisfy { !$0.hadZeroGradient && $0.failure == nil })
  }
}
