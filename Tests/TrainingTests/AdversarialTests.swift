import Attacks
import Datasets
import Networks
import Programs
import Tensors
import Testing
import Training

@Suite("PGD training")
struct AdversarialTests {
  @Test("Batches stay in the ball around what natural training sees, and use it", arguments: [Norm.linf, .l2])
  func ball(norm: Norm) throws {
    let graph = try digitsGraph()
    let data = try digits(48)
    let epsilon: Float = norm == .linf ? 0.1 : 0.5
    let attack = ProjectedGradientDescent(norm: norm, epsilon: epsilon, steps: 3, stepSize: epsilon / 2)
    let batches = try [Training.Method.natural, .pgd(attack)].map { method in
      let spy = SpyBackend(try TestBackend.all[0].make())
      _ = try run(recipe(method: method), graph, data, on: spy)
      return spy.steps.map { Tensor([16, 1, 8, 8], $0.pixels) }
    }
    #expect(batches[0].count == 6)
    #expect(batches[1].count == 6)
    for (clean, perturbed) in zip(batches[0], batches[1]) {
      let distances = attack.bound.distances(of: perturbed, from: clean)
      #expect(distances.allSatisfy { $0 <= epsilon && $0 > 0.9 * epsilon })
      #expect(perturbed.values.allSatisfy { (0...1).contains($0) })
    }
  }

  @Test("At epsilon 0 it is natural training, bit for bit", arguments: TestBackend.all)
  func nothing(backend: TestBackend) throws {
    let graph = try dropoutGraph()
    let data = try noise(40, for: graph)
    let ends = try [Training.Method.natural, .pgd(epsilon: 0), .pgd(epsilon: 0.1)].map {
      try run(recipe(method: $0), graph, data, on: try backend.make()).state.bits
    }
    #expect(ends[0] == ends[1])
    #expect(ends[0] != ends[2])
  }

  @Test("It attacks the network as it is at that step, with the seed of the run")
  func currentWeights() throws {
    let graph = try digitsGraph()
    let data = try digits(32)
    var attack = ProjectedGradientDescent(epsilon: 0.1, steps: 2, stepSize: 0.05)
    let spy = SpyBackend(try TestBackend.all[0].make())
    let trainer = try trainer(recipe(method: .pgd(attack), seed: 6), graph, data, on: spy)
    _ = try trainer.runEpoch()
    let state = try trainer.state()
    _ = try trainer.runEpoch()

    attack.seed = 6
    var generator = Generator(seed: 6, purpose: .shuffle, epoch: 1)
    let images = Array(generator.permutation(count: 32).prefix(16))
    var clean = Tensor([16, 1, 8, 8])
    data.writePixels(of: images, into: &clean)
    let model = try InputGradientProgram(
      graph, parameters: state.parameters, batchSize: 16, on: try TestBackend.all[0].make())
    var expected = clean
    try AttackScheduler(model: model, classifier: model)
      .perturb(clean, by: attack, labels: images.map(data.label(of:)), images: images, epoch: 1, into: &expected)
    #expect(spy.steps[2].pixels == expected.values)
  }
}
