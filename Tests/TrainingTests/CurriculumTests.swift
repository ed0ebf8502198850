import Attacks
import Datasets
import Failures
import Networks
import Optimizers
import Spatial
import Tensors
import Testing
import Training

@Suite("Curricula") struct CurriculumTests {
  @Test("The paper's is its table, at 120 epochs")
  func paper() {
    let stages = Curriculum.cuspCIFAR10.stages(epochs: 120)
    let configuration = TrainingConfiguration(
      stages: stages, epochs: 120, batchSize: 128, schedule: Schedule(initial: 1, milestones: []),
      optimizer: .sgd(momentum: 0.9), weightDecay: 5e-4, seed: 1)
    // Epochs counted from 1: the last of one part and the first of the next.
    let rows: [(epoch: Int, rate: String, degrees: Double, levels: Float)] = [
      (1, "0.1", 120, 2), (74, "0.1", 120, 2), (75, "0.01", 150, 4), (89, "0.01", 150, 4), (90, "0.001", 180, 8),
      (99, "0.001", 180, 8), (100, "0.0001", 180, 8), (120, "0.0001", 180, 8),
    ]
    for row in rows {
      let stage = configuration.stage(epoch: row.epoch - 1)
      #expect(configuration.learningRate(epoch: row.epoch - 1) == Float(row.rate))
      #expect(stage.poses == PoseDistribution(rotation: row.degrees, cropPadding: 4, isFlipping: true))
      #expect(
        stage.method == .pgd(ProjectedGradientDescent(epsilon: row.levels / 255, steps: 10, stepSize: 2.0 / 255)))
    }
  }

  @Test(
    "MNIST's is thirds, however long the run",
    arguments: [(3, [0, 1, 2]), (6, [0, 2, 4]), (7, [0, 2, 4]), (2, [0, 1])])
  func thirds(epochs: Int, starts: [Int]) {
    let stages = Curriculum.cuspMNIST.stages(epochs: epochs)
    #expect(stages.map(\.start) == starts)
    #expect(stages.last?.poses.rotation == 30)
    #expect(stages.last?.method == .pgd(ProjectedGradientDescent(epsilon: 0.3, steps: 10, stepSize: 0.075)))
  }

  @Test("A stage without an epoch of its own gives way to the next, and one epoch is the last stage")
  func short() {
    #expect(Curriculum.cuspCIFAR10.stages(epochs: 1).map(\.poses.rotation) == [180])
    #expect(Curriculum.cuspCIFAR10.stages(epochs: 2).map(\.start) == [0, 1])
  }

  @Test("Budgets grow epoch by epoch, by a number or by a factor, and reach the next stage's where it begins")
  func growth() {
    var curriculum = Curriculum.cuspMNIST
    curriculum.stages.remove(at: 1)
    curriculum.growth = .linear
    let linear = curriculum.stages(epochs: 3)
    #expect(linear.map(\.start) == [0, 1, 2])
    #expect(linear.map(\.poses.rotation) == [10, 20, 30] && linear.map(\.method.epsilon) == [0.1, 0.2, 0.3])
    #expect(curriculum.stages(epochs: 6).map(\.poses.rotation) == [10, 15, 20, 25, 30, 30])
    #expect(curriculum.stages(epochs: 1).map(\.poses.rotation) == [10])
    curriculum.growth = .exponential
    let steep = curriculum.stages(epochs: 3)
    // The geometric mean of 10 and 30, and of 0.1 and 0.3 with steps of a quarter.
    #expect(abs(steep[1].poses.rotation - 17.320508075688775) < 1e-12)
    let attack = steep[1].method.attack
    #expect(abs((attack?.epsilon ?? 0) - 0.17320508) < 1e-7 && abs((attack?.stepSize ?? 0) - 0.04330127) < 1e-8)
    #expect(curriculum.stuckStage == nil)
    curriculum.stages[0].poses.rotation = 0
    #expect(curriculum.stuckStage == 0)
    curriculum.growth = .linear
    #expect(curriculum.stuckStage == nil)
    curriculum.stages[1].method = .natural
    #expect(curriculum.stuckStage == 0)
    curriculum.growth = .steps
    #expect(curriculum.stuckStage == nil)
  }

  @Test("Stages that differ in more than budgets do not grow into each other")
  func stuck() {
    let attack = ProjectedGradientDescent(epsilon: 0.1, steps: 2, stepSize: 0.05)
    var longer = attack
    longer.steps = 3
    let start = Stage(method: .trades(attack, beta: 2))
    let ends = [
      Stage(start: 1, method: .trades(attack, beta: 3)), Stage(start: 1, method: .trades(longer, beta: 2)),
      Stage(start: 1, method: .pgd(attack)),
      Stage(start: 1, method: start.method, poses: PoseDistribution(isFlipping: true)),
    ]
    for end in ends {
      #expect(Curriculum(epochs: 2, stages: [start, end], growth: .linear).stuckStage == 0, "\(end)")
    }
    let end = Stage(start: 1, method: start.method, poses: PoseDistribution(rotation: 8), learningRate: 0.1)
    #expect(Curriculum(epochs: 2, stages: [start, end], growth: .linear).stuckStage == nil)
  }

  @Test("Warm-up rises step by step to the schedule")
  func warmUp() {
    let schedule = Schedule(initial: 0.4, course: .steps(factor: 0.1, milestones: [3]), warmUp: 2)
    let rates = (0..<16).map { schedule.rate(epoch: $0 / 4, step: $0 % 4, stepsPerEpoch: 4, epochs: 4) }
    #expect(rates == (1...8).map { Float(0.4 * (Double($0) / 8)) } + [0.4, 0.4, 0.4, 0.4, 0.04, 0.04, 0.04, 0.04])
  }

  @Test("Settings that mean nothing are refused")
  func refusals() {
    func message(_ change: (inout TrainingConfiguration) -> Void) -> String? {
      var configuration = recipe(method: .pgd(epsilon: 0.1), epochs: 4)
      change(&configuration)
      return #expect(throws: Failure.self) { try configuration.validate() }?.message
    }
    let order = "curriculum: its first stage begins with epoch 1 and each other later than the one before"
    #expect(message { $0.stages = [] } == order)
    #expect(message { $0.stages[0].start = 1 } == order)
    #expect(message { $0.stages.append($0.stages[0]) } == order)
    #expect(message { $0.stages[0].learningRate = 0 } == "curriculum: a learning rate of 0.0: give more than 0")
    #expect(message { $0.schedule.warmUp = 5 } == "--warm-up 5: give 0 to 4 epochs")
    #expect(message { $0.cleanShare = 1 }?.hasPrefix("--clean-share 1.0: give a number from 0") == true)
    #expect(message { $0.cleanShare = 0.99 }?.hasPrefix("--clean-share 0.99: give a number from 0") == true)
    #expect(
      message { $0.labelSmoothing = 1 } == "--label-smoothing 1.0: give a number from 0 up to, not including, 1")
    #expect(
      message { $0.averageDecay = 1 } == "--average-weights 1.0: give a number from 0 up to, not including, 1")
    for length in [0, -1, .nan, .infinity] as [Float] {
      #expect(message { $0.longestGradient = length } == "--clip-gradient \(length): give more than 0")
    }
    let attack = ProjectedGradientDescent(epsilon: 0.1, steps: 1, stepSize: 0.1)
    #expect(message { $0.stages[0].method = .trades(attack, beta: -1) } == "--beta -1.0: give 0 or more")
    #expect(
      message { ($0.cleanShare, $0.stages[0].method) = (0.5, .trades(attack, beta: 1)) }
        == "--clean-share 0.5: TRADES sees every image clean as well; leave it out")
    #expect(
      message { ($0.cleanShare, $0.stages[0].method) = (0.5, .natural) } == "--clean-share needs --method pgd or cusp")
    for count in [0, 5] {
      #expect(message { $0.schedule.course = .cyclic(count: count) } == "--cycles \(count): give 1 to 4")
    }
  }

  @Test("A mixture of what the stage does not do is refused")
  func mixtures() {
    func message(_ change: (inout TrainingConfiguration) -> Void) -> String? {
      var configuration = recipe(method: .pgd(epsilon: 0.1), epochs: 4)
      configuration.stages[0].mixture = .maximum
      configuration.stages[0].poses = PoseDistribution(rotation: 30)
      change(&configuration)
      return #expect(throws: Failure.self) { try configuration.validate() }?.message
    }
    let name = "--mixture maximum"
    let attack = ProjectedGradientDescent(epsilon: 0.1, steps: 1, stepSize: 0.1)
    #expect(message { $0.stages[0].method = .natural } == "\(name): goes with --method pgd alone")
    #expect(message { $0.stages[0].method = .trades(attack, beta: 1) } == "\(name): goes with --method pgd alone")
    #expect(message { $0.stages[0].method = .pgd(epsilon: 0) } == "\(name): nothing is attacked; raise --epsilon")
    let still = "\(name): nothing is turned or moved; give --rotation or --translation"
    #expect(message { $0.stages[0].poses = PoseDistribution(cropPadding: 2) } == still)
    #expect(
      message { $0.cleanShare = 0.5 } == "--clean-share 0.5: \(name) says what is attacked; leave it out")
  }
}

