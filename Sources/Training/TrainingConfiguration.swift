public import Attacks
import Failures
import Programs

/// Everything that decides what a training run does, besides network and data; with these, the same seed gives the same
/// bytes.
public struct TrainingConfiguration: Hashable, Sendable {
  /// What is done to a batch before the step on it.
  public enum Method: Hashable, Sendable {
    /// Nothing.
    case natural
    /// An attack on the network as it is at that moment, in evaluation mode (Madry et al. 2018).
    case pgd(ProjectedGradientDescent)
  }

  /// What is done to a batch before the step on it.
  public var method: Method
  /// How often every image is seen.
  public var epochs: Int
  /// Images a step; a hyper-parameter. What does not fill a batch at the end of an epoch is left out, another share of
  /// the images every epoch.
  public var batchSize: Int
  /// The learning rate over the epochs.
  public var schedule: StepSchedule
  /// The share of the last direction that stays, in 0..<1.
  public var momentum: Float
  /// The pull of every trainable parameter towards zero.
  public var weightDecay: Float
  /// The seed of weights, order, dropout and attacks.
  public var seed: UInt64

  /// A configuration.
  public init(
    method: Method, epochs: Int, batchSize: Int, schedule: StepSchedule, momentum: Float, weightDecay: Float,
    seed: UInt64
  ) {
    self.method = method
    self.epochs = epochs
    self.batchSize = batchSize
    self.schedule = schedule
    self.momentum = momentum
    self.weightDecay = weightDecay
    self.seed = seed
  }

  /// Refuses settings that mean nothing.
  ///
  /// - Throws: `Failure` (`usage`) naming the option.
  public func validate() throws {
    func require(_ condition: Bool, _ message: @autoclosure () -> String) throws {
      if !condition { throw Failure(.usage, message()) }
    }
    try require(epochs >= 1, "--epochs \(epochs): give 1 or more")
    try require(batchSize >= 2, "--batch-size \(batchSize): give 2 or more")
    try require((0..<1).contains(momentum), "--momentum \(momentum): give a number from 0 up to, not including, 1")
    try require(weightDecay >= 0 && weightDecay.isFinite, "--weight-decay \(weightDecay): give 0 or more")
    // It has no target, so the number of classes does not matter.
    if case .pgd(let attack) = method { try attack.validate(classCount: .max) }
    try require(
      schedule.initial > 0 && schedule.initial.isFinite, "--learning-rate \(schedule.initial): give more than 0")
  }

  /// The optimiser's step in `epoch`, counted from 0.
  func update(epoch: Int) -> MomentumUpdate {
    MomentumUpdate(learningRate: schedule.rate(epoch: epoch), momentum: momentum, weightDecay: weightDecay)
  }
}
