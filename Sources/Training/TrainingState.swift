public import Networks
public import Tensors

/// What a run has reached: enough to go on from, to the bit, after any step.
public struct TrainingState: Sendable {
  /// What the steps of an unfinished epoch have come to.
  public struct Sums: Hashable, Sendable {
    /// The losses of all images.
    public var loss: Double
    /// How many images were classified rightly.
    public var correct: Int

    /// Sums; zero at the start of an epoch.
    public init(loss: Double = 0, correct: Int = 0) { (self.loss, self.correct) = (loss, correct) }
  }

  /// The network's parameters.
  public var parameters: Parameters
  /// Their moving average, where the run keeps one; nil before it starts.
  public var average: Parameters?
  /// The optimiser's momentum of every trainable parameter; empty before the first step.
  public var momentum: [ParameterPath: Tensor]
  /// How many epochs are complete.
  public var epoch: Int
  /// How many steps have been taken in the epoch after those.
  public var step: Int
  /// What those steps have come to.
  public var sums: Sums

  /// A state.
  public init(
    parameters: Parameters, average: Parameters? = nil, momentum: [ParameterPath: Tensor] = [:], epoch: Int = 0,
    step: Int = 0, sums: Sums = Sums()
  ) {
    self.parameters = parameters
    self.average = average
    self.momentum = momentum
    self.epoch = epoch
    self.step = step
    self.sums = sums
  }

  /// What the network is to whoever uses it: the average where there is one.
  public var model: Parameters { average ?? parameters }
}