@Suite("Methods of training") struct MethodTests {
  private let attack = ProjectedGradientDescent(epsilon: 0.1, steps: 2, stepSize: 0.05)

  @Test("A share of every batch stays as natural training sees it, the rest as PGD training does")
  func cleanShare() throws {
    let graph = try digitsGraph()
    let data = try digits(32)
    func firstBatch(_ method: Training.Method, _ share: Float) throws -> [Float] {
      let spy = SpyBackend(try TestBackend.all[0].make())
      var recipe = recipe(method: method)
      recipe.cleanShare = share
      _ = try trainer(recipe, graph, data, on: spy).runEpoch()
      return spy.steps[0].pixels
    }
    let (clean, whole) = (try firstBatch(.natural, 0), try firstBatch(.pgd(attack), 0))
    let mixed = try firstBatch(.pgd(attack), 0.25)
    #expect(mixed[..<(12 * 64)] == whole[..<(12 * 64)])
    #expect(mixed[(12 * 64)...] == clean[(12 * 64)...])
    #expect(clean[..<(12 * 64)] != whole[..<(12 * 64)])
  }

  @Test("Images take the poses of their stage, another one in every epoch")
  func poses() throws {
    let graph = try digitsGraph()
    let data = try digits(16)
    let spy = SpyBackend(try TestBackend.all[0].make())
    var recipe = recipe(epochs: 3, seed: 8)
    let poses = [
      PoseDistribution(), PoseDistribution(rotation: 40), PoseDistribution(cropPadding: 2, isFlipping: true),
    ]
    recipe.stages = poses.enumerated().map { Stage(start: $0, method: .natural, poses: $1) }
    let trainer = try trainer(recipe, graph, data, on: spy)
    var resampler = Resampler(imageShape: [1, 8, 8])
    for epoch in 0..<3 {
      let summary = try trainer.runEpoch()
      #expect(summary.rotation == poses[epoch].rotation)
      var generator = Generator(seed: 8, purpose: .shuffle, epoch: epoch)
      let images = generator.permutation(count: 16)
      var expected = Tensor([16, 1, 8, 8])
      data.writePixels(of: images, into: &expected)
      resampler.transform(&expected, poses: images.map { poses[epoch].draw(seed: 8, epoch: epoch, image: $0) })
      #expect(spy.steps[epoch].pixels == expected.values)
    }
  }

