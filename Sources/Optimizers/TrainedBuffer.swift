/// Trainable numbers as an engine keeps them, for an optimiser to work on: their gradient and the optimiser's own numbers lie
/// beside them in the same order, whatever that is. What pads them is zero in each and stays so.
public struct TrainedBuffer {
  /// What is trained.
  public let values: UnsafeMutableBufferPointer<Float>
  /// The gradient of the last backward pass with respect to it.
  public let gradient: UnsafeMutableBufferPointer<Float>
  /// The optimiser's numbers, one buffer a name in `Optimizer.stateNames`.
  public let state: [UnsafeMutableBufferPointer<Float>]

  /// Buffers of equal length, which live as long as the engine does.
  public init(
    values: UnsafeMutableBufferPointer<Float>, gradient: UnsafeMutableBufferPointer<Float>,
    state: [UnsafeMutableBufferPointer<Float>]
  ) {
    precondition(([gradient] + state).allSatisfy { $0.count == values.count }, "equally laid out")
    (self.values, self.gradient, self.state) = (values, gradient, state)
  }
}
