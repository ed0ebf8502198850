import Attacks
import Failures
import Networks
public import Optimizers
import Spatial

/// Everything that decides what a training run does, besides network and data; with these, the same seed gives the same
/// bytes.
public struct TrainingConfiguration: Hashable, Sendable {
  /// The curriculum: what happens from which epoch on; the first stage begins with epoch 0, the others follow in order.
  public var stages: [Stage]
  /// How often every image is seen.
  public var epochs: Int
  /// Images a step; a hyper-parameter. What does not fill a batch at the end of an epoch is left out, another share of
  /// the images every epoch.
  public var batchSize: Int
  /// The learning rate over the steps, where stages do not say.
  public var schedule: Schedule
  /// How gradients change the weights.
  public var optimizer: Optimizer
  /// The pull of every trainable parameter towards zero.
  public var weightDecay: Float
  /// Into how many shards a batch is cut, a power of two: each goes through the network by itself, on this rank or another, so
  /// that a batch takes the memory of a shard and norms see the statistics of one; gradients are summed in a fixed order, and
  /// running statistics move once a step, to the mean of where every shard would take them.
  public var shardCount = 1
  /// Whether batch norms go by the images of all shards, each of which is then a rank's of its own: the ranks wait for each
  /// other at every norm, forward and backward.
  public var sharesStatistics = false
  /// The share of every batch that `Method.adversarial` leaves unattacked, in 0..<1; another part of the images every epoch.
  public var cleanShare: Float = 0
  /// The probability that the cross-entropy takes from the label and spreads over all classes alike, in 0..<1; attacks
  /// climb without.
  public var labelSmoothing: Float = 0
  /// How long the gradient of a step may be, all parameters together; a longer one is shortened. Nil for any length.
  public var longestGradient: Float?
  /// The share of the moving average of all parameters that a step keeps, in 0..<1; less in the first steps, so that
  /// the start is soon forgotten: of the step after t others at most (1 + t) / (10 + t). Nil for no average.
  public var averageDecay: Float?
  /// How the best epoch is found; nil to take the last one.
  public var validation: Validation?
  /// How the images of a substitute grow; nil where the labels of the data set are learnt instead of an oracle's.
  public var augmentation: Augmentation?
  /// The seed of weights, order, poses, dropout, attacks and the images held out.
  public var seed: UInt64

  /// A configuration of several stages.
  public init(
    stages: [Stage], epochs: Int, batchSize: Int, schedule: Schedule, optimizer: Optimizer, weightDecay: Float,
    seed: UInt64
  ) {
    self.stages = stages
    self.epochs = epochs
    self.batchSize = batchSize
    self.schedule = schedule
    self.optimizer = optimizer
    self.weightDecay = weightDecay
    self.seed = seed
  }

  /// A configuration of one stage without poses.
  public init(
    method: Method, epochs: Int, batchSize: Int, schedule: Schedule, optimizer: Optimizer, weightDecay: Float,
    seed: UInt64
  ) {
    self.init(
      stages: [Stage(method: method)], epochs: epochs, batchSize: batchSize, schedule: schedule, optimizer: optimizer,
      weightDecay: weightDecay, seed: seed)
  }

  /// The stage of `epoch`, counted from 0.
  public func stage(epoch: Int) -> Stage {
    stages.last { $0.start <= epoch } ?? stages.first ?? Stage(method: .natural)
  }

  /// The learning rate of a step: that of its stage, or the schedule's; epochs and steps are counted from 0.
  public func learningRate(epoch: Int, step: Int = 0, stepsPerEpoch: Int = 1) -> Float {
    stage(epoch: epoch).learningRate
      ?? schedule.rate(epoch: epoch, step: step, stepsPerEpoch: stepsPerEpoch, epochs: epochs)
  }

  /// The round of augmentation that `epoch`, counted from 0, falls into; 0 without any.
  func round(of epoch: Int) -> Int {
    augmentation.map { min(epoch / max(epochs / $0.rounds, 1), $0.count) } ?? 0
  }

  /// How many of `count` images, and what grows from them, an epoch trains on.
  func imageCount(of count: Int, epoch: Int) -> Int { trainedCount(of: count) << round(of: epoch) }

  /// How many images go through the network at once.
  var shardSize: Int { batchSize / shardCount }

  /// How many images of a shard are attacked.
  var attackedCount: Int { shardSize - Int((cleanShare * Float(shardSize)).rounded()) }