  @Test(
    "Turned and attacked images take turns, step by step and image by image", arguments: [Mixture.alternating, .random])
  func takingTurns(mixture: Mixture) throws {
    let graph = try digitsGraph()
    let data = try digits(48)
    /// The batches of a run, which has the same images in the same order whatever is done to them.
    func batches(_ method: Training.Method, _ poses: PoseDistribution, _ mixture: Mixture = .composed) throws
      -> [[Float]]
    {
      let spy = SpyBackend(try TestBackend.all[0].make())
      var recipe = recipe(method: method, learningRate: 1e-30)
      recipe.stages[0].poses = poses
      recipe.stages[0].mixture = mixture
      _ = try run(recipe, graph, data, on: spy)
      return spy.steps.map(\.pixels)
    }
    /// The images of all batches, in any order.
    func images(_ batches: [[Float]]) -> [[Float]] {
      let all = Array(batches.joined())
      return stride(from: 0, to: all.count, by: 64).map { Array(all[$0..<$0 + 64]) }
    }
    let turning = PoseDistribution(rotation: 60, cropPadding: 1)
    let turned = try batches(.natural, turning)
    // Crops stay where an image is attacked.
    let attacked = try batches(.pgd(attack), PoseDistribution(cropPadding: 1))
    let mixed = try batches(.pgd(attack), turning, mixture)
    #expect(mixed.count == 6)
    guard mixture == .random else {
      #expect(mixed == (0..<6).map { $0.isMultiple(of: 2) ? turned[$0] : attacked[$0] })
      return
    }
    for (batch, wanted) in zip(mixed, zip(turned, attacked)) {
      let (found, kinds) = (images([batch]), [images([wanted.0]), images([wanted.1])])
      let counts = kinds.map { kind in found.count { kind.contains($0) } }
      #expect(counts.reduce(0, +) == 16 && counts.allSatisfy { $0 > 0 })
    }
  }

