import Networks
import Programs
import Tensors
import Testing

/// Random networks against plain loops in `Double`.
@Suite("Engines compute what the definitions say")
struct NaiveComparisonTests {
  static let evaluated = RandomNetwork.wellConditioned(count: 120, from: 0, training: false)
  static let trained = RandomNetwork.wellConditioned(count: 120, from: 0, stepCount: 3, training: true)

  @Test("there are as many networks as asked for, of every kind of layer")
  func networks() {
    for networks in [Self.evaluated, Self.trained] {
      #expect(networks.count == 120)
      #expect(Set(networks.flatMap { $0.graph.vertices.map(\.node.layer.name) }).count == Layer.Kind.allCases.count)
    }
  }

  /// Says what differs by more than 1e-4 of the largest expected number, or of `scale` where that is larger.
  private func mismatch(_ found: [Float], _ expected: [Double], scale: Double = 0) -> String? {
    guard found.count == expected.count else { return "\(found.count) numbers for \(expected.count)" }
    let largest = expected.reduce(max(scale, 1e-30)) { max($0, abs($1)) }
    let place = found.indices.max { abs(Double(found[$0]) - expected[$0]) < abs(Double(found[$1]) - expected[$1]) }
    guard let place, found.allSatisfy(\.isFinite) else { return "not all are finite" }
    let error = abs(Double(found[place]) - expected[place]) / largest
    return error <= 1e-4 ? nil : "at \(place): \(found[place]) for \(expected[place]), \(error) of \(largest)"
  }

  @Test("evaluation: logits and the gradient at the pixels", arguments: evaluated, TestBackends.all)
  func evaluation(network: RandomNetwork, backend: TestBackend) throws {
    let step = network.steps[0]
    let naive = NaiveEngine(network.graph, network.parameters, batchSize: network.batchSize)
    let engine = try RandomEngine(network, on: backend.make(2))
    let (logits, gradient) = try engine.evaluate(step)
    #expect(mismatch(logits, naive.forward(step.pixels)) == nil, "logits of \(network)")
    let expected = naive.backward(step.logitGradient.values.map(Double.init))
    #expect(mismatch(gradient, expected) == nil, "pixels of \(network)")
    #expect(mismatch(try engine.infer(step), naive.forward(step.pixels)) == nil, "inference of \(network)")
  }

  @Test("training: three steps with momentum, and what they leave", arguments: trained, TestBackends.all)
  func training(network: RandomNetwork, backend: TestBackend) throws {
    let naive = NaiveEngine(network.graph, network.parameters, batchSize: network.batchSize)
    let plan = Plan(network.graph, for: .training, batchSize: network.batchSize)
    let engine = try backend.make(2).makeTrainingEngine(plan)
    try engine.load(network.parameters, momentum: [:])
    for (number, step) in network.steps.enumerated() {
      let logits = try engine.train(step)
      let place = "step \(number) of \(network)"
      #expect(mismatch(logits, naive.forward(step.pixels, training: step.training)) == nil, "logits, \(place)")
      _ = naive.backward(step.logitGradient.values.map(Double.init))
      let gradients = try engine.gradients()
      #expect(Set(gradients.keys) == Set(naive.gradients.keys))
      // Where terms cancel, rounding is relative to the terms.
      let largest = naive.magnitudes.values.max() ?? 0
      let scales = naive.magnitudes.mapValues { max(0.03 * $0, 1e-4 * largest) }
      for (path, expected) in naive.gradients {
        let difference = mismatch(gradients[path]?.values ?? [], expected, scale: scales[path] ?? 0)
        #expect(difference == nil, "gradient of \(path), \(place)")
      }
      try engine.update(RandomNetwork.rule)
      naive.update(RandomNetwork.rule)
      let (momentum, parameters) = (try engine.momentum(), try engine.parameters())
      for (path, expected) in naive.momentum {
        let difference = mismatch(momentum[path]?.values ?? [], expected, scale: 2 * (scales[path] ?? 0))
        #expect(difference == nil, "momentum of \(path), \(place)")
      }
      for (path, expected) in naive.parameters {
        #expect(mismatch(parameters[path].values, expected, scale: 0.1) == nil, "\(path), \(place)")
      }
    }
  }
}
