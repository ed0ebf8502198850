import Networks
import Optimizers
import Programs
import Tensors
import Testing

/// What a training engine keeps, hands out and takes back.
@Suite("A training engine's state")
struct StateTests {
  static let seeds = Array(300..<312)

  private func engine(_ network: RandomNetwork, _ backend: any Backend) throws -> any TrainingEngine {
    try backend.makeTrainingEngine(Plan(network.graph, for: .training, batchSize: network.batchSize))
  }

  /// Numbers for every trainable parameter.
  private func momentum(for parameters: Parameters) -> [ParameterPath: Tensor] {
    var dice = Generator(seed: 1, purpose: .sample)
    var result: [ParameterPath: Tensor] = [:]
    for spec in parameters.specs where spec.role == .trainable {
      result[spec.path] = Tensor(spec.shape, (0..<spec.shape.count).map { _ in dice.uniform() - 0.5 })
    }
    return result
  }

  @Test("what is loaded comes back, to the bit", arguments: seeds, TestBackends.all)
  func roundTrip(seed: Int, backend: TestBackend) throws {
    let network = try RandomNetwork(seed: seed, batchSize: 2)
    let engine = try engine(network, backend.make(2))
    let momentum = momentum(for: network.parameters)
    try engine.load(network.parameters, momentum: momentum)
    #expect(try engine.parameters() == network.parameters)
    #expect(try engine.momentum() == momentum)
    try engine.load(network.parameters, momentum: [:])
    for (path, tensor) in try engine.momentum() { #expect(tensor == Tensor(network.parameters[path].shape)) }
  }

  @Test("a load in the middle leaves nothing of before", arguments: seeds, TestBackends.all)
  func reloading(seed: Int, backend: TestBackend) throws {
    let network = try RandomNetwork(seed: seed, batchSize: 3)
    let step = network.steps[0]
    let (used, fresh) = (try engine(network, backend.make(1)), try engine(network, backend.make(1)))
    try used.load(network.parameters, momentum: momentum(for: network.parameters))
    for _ in 0..<3 {
      _ = try used.train(step)
      try used.update(OptimizerStep(.sgd(momentum: 0.9), learningRate: 0.1, weightDecay: 0.1))
    }
    for engine in [used, fresh] { try engine.load(network.parameters, momentum: [:]) }
    for _ in 0..<2 {
      #expect(try used.train(step).map(\.bitPattern) == fresh.train(step).map(\.bitPattern), "\(network)")
      #expect(try used.gradients() == fresh.gradients(), "\(network)")
      for engine in [used, fresh] { try engine.update(RandomNetwork.rule) }
      #expect(try used.parameters() == fresh.parameters(), "\(network)")
      #expect(try used.momentum() == fresh.momentum(), "\(network)")
    }
  }

  @Test("training that stops goes on to the bit", arguments: seeds, TestBackends.all)
  func resumption(seed: Int, backend: TestBackend) throws {
    let network = try RandomNetwork(seed: seed, batchSize: 3)
    let step = network.steps[0]
    let first = try engine(network, backend.make(1))
    try first.load(network.parameters, momentum: [:])
    _ = try first.train(step)
    try first.update(RandomNetwork.rule)
    let second = try engine(network, backend.make(1))
    try second.load(first.parameters(), momentum: first.momentum())
    for engine in [first, second] {
      _ = try engine.train(step)
      try engine.update(RandomNetwork.rule)
    }
    #expect(try first.parameters() == second.parameters(), "\(network)")
    #expect(try first.momentum() == second.momentum(), "\(network)")
  }

  @Test("a gradient that is too long is shortened, alike every time", arguments: seeds, TestBackends.all)
  func shortening(seed: Int, backend: TestBackend) throws {
    let network = try RandomNetwork(seed: seed, batchSize: 3)
    func step(threads: Int, longest: Double?) throws -> (
      gradients: [ParameterPath: Tensor], directions: [ParameterPath: Tensor]
    ) {
      let engine = try engine(network, backend.make(threads))
      try engine.load(network.parameters, momentum: [:])
      _ = try engine.train(network.steps[0])
      try engine.update(
        OptimizerStep(.sgd(momentum: 0), learningRate: 0, weightDecay: 0, longestGradient: longest.map { Float($0) }))
      return (try engine.gradients(), try engine.momentum())
    }
    func length(_ tensors: [ParameterPath: Tensor]) -> Double {
      tensors.values.map(\.values).joined().reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
    }
    let free = try step(threads: 1, longest: nil)
    #expect(free.directions == free.gradients)
    let whole = length(free.gradients)
    #expect(try step(threads: 1, longest: 1.01 * whole).directions == free.gradients)
    let short = try step(threads: 1, longest: whole / 4)
    #expect(short.gradients == free.gradients)
    #expect(abs(length(short.directions) - whole / 4) < 1e-5 * (whole + 1))
    for (path, direction) in short.directions {
      let gradient = free.gradients[path]?.values ?? []
      #expect(zip(direction.values, gradient).allSatisfy { abs($0 - $1 / 4) <= 1e-5 * abs($1) + 1e-6 }, "\(path)")
    }
    let again = try (0..<2).map { _ in try step(threads: 2, longest: whole / 4).directions }
    #expect(again[0] == again[1])
  }

  @Test("backward passes replace gradients and move no parameter", arguments: seeds, TestBackends.all)
  func gradients(seed: Int, backend: TestBackend) throws {
    let network = try RandomNetwork(seed: seed, batchSize: 3)
    let step = network.steps[0]
    let engine = try engine(network, backend.make(1))
    try engine.load(network.parameters, momentum: [:])
    _ = try engine.train(step)
    let once = try engine.gradients()
    _ = try engine.train(step)
    #expect(try engine.gradients() == once, "\(network)")
    let parameters = try engine.parameters()
    for spec in parameters.specs {
      switch spec.role {
      case .trainable, .unused: #expect(parameters[spec.path] == network.parameters[spec.path])
      case .counter: #expect(parameters[spec.path].values == [2])
      case .statistic: #expect(parameters[spec.path] != network.parameters[spec.path])
      }
    }
  }
}