  @Test("TRADES passes images, copies and images again, with the same masks for images", arguments: TestBackend.all)
  func passes(backend: TestBackend) throws {
    let graph = try dropoutGraph()
    let data = try noise(16, for: graph)
    let spy = SpyBackend(try backend.make())
    _ = try trainer(recipe(method: .trades(attack, beta: 2)), graph, data, on: spy).runEpoch()
    let steps = spy.steps
    #expect(steps.count == 3)
    #expect(steps[0].pixels == steps[2].pixels && steps[0].pixels != steps[1].pixels)
    #expect(steps[0].masks == steps[2].masks && zip(steps[0].masks, steps[1].masks).allSatisfy { $0 != $1 })
    #expect(steps[0].logits == steps[2].logits)
    let distances = attack.bound.distances(
      of: Tensor([16, 1, 6, 5], steps[1].pixels), from: Tensor([16, 1, 6, 5], steps[0].pixels))
    #expect(distances.allSatisfy { $0 > 0 && $0 <= 0.1 })
  }

  @Test("Without poses the transformed variant is TRADES, bit for bit; with beta 0 the copies do not matter")
  func variants() throws {
    let graph = try digitsGraph()
    let data = try digits(32)
    func end(_ method: Training.Method) throws -> [[UInt32]] {
      try run(recipe(method: method), graph, data, on: try TestBackend.all[0].make()).state.bits
    }
    #expect(try end(.trades(attack, beta: 3)) == end(.transformedTrades(attack, beta: 3)))
    #expect(try end(.trades(attack, beta: 3)) != end(.trades(attack, beta: 2)))
    var wider = attack
    wider.epsilon = 0.2
    #expect(try end(.trades(attack, beta: 0)) == end(.trades(wider, beta: 0)))
  }

  @Test("Every method resumes to the bit within an epoch, across stages", arguments: TestBackend.all)
  func resuming(backend: TestBackend) throws {
    let graph = try dropoutGraph()
    let data = try noise(40, for: graph)
    var recipe = recipe(epochs: 2, seed: 5)
    recipe.schedule = Schedule(initial: 0.05, course: .oneCycle, warmUp: 1)
    (recipe.labelSmoothing, recipe.longestGradient, recipe.averageDecay) = (0.1, 1, 0.5)
    recipe.stages = [
      Stage(method: .trades(attack, beta: 2), poses: PoseDistribution(rotation: 20, cropPadding: 1)),
      Stage(
        start: 1, method: .pgd(attack), poses: PoseDistribution(translation: 2, isFlipping: true), mixture: .alternating
      ),
    ]
    let whole = try run(recipe, graph, data, on: try backend.make())
    struct Stop: Error {}
    var state = TrainingState(parameters: Parameters(initializing: graph, seed: recipe.seed))
    for _ in 0..<5 {
      let trainer = try Trainer(recipe, graph: graph, data: data, state: state, on: try backend.make())
      do {
        while !trainer.isFinished { _ = try trainer.runEpoch { _ in throw Stop() } }
      } catch is Stop {}
      state = try trainer.state()
    }
    #expect(state.bits == whole.state.bits)
    #expect(whole.epochs.map(\.rotation) == [20, 0] && whole.epochs.map(\.translation) == [0, 2])
  }
}