  /// Refuses settings that mean nothing.
  ///
  /// - Throws: `Failure` (`usage`) naming the option.
  public func validate() throws {
    try require(epochs >= 1, "--epochs \(epochs): give 1 or more")
    try require(batchSize >= 2, "--batch-size \(batchSize): give 2 or more")
    try require(
      shardCount >= 1 && shardCount & (shardCount - 1) == 0 && batchSize.isMultiple(of: shardCount) && shardSize >= 2,
      "--accumulate \(shardCount): give a power of two that cuts a batch of \(batchSize) into equal parts of 2 or more")
    try optimizer.validate()
    try require(weightDecay >= 0 && weightDecay.isFinite, "--weight-decay \(weightDecay): give 0 or more")
    try require(
      (0..<1).contains(cleanShare) && attackedCount > 0,
      "--clean-share \(cleanShare): give a number from 0 up to, not including, 1, that leaves an image to attack")
    try require(
      (0..<1).contains(labelSmoothing),
      "--label-smoothing \(labelSmoothing): give a number from 0 up to, not including, 1")
    if let length = longestGradient {
      try require(length > 0 && length.isFinite, "--clip-gradient \(length): give more than 0")
    }
    if let averageDecay {
      try require(
        (0..<1).contains(averageDecay),
        "--average-weights \(averageDecay): give a number from 0 up to, not including, 1")
    }
    try require(
      schedule.initial > 0 && schedule.initial.isFinite, "--learning-rate \(schedule.initial): give more than 0")
    if case .cyclic(let count) = schedule.course {
      try require((1...epochs).contains(count), "--cycles \(count): give 1 to \(epochs)")
    }
    try require(
      (0...epochs).contains(schedule.warmUp), "--warm-up \(schedule.warmUp): give 0 to \(epochs) epochs")
    try require(
      stages.first?.start == 0 && zip(stages, stages.dropFirst()).allSatisfy { $0.start < $1.start },
      "curriculum: its first stage begins with epoch 1 and each other later than the one before")
    if let validation {
      try require(validation.imageCount >= 1, "--validation \(validation.imageCount): give 1 or more")
      try require(
        validation.metric != .robust || validationAttack != nil,
        "--keep-best robust needs a method that attacks: pgd, trades or cusp")
      try require(
        validation.metric != .spatial || validationPoses != nil, "--keep-best spatial needs --rotation or --translation"
      )
    }
    try require(
      !isAdaptive || validation != nil,
      "curriculum: what ends a stage is measured on images held out: give --keep-best, as in --keep-best robust")
    for stage in stages {
      try stage.validate(cleanShare: cleanShare)
      try stage.validateMixture(cleanShare: cleanShare)
    }
    try augmentation?.validate(for: self)
  }

  /// Refuses more ranks than there are shards, and fewer where shards share statistics.
  ///
  /// - Throws: `Failure` (`usage`).
  func validate(ranks count: Int) throws {
    try require(
      shardCount.isMultiple(of: count),
      "--accumulate \(shardCount): \(count) ranks were started, and a shard is one rank's work: start at most \(shardCount), "
        + "or begin a run with --accumulate \(count)")
    try require(
      !sharesStatistics || shardCount == count,
      "--sync-batch-norm: shards wait for each other at every norm, so that \(shardCount) need as many ranks: "
        + "start \(shardCount), or begin a run with another --accumulate")
  }

  /// Refuses to share statistics that `graph` has none of.
  ///
  /// - Throws: `Failure` (`usage`).
  func validate(_ graph: NetworkGraph) throws {
    let hasNorms = graph.vertices.contains { vertex in
      switch vertex.node.layer {
      case .batchNormalization, .groupBatchNormalization: true
      default: false
      }
    }
    try require(
      !sharesStatistics || hasNorms,
      "--sync-batch-norm: \(graph.definition.architecture) has no batch norm; leave it out")
  }

  /// How far the average goes towards the parameters after a step that follows `taken` others; nil without one.
  func averageShare(taken: Int) -> Float? {
    averageDecay.map { Float(1 - min(Double($0), Double(1 + taken) / Double(10 + taken))) }
  }

  /// The optimiser's step at a place of the run.
  ///
  /// - Parameter taken: How many steps the run has taken before.
  func update(epoch: Int, step: Int, stepsPerEpoch: Int, taken: Int) -> OptimizerStep {
    OptimizerStep(
      optimizer, learningRate: learningRate(epoch: epoch, step: step, stepsPerEpoch: stepsPerEpoch),
      weightDecay: weightDecay, longestGradient: longestGradient, number: taken + 1)
  }
}

extension Optimizer {
  fileprivate func validate() throws {
    switch self {
    case .sgd(let momentum, let isNesterov):
      try require((0..<1).contains(momentum), "--momentum \(momentum): give a number from 0 up to, not including, 1")
      try require(!isNesterov || momentum > 0, "--nesterov: looks ahead by the momentum, which is 0; raise --momentum")
    case .adamW(let beta1, let beta2, let epsilon):
      try require(
        (0..<1).contains(beta1) && (0..<1).contains(beta2),
        "--betas \(beta1),\(beta2): give numbers from 0 up to, not including, 1")
      try require(epsilon > 0 && epsilon.isFinite, "adamw: an epsilon of \(epsilon): give more than 0")
    }
  }
}

extension Stage {
  fileprivate func validate(cleanShare: Float) throws {
    // It has no target, so the number of classes does not matter.
    try method.attack(seed: 0)?.validate(classCount: .max)
    if let learningRate {
      try require(
        learningRate > 0 && learningRate.isFinite, "curriculum: a learning rate of \(learningRate): give more than 0")
    }
    switch method {
    case .natural: try require(cleanShare == 0, "--clean-share needs --method pgd or cusp")
    case .adversarial: break
    case .trades(_, let beta), .transformedTrades(_, let beta):
      try require(beta >= 0 && beta.isFinite, "--beta \(beta): give 0 or more")
      try require(cleanShare == 0, "--clean-share \(cleanShare): TRADES sees every image clean as well; leave it out")
    }
  }
}

extension Stage {
  /// Refuses a mixture of what the stage does not do.
  fileprivate func validateMixture(cleanShare: Float) throws {
    guard mixture != .composed else { return }
    let name = "--mixture \(mixture.rawValue)"
    guard case .adversarial(let attack) = method else { throw Failure(.usage, "\(name): goes with --method pgd alone") }
    try require(attack.epsilon > 0, "\(name): nothing is attacked; raise --epsilon")
    try require(
      poses.rotation > 0 || poses.translation > 0,
      "\(name): nothing is turned or moved; give --rotation or --translation")
    try require(cleanShare == 0, "--clean-share \(cleanShare): \(name) says what is attacked; leave it out")
  }
}

private func require(_ condition: Bool, _ message: @autoclosure () -> String) throws {
  if !condition { throw Failure(.usage, message()) }
}
