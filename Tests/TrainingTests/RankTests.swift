import Attacks
import Datasets
import Failures
import Networks
import Programs
import Ranks
import Spatial
import Tensors
import TestSupport
import Testing
import Training

@Suite("Training over ranks") struct RankTests {
  /// What a rank ends with: every bit of the state, and what the epochs came to.
  struct End: Equatable, Sendable {
    var bits: [[UInt32]]
    var sums: [[Double]]
    var best: [UInt32] = []
  }

  /// A run that leaves nothing out: batch norm, dropout, poses, an attack on a part of every batch, an average.
  private static func recipe(_ method: Training.Method = .pgd(epsilon: 0.1)) -> TrainingConfiguration {
    var recipe = TrainingTests.recipe(method: method)
    recipe.shardCount = 8
    recipe.stages[0].poses = PoseDistribution(rotation: 20, translation: 1)
    (recipe.averageDecay, recipe.longestGradient) = (0.9, 0.5)
    if case .adversarial = method { recipe.cleanShare = 0.5 }
    return recipe
  }

  private static func train(
    _ recipe: TrainingConfiguration, _ ranks: RankGroup, _ backend: TestBackend, from state: TrainingState? = nil,
    data: LabeledImages? = nil
  ) throws -> End {
    let graph = try dropoutGraph()
    let start = TrainingState(parameters: Parameters(initializing: graph, seed: recipe.seed))
    let trainer = try Trainer(
      recipe, graph: graph, data: try data ?? noise(40, for: graph), state: state ?? start, among: ranks,
      on: try backend.make())
    try trainer.checkRanks()
    var sums: [[Double]] = []
    while !trainer.isFinished {
      let summary = try trainer.runEpoch()
      sums.append([summary.sums.loss, Double(summary.sums.correct)])
    }
    let end = try trainer.state()
    return End(
      bits: end.bits, sums: sums, best: end.best?.parameters.tensors.flatMap { $0.values.map(\.bitPattern) } ?? [])
  }

  @Test(
    "1, 2, 4 and 8 ranks end with the same bits as one process with as many shards", arguments: TestBackend.all,
    [
      .natural, .pgd(epsilon: 0.1), .trades(ProjectedGradientDescent(epsilon: 0.1, steps: 2, stepSize: 0.05), beta: 2),
    ] as [Training.Method])
  func sameness(backend: TestBackend, method: Training.Method) throws {
    let recipe = Self.recipe(method)
    let alone = try Self.train(recipe, RankGroup(), backend)
    #expect(alone.sums.count == 2)
    for count in [1, 2, 4, 8] {
      let ends = try onRanks(count) { ranks in
        // Eight of them have one shard each, whose gradients are summed while they are computed.
        ranks.pieceSize = 50
        return try Self.train(recipe, ranks, backend)
      }.map { try $0.get() }
      #expect(ends.allSatisfy { $0 == alone }, "\(count) ranks")
    }
    var fewer = recipe
    fewer.shardCount = 4
    #expect(try Self.train(fewer, RankGroup(), backend).bits != alone.bits)
  }

  @Test("A run that stops on some ranks goes on to the same bits on any other number", arguments: [1, 4])
  func resumption(count: Int) throws {
    let recipe = Self.recipe()
    let backend = TestBackend.all[0]
    let alone = try Self.train(recipe, RankGroup(), backend)
    struct Stop: Error {}
    let stopped = onRanks(2) { ranks in
      let graph = try dropoutGraph()
      let trainer = try Trainer(
        recipe, graph: graph, data: noise(40, for: graph),
        state: TrainingState(parameters: Parameters(initializing: graph, seed: recipe.seed)), among: ranks,
        on: try backend.make())
      do {
        _ = try trainer.runEpoch { if $0.step == 1 { throw Stop() } }
      } catch is Stop {}
      return try trainer.state()
    }
    let state = try stopped[0].get()
    #expect(state.step == 1)
    let ends = try onRanks(count) { try Self.train(recipe, $0, backend, from: state) }.map { try $0.get() }
    #expect(ends.allSatisfy { $0.bits == alone.bits && $0.sums == alone.sums })
  }

  @Test("The first rank alone measures images held out, and keeps the best epoch that one process keeps")
  func validation() throws {
    var recipe = Self.recipe()
    recipe.validation = Validation(metric: .robust, imageCount: 8)
    let configuration = recipe
    let alone = try Self.train(configuration, RankGroup(), TestBackend.all[0])
    let ends = try onRanks(4) { try Self.train(configuration, $0, TestBackend.all[0]) }.map { try $0.get() }
    #expect(!alone.best.isEmpty && ends[0] == alone)
    #expect(ends.dropFirst().allSatisfy { $0.bits == alone.bits && $0.best.isEmpty })
  }

  @Test("Sums in any order train to nearly the same weights")
  func anyOrder() throws {
    let recipe = Self.recipe(.natural)
    func end(_ inAnyOrder: Bool) throws -> [[UInt32]] {
      let ends = try onRanks(4) { ranks in
        ranks.sumsInAnyOrder = inAnyOrder
        return try Self.train(recipe, ranks, TestBackend.all[0]).bits
      }.map { try $0.get() }
      #expect(ends.allSatisfy { $0 == ends[0] })
      return ends[0]
    }
    let (free, tree) = (try end(true).dropLast().joined(), try end(false).dropLast().joined())
    #expect(zip(free, tree).allSatisfy { abs(Float(bitPattern: $0) - Float(bitPattern: $1)) < 1e-3 })
  }

  @Test("A loss that is not finite ends all ranks, and is told once")
  func divergence() throws {
    var recipe = Self.recipe(.natural)
    (recipe.longestGradient, recipe.schedule) = (nil, Schedule(initial: 1e30, milestones: []))
    let configuration = recipe
    let results = onRanks(4) { try Self.train(configuration, $0, TestBackend.all[0]) }
    var (told, ended) = (0, 0)
    for result in results {
      guard case .failure(let error) = result else { continue }
      if let failure = error as? Failure, failure.message.contains("is not finite") { told += 1 }
      if (error as? RankEnd)?.status == 65 { ended += 1 }
    }
    #expect(told == 1 && ended == 3)
  }

  @Test("More ranks than shards are refused, and so are ranks with other weights or images")
  func refusals() throws {
    let graph = try dropoutGraph()
    let backend = TestBackend.all[0]
    var few = Self.recipe()
    few.shardCount = 2
    let recipes = [few, Self.recipe()]
    let shards = onRanks(4) { try Self.train(recipes[0], $0, backend) }[0]
    let line =
      "--accumulate 2: 4 ranks were started, and a shard is one rank's work: start at most 2, or begin a run with --accumulate 4"
    #expect(throws: Failure(.usage, line)) { try shards.get() }
    let other = TrainingState(parameters: Parameters(initializing: graph, seed: 9))
    let weights = onRanks(2) { try Self.train(recipes[1], $0, backend, from: $0.isFirst ? nil : other) }[0]
    #expect(throws: Failure(.data, "rank 1 has other weights than rank 0: let all ranks read the same files")) {
      try weights.get()
    }
    let images = try noise(41, for: graph)
    let data = onRanks(2) { try Self.train(recipes[1], $0, backend, data: $0.isFirst ? nil : images) }[0]
    #expect(throws: Failure(.data, "rank 1 has other images than rank 0: let all ranks read the same files")) {
      try data.get()
    }
  }
}
