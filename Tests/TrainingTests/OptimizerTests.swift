import Attacks
import Datasets
import Networks
import Optimizers
import Tensors
import Testing
import Training

@Suite("Training by other rules, and in shards") struct OptimizerTests {
  private func reached(
    _ configuration: TrainingConfiguration, _ graph: NetworkGraph, _ data: LabeledImages, from state: TrainingState,
    _ backend: TestBackend
  ) throws -> TrainingState {
    let trainer = try Trainer(configuration, graph: graph, data: data, state: state, on: try backend.make())
    while !trainer.isFinished { _ = try trainer.runEpoch() }
    return try trainer.state()
  }

  /// Two dense layers: nothing sees other images of the batch.
  private func plainGraph() throws -> NetworkGraph {
    let layers: [Layer] = [
      .flatten, .dense(Dense(outputs: 8)), .relu, .dense(Dense(outputs: 3)),
    ]
    var nodes: [Node] = []
    for (index, layer) in layers.enumerated() {
      nodes.append(Node(name: "node\(index)", inputs: [nodes.last?.name ?? Node.image], layer: layer))
    }
    return try NetworkGraph(
      NetworkDefinition(architecture: "plain", imageShape: [1, 6, 5], classCount: 3, nodes: nodes))
  }

  @Test("A run by AdamW in shards that stops goes on to the bit", arguments: TestBackend.all)
  func resumption(backend: TestBackend) throws {
    let graph = try dropoutGraph()
    let data = try noise(32, for: graph)
    var configuration = recipe(epochs: 2, learningRate: 1e-3)
    (configuration.optimizer, configuration.shardCount) = (.adamW(), 2)
    let start = TrainingState(parameters: Parameters(initializing: graph, seed: 0))
    let whole = try reached(configuration, graph, data, from: start, backend)
    #expect(Set(whole.optimizerState.keys) == ["exp_avg", "exp_avg_sq"])
    let first = try Trainer(configuration, graph: graph, data: data, state: start, on: try backend.make())
    _ = try first.runEpoch()
    let rest = try reached(configuration, graph, data, from: first.state(), backend)
    #expect(rest.parameters == whole.parameters && rest.optimizerState == whole.optimizerState)
    #expect(whole.parameters != start.parameters)
  }

  @Test("Where no layer sees other images, shards are the batch but for rounding", arguments: [2, 4, 8])
  func shards(count: Int) throws {
    let graph = try plainGraph()
    let data = try noise(32, for: graph)
    let start = TrainingState(parameters: Parameters(initializing: graph, seed: 0))
    let backend = TestBackend.all[0]
    let whole = try reached(recipe(), graph, data, from: start, backend)
    var configuration = recipe()
    configuration.shardCount = count
    let parts = try reached(configuration, graph, data, from: start, backend)
    for (one, other) in zip(whole.parameters.tensors, parts.parameters.tensors) {
      #expect(zip(one.values, other.values).allSatisfy { abs($0 - $1) < 1e-5 })
    }
  }

  @Test("A robust objective in shards is the batch's mean, too")
  func trades() throws {
    let graph = try plainGraph()
    let data = try noise(32, for: graph)
    let start = TrainingState(parameters: Parameters(initializing: graph, seed: 0))
    let attack = ProjectedGradientDescent(epsilon: 0.1, steps: 3, stepSize: 0.05)
    var configuration = recipe(method: .trades(attack, beta: 2))
    let whole = try reached(configuration, graph, data, from: start, TestBackend.all[0])
    configuration.shardCount = 4
    let parts = try reached(configuration, graph, data, from: start, TestBackend.all[0])
    for (one, other) in zip(whole.parameters.tensors, parts.parameters.tensors) {
      #expect(zip(one.values, other.values).allSatisfy { abs($0 - $1) < 1e-4 })
    }
  }

  @Test("Norms see the statistics of a shard; running ones move once a step, to the mean of what shards make of them")
  func norms() throws {
    let graph = try normGraph()
    let data = try noise(32, for: graph)
    let start = TrainingState(parameters: Parameters(initializing: graph, seed: 0))
    var configuration = recipe(epochs: 1)
    configuration.shardCount = 4
    let parts = try reached(configuration, graph, data, from: start, TestBackend.all[0])
    let whole = try reached(recipe(epochs: 1), graph, data, from: start, TestBackend.all[0])
    #expect(whole.parameters["norm.num_batches_tracked"].values == [2])
    #expect(parts.parameters["norm.num_batches_tracked"].values == [2])
    #expect(parts.parameters["fc.weight"] != whole.parameters["fc.weight"])
    // The mean of means of equal parts is that of all; variances are those within a shard.
    let means = zip(parts.parameters["norm.running_mean"].values, whole.parameters["norm.running_mean"].values)
    #expect(means.allSatisfy { abs($0 - $1) < 1e-6 && $0 > 0.01 })
    #expect(parts.parameters["norm.running_var"] != whole.parameters["norm.running_var"])
  }

  private func normGraph() throws -> NetworkGraph {
    try NetworkGraph(
      NetworkDefinition(
        architecture: "normed", imageShape: [1, 6, 5], classCount: 3,
        nodes: [
          Node(name: "norm", inputs: [Node.image], layer: .batchNormalization(BatchNormalization())),
          Node(name: "flat", inputs: ["norm"], layer: .flatten),
          Node(name: "fc", inputs: ["flat"], layer: .dense(Dense(outputs: 3))),
        ]))
  }
}
