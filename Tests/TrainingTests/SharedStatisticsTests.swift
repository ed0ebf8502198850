import Failures
import Networks
import PortableBackend
import Programs
import Ranks
import Symmetry
import Tensors
import TestSupport
import Testing
import Training

#if CUSP_ONEDNN
  import OneDNNBackend
#endif

@Suite("Batch norms over ranks") struct SharedStatisticsTests {
  private static let backends: [TestBackend] = {
    var all = [TestBackend(testDescription: "portable") { PortableBackend(threads: 2) }]
    #if CUSP_ONEDNN
      all += [
        TestBackend(testDescription: "onednn") { try OneDNNBackend(threads: 1) },
        TestBackend(testDescription: "onednn in segments") {
          try OneDNNBackend(threads: 1, checkpointsActivations: true)
        },
      ]
    #endif
    return all
  }()

  /// A norm of images, one over a group, and one of single pixels, each with a convolution before it.
  private static func graph(hasNorms: Bool = true) throws -> NetworkGraph {
    let norms: [Layer] = [
      .batchNormalization(BatchNormalization()), .groupBatchNormalization(BatchNormalization(), over: .p4),
      .batchNormalization(BatchNormalization(momentum: 0.3)),
    ]
    let layers: [Layer] = [
      .convolution(Convolution(outputChannels: 16, kernelSize: 3, padding: 1)), norms[0], .relu,
      .groupConvolution(GroupConvolution(.p4, lifting: true, outputChannels: 4, kernelSize: 3)), norms[1], .relu,
      .convolution(Convolution(outputChannels: 16, kernelSize: 4)), norms[2], .flatten, .dense(Dense(outputs: 3)),
    ]
    var nodes: [Node] = []
    for (index, layer) in layers.enumerated() where hasNorms || !norms.contains(layer) {
      nodes.append(Node(name: "node\(index)", inputs: [nodes.last?.name ?? Node.image], layer: layer))
    }
    return try NetworkGraph(
      NetworkDefinition(architecture: "norms", imageShape: [1, 6, 6], classCount: 3, nodes: nodes))
  }

  private static func recipe(shards: Int = 1, sharesStatistics: Bool = false) -> TrainingConfiguration {
    var recipe = TrainingTests.recipe(learningRate: 0.01)
    (recipe.shardCount, recipe.sharesStatistics) = (shards, sharesStatistics)
    return recipe
  }

  /// The parameters, running statistics among them, that `ranks` end with after two epochs.
  private static func train(
    _ recipe: TrainingConfiguration, _ ranks: RankGroup, _ backend: TestBackend, hasNorms: Bool = true
  ) throws -> [[Float]] {
    let graph = try graph(hasNorms: hasNorms)
    let trainer = try Trainer(
      recipe, graph: graph, data: noise(64, for: graph),
      state: TrainingState(parameters: Parameters(initializing: graph, seed: 0)), among: ranks, on: backend.make())
    while !trainer.isFinished { _ = try trainer.runEpoch() }
    return try trainer.state().parameters.tensors.map(\.values)
  }

  private func distance(_ one: [[Float]], _ other: [[Float]]) -> Float {
    zip(one.joined(), other.joined()).reduce(0) { max($0, abs($1.0 - $1.1)) }
  }

  @Test(
    "2, 4 and 8 ranks train as one process does on whole batches, within 1e-5, and each to the same bits",
    arguments: backends)
  func wholeBatches(backend: TestBackend) throws {
    let whole = try Self.train(Self.recipe(), RankGroup(), backend)
    for count in [2, 4, 8] {
      let shared = Self.recipe(shards: count, sharesStatistics: true)
      let ends = try onRanks(count) { try Self.train(shared, $0, backend) }.map { try $0.get() }
      #expect(distance(ends[0], whole) < 1e-5, "\(count) ranks: \(distance(ends[0], whole))")
      #expect(ends.allSatisfy { $0 == ends[0] }, "\(count) ranks")
    }
    // By themselves shards of so few images go elsewhere.
    #expect(distance(try Self.train(Self.recipe(shards: 4), RankGroup(), backend), whole) > 1e-3)
  }

  @Test("Shards that share statistics need a rank each, and a network that has norms")
  func refusals() throws {
    let shared = Self.recipe(shards: 4, sharesStatistics: true)
    let line =
      "--sync-batch-norm: shards wait for each other at every norm, so that 4 need as many ranks: start 4, or begin a run with another --accumulate"
    for count in [1, 2] {
      let result = onRanks(count) { try Self.train(shared, $0, Self.backends[0]) }[0]
      #expect(throws: Failure(.usage, line)) { try result.get() }
    }
    let bare = onRanks(4) { try Self.train(shared, $0, Self.backends[0], hasNorms: false) }[0]
    #expect(throws: Failure(.usage, "--sync-batch-norm: norms has no batch norm; leave it out")) { try bare.get() }
  }

  @Test("A loss that is not finite on some ranks keeps nobody waiting", arguments: backends)
  func divergence(backend: TestBackend) {
    var recipe = Self.recipe(shards: 4, sharesStatistics: true)
    recipe.schedule = Schedule(initial: 1e30, milestones: [])
    let wild = recipe
    let results = onRanks(4) { try Self.train(wild, $0, backend) }
    let told = results.compactMap { result -> String? in
      guard case .failure(let error as Failure) = result else { return nil }
      return error.message
    }
    #expect(told.count == 1 && told.allSatisfy { $0.hasPrefix("training: the loss is not finite") })
  }

  @Test("A sum that fails ends the pass with its error, and nobody is asked for another", arguments: backends)
  func loss(backend: TestBackend) throws {
    let (graph, batch) = (try Self.graph(), 4)
    var asked = 0
    let statistics = SharedStatistics(shardCount: 2) { _ in
      asked += 1
      throw Failure(.inputOutput, "rank 1 is gone")
    }
    let program = try TrainingProgram(
      graph, parameters: Parameters(initializing: graph, seed: 0), batchSize: batch, sharing: statistics,
      on: backend.make())
    var logits = Tensor([batch, 3])
    #expect(throws: Failure(.inputOutput, "rank 1 is gone")) {
      try program.forward(Tensor([batch, 1, 6, 6]), masks: [], into: &logits)
    }
    #expect(asked == 1)
  }
}
