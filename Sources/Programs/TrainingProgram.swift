public import Networks
public import Optimizers
public import Tensors

/// A network compiled for training: forward with batch statistics, backward to all parameters, one update.
///
/// While it trains it owns the parameters; `parameters()` hands copies back.
public final class TrainingProgram {
  /// How many images every step takes; a hyper-parameter, since batch statistics depend on it.
  public let batchSize: Int
  /// The shape of every dropout mask, `[batchSize, c, h, w]` or `[batchSize, features]`, in the order of the steps.
  public let dropouts: [(settings: Dropout, shape: Shape)]
  let engine: any TrainingEngine
  private let statistics: SharedStatistics?
  private var logitGradient: Tensor

  /// Compiles `graph` on `backend` for training by `optimizer`, and takes over `parameters` and `state`.
  ///
  /// - Parameters:
  ///   - reachesPixels: Whether backward passes go to the pixels, too.
  ///   - statistics: What batch norms share with other programs; nil where they go by the images of this one.
  /// - Throws: `Failure` when the engine refuses.
  public init(
    _ graph: NetworkGraph, parameters: Parameters, optimizer: Optimizer = .sgd(momentum: 0),
    state: OptimizerState = [:], batchSize: Int, reachesPixels: Bool = false,
    sharing statistics: SharedStatistics? = nil, on backend: any Backend
  ) throws {
    let plan = Plan(graph, for: .training, batchSize: batchSize, reachesPixels: reachesPixels)
    self.batchSize = batchSize
    dropouts = plan.steps.compactMap { step in
      guard case .dropout(let settings, _) = step.operation else { return nil }
      return (settings, Shape([batchSize] + plan.values[step.output].sizes))
    }
    self.statistics = statistics
    engine = try backend.makeTrainingEngine(plan, for: optimizer, sharing: statistics)
    logitGradient = Tensor([batchSize, graph.classCount])
    try engine.load(parameters, state: state)
  }

  /// Writes the logits of `pixels` in training mode; `masks` are the dropouts' factors, in the order of `dropouts`.
  ///
  /// - Throws: `Failure` when the engine fails, or those who share statistics.
  public func forward(_ pixels: Tensor, masks: [Tensor], into logits: inout Tensor) throws {
    try pixels.values.withUnsafeBufferPointer { pixels in
      try logits.values.withUnsafeMutableBufferPointer { try engine.forward(pixels, masks: masks, logits: $0) }
    }
    try statistics?.check()
  }

  /// Computes the gradients of `loss`, summed over the images of the last forward pass, whose `logits` these are, and
  /// multiplied by `scale`: by default of its mean.
  ///
  /// - Parameters:
  ///   - accumulates: Whether they are added to those of the backward pass before.
  ///   - complete: Told of each of `gradientBuffers`, by its place, when it is complete; in the same order every time.
  /// - Throws: `Failure` when the engine fails.
  public func backward(
    _ loss: CrossEntropy, logits: Tensor, scale: Float? = nil, accumulates: Bool = false,
    complete: (Int) -> Void = { _ in }
  ) throws {
    loss.writeGradient(logits: logits, scale: scale ?? 1 / Float(batchSize), into: &logitGradient)
    try backward(logitGradient, accumulates: accumulates, complete: complete)
  }

  /// Computes the gradients that follow from `logitGradient`, `[batchSize, classes]`, at the last forward pass.
  ///
  /// - Parameters:
  ///   - accumulates: Whether they are added to those of the backward pass before.
  ///   - complete: Told of each of `gradientBuffers`, by its place, when it is complete; in the same order every time.
  /// - Throws: `Failure` when the engine fails, or those who share statistics.
  public func backward(
    _ logitGradient: Tensor, accumulates: Bool = false, complete: (Int) -> Void = { _ in }
  ) throws {
    try logitGradient.values.withUnsafeBufferPointer {
      try engine.backward($0, accumulates: accumulates, complete: complete)
    }
    try statistics?.check()
  }

  /// Writes the gradient `[batchSize, c, h, w]` with respect to the pixels that the last backward pass came to.
  ///
  /// - Throws: `Failure` when the program was not made to go there.
  public func writePixelGradient(into gradient: inout Tensor) throws {
    try gradient.values.withUnsafeMutableBufferPointer { try engine.writePixelGradient($0) }
  }

  /// The gradients of the last backward pass, in the engine's layout, to be summed over several; valid while this lives.
  public var gradientBuffers: [UnsafeMutableBufferPointer<Float>] { engine.trainedBuffers.map(\.gradient) }

  /// The running statistics of all norms with their counters, in an order of the engine's.
  public var runningStatistics: [Float] {
    get { engine.runningStatistics }
    set { engine.runningStatistics = newValue }
  }

  /// Applies the gradients of the last backward pass, or what was made of them in `gradientBuffers`.
  ///
  /// - Throws: `Failure` when the engine fails.
  public func update(_ step: OptimizerStep) throws { try engine.update(step) }

  /// The parameters as they are now.
  ///
  /// - Throws: `Failure` when the engine fails.
  public func parameters() throws -> Parameters { try engine.parameters() }

  /// What the optimiser keeps of every trainable parameter.
  ///
  /// - Throws: `Failure` when the engine fails.
  public func optimizerState() throws -> OptimizerState { try engine.state() }

  /// The gradients of the last backward pass.
  ///
  /// - Throws: `Failure` when the engine fails.
  public func gradients() throws -> [ParameterPath: Tensor] { try engine.gradients() }
}
