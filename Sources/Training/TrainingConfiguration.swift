import Attacks
import Failures
import Programs
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
  /// The share of the last direction that stays, in 0..<1.
  public var momentum: Float
  /// The pull of every trainable parameter towards zero.
  public var weightDecay: Float
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
    stages: [Stage], epochs: Int, batchSize: Int, schedule: Schedule, momentum: Float, weightDecay: Float,
    seed: UInt64
  ) {
    self.stages = stages
    self.epochs = epochs
    self.batchSize = batchSize
    self.schedule = schedule
    self.momentum = momentum
    self.weightDecay = weightDecay
    self.seed = seed
  }

  /// A configuration of one stage without poses.
  public init(
    method: Method, epochs: Int, batchSize: Int, schedule: Schedule, momentum: Float, weightDecay: Float,
    seed: UInt64
  ) {
    self.init(
      stages: [Stage(method: method)], epochs: epochs, batchSize: batchSize, schedule: schedule, momentum: momentum,
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

  /// How many images of a batch are attacked.
  var attackedCount: Int { batchSize - Int((cleanShare * Float(batchSize)).rounded()) }

  /// Refuses settings that mean nothing.
  ///
  /// - Throws: `Failure` (`usage`) naming the option.
  public func validate() throws {
    try require(epochs >= 1, "--epochs \(epochs): give 1 or more")
    try require(batchSize >= 2, "--batch-size \(batchSize): give 2 or more")
    try require((0..<1).contains(momentum), "--momentum \(momentum): give a number from 0 up to, not including, 1")
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
    for stage in stages { try stage.validate(cleanShare: cleanShare) }
    try augmentation?.validate(for: self)
  }

  /// How far the average goes towards the parameters after a step that follows `taken` others; nil without one.
  func averageShare(taken: Int) -> Float? {
    averageDecay.map { Float(1 - min(Double($0), Double(1 + taken) / Double(10 + taken))) }
  }

  /// The optimiser's step at a place of the run.
  func update(epoch: Int, step: Int, stepsPerEpoch: Int) -> MomentumUpdate {
    MomentumUpdate(
      learningRate: learningRate(epoch: epoch, step: step, stepsPerEpoch: stepsPerEpoch), momentum: momentum,
      weightDecay: weightDecay, longestGradient: longestGradient)
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

private func require(_ condition: Bool, _ message: @autoclosure () -> String) throws {
  if !condition { throw Failure(.usage, message()) }
}
