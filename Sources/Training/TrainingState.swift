public import Networks
public import Tensors

/// What a run has reached: enough to go on from, at the end of an epoch.
public struct TrainingState: Sendable {
  /// The network's parameters.
  public var parameters: Parameters
  /// The optimiser's momentum of every trainable parameter; empty before the first step.
  public var momentum: [ParameterPath: Tensor]
  /// How many epochs are complete.
  public var epoch: Int
  /// How many steps have been taken.
  public var step: Int

  /// A state.
  public init(parameters: Parameters, momentum: [ParameterPath: Tensor] = [:], epoch: Int = 0, step: Int = 0) {
    self.parameters = parameters
    self.momentum = momentum
    self.epoch = epoch
    self.step = step
  }
}
