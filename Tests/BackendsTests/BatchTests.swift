import Networks
import Programs
import Tensors
import Testing

/// What an image's result must not depend on, bit for bit, in random networks.
@Suite("Images do not mix")
struct BatchTests {
  static let seeds = Array(200..<216)

  /// Each image's logits and gradient, as bits, so that NaN equals NaN.
  private func answers(_ engine: RandomEngine, _ step: RandomNetwork.Step) throws -> [[UInt32]] {
    let (logits, gradient) = try engine.evaluate(step)
    let inferred = try engine.infer(step)
    let count = engine.network.batchSize
    return (0..<count).map { image in
      [logits, gradient, inferred].flatMap { numbers in
        let length = numbers.count / count
        return numbers[image * length..<(image + 1) * length].map(\.bitPattern)
      }
    }
  }

  /// `step` with its images in another order.
  private func reordered(_ step: RandomNetwork.Step, _ order: [Int]) -> RandomNetwork.Step {
    func rows(_ tensor: Tensor) -> Tensor { Tensor(tensor.shape, order.flatMap { tensor[rows: $0..<$0 + 1].values }) }
    return .init(pixels: rows(step.pixels), masks: [], logitGradient: rows(step.logitGradient))
  }

  @Test("a slot in batches of any size", arguments: seeds, [2, 3, 17, 128])
  func slots(seed: Int, batchSize: Int) throws {
    let network = try RandomNetwork(seed: seed, batchSize: batchSize)
    for backend in TestBackends.all {
      let engine = try RandomEngine(network, on: backend.make(2))
      let straight = try answers(engine, network.steps[0])
      for order in [Array((0..<batchSize).reversed()), (0..<batchSize).map { ($0 + 1) % batchSize }] {
        let moved = try answers(engine, reordered(network.steps[0], order))
        #expect(moved == order.map { straight[$0] }, "\(backend.name): \(network)")
      }
      // What came before is forgotten.
      #expect(try answers(engine, network.steps[0]) == straight, "\(backend.name): \(network)")
    }
  }

  @Test("the batch's size changes rounding at most", arguments: seeds, TestBackends.all)
  func sizes(seed: Int, backend: TestBackend) throws {
    let large = try RandomNetwork(seed: seed, batchSize: 17)
    let expected = try RandomEngine(large, on: backend.make(2)).infer(large.steps[0])
    let scale = expected.reduce(1e-30) { max($0, abs($1)) }
    for size in [1, 2, 3] {
      let small = try RandomNetwork(seed: seed, batchSize: size)
      let step = RandomNetwork.Step(
        pixels: large.steps[0].pixels[rows: 17 - size..<17], masks: [],
        logitGradient: large.steps[0].logitGradient[rows: 17 - size..<17])
      let logits = try RandomEngine(small, on: backend.make(2)).infer(step)
      let errors = zip(logits, expected.suffix(logits.count)).map { abs($0 - $1) / scale }
      #expect(errors.allSatisfy { $0 < 1e-5 }, "\(size) images of \(large)")
    }
  }

  @Test("numbers that are none stay in their image", arguments: seeds, [Float.nan, .infinity, -.infinity])
  func poison(seed: Int, value: Float) throws {
    let network = try RandomNetwork(seed: seed, batchSize: 3)
    let count = network.graph.imageShape.count
    for backend in TestBackends.all {
      let engine = try RandomEngine(network, on: backend.make(2))
      let clean = try answers(engine, network.steps[0])
      for image in 0..<3 {
        var pixels = network.steps[0].pixels
        for i in image * count..<(image + 1) * count { pixels.values[i] = value }
        let step = RandomNetwork.Step(
          pixels: pixels, masks: [], logitGradient: network.steps[0].logitGradient)
        let poisoned = try answers(engine, step)
        for other in 0..<3 where other != image {
          #expect(poisoned[other] == clean[other], "\(backend.name), image \(image): \(network)")
        }
        #expect(try answers(engine, network.steps[0]) == clean, "\(backend.name), afterwards: \(network)")
      }
    }
  }
}
