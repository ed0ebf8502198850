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

  private func outcomes(_ attack: ProjectedGradientDescent, stopsEarly: Bool?) throws -> AttackOutcome {
    try AttackRunner(attack, stopsEarly: stopsEarly ?? false, model: network(), classifier: network())
      .attack(images, labels: Toy.labels(5), images: Array(0..<5))
  }

  @Test("the true reason, and the zero gradients", arguments: [true, false], [1, 3])
  func facts(stopsEarly: Bool, restarts: Int) throws {
    var attack = ProjectedGradientDescent(epsilon: 0.01, steps: 3, stepSize: 0.005, start: .clean)
    (attack.loss, attack.restarts) = (.margin, restarts)
    let outcome = try outcomes(attack, stopsEarly: stopsEarly)
    #expect(outcome.failures == [nil, .pixels, .gradient, nil, nil])
    #expect(outcome.failed == [false, true, true, false, false])
    #expect(outcome.zeroGradients == [false, false, false, true, false])
    #expect(outcome.distances[1] == 0 && outcome.distances[2] == 0)
  }

  @Test("only the first step counts, and only where it is taken")
  func firstStep() throws {
    // From a random start the image is not all zero any more.
    let random = ProjectedGradientDescent(epsilon: 0.01, steps: 2, stepSize: 0.005, restarts: 2)
    #expect(try outcomes(random, stopsEarly: nil).zeroGradients == [Bool](repeating: false, count: 5))
    for attack in [
      ProjectedGradientDescent(epsilon: 0.01, steps: 0, stepSize: 0.005, start: .clean),
      .fastGradientSign(epsilon: 0),
    ] {
      #expect(try outcomes(attack, stopsEarly: nil).zeroGradients == [Bool](repeating: false, count: 5))
    }
  }

  @Test("a workspace forgets what the batch before was")
  func forgets() throws {
    let attack = ProjectedGradientDescent.fastGradientSign(epsilon: 0.01)
    let runner = try AttackRunner(attack, model: network(), classifier: network())
    _ = try runner.attack(images, labels: Toy.labels(5), images: Array(0..<5))
    var sound = images
    for i in 0..<250 { sound.values[i] = 0.5 }
    let outcome = try runner.attack(sound, labels: Toy.labels(5), images: Array(0..<5))
    #expect(!outcome.failed.contains(true) && !outcome.zeroGradients.contains(true))
  }

  @Test("a success kept from a smaller budget had its own gradient")
  func reused() throws {
    let attacks = [0.05, 0.1].map { ProjectedGradientDescent(epsilon: $0, steps: 3, stepSize: 0.05, start: .clean) }
    let sweep = try AttackSweep(attacks, reuses: true, model: ToyNetwork(), classifier: ToyNetwork())
    let outcomes = try Swept.outcomes(sweep)
    #expect(outcomes.contains { $0.origin != nil })
    #expect(outcomes.allSatisfy { !$0.hadZeroGradient && $0.failure == nil })
  }
}
