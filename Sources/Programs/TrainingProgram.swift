public import Networks
public import Tensors

/// A network compiled for training: forward with batch statistics, backward to all parameters, one update.
///
/// While it trains it owns the parameters; `parameters()` hands copies back.
public final class TrainingProgram {
  /// How many images every step takes; a hyper-parameter, since batch statistics depend on it.
  public let batchSize: Int
  /// The shape of every dropout mask, `[batchSize, c, h, w]` or `[batchSize, features]`, in the order of the steps.
  public let dropouts: [(settings: Dropout, shape: Shape)]
  private let engine: any TrainingEngine
  private var logitGradient: Tensor

  /// Compiles `graph` on `backend` and takes over `parameters` and `momentum`.
  ///
  /// - Parameter reachesPixels: Whether backward passes go to the pixels, too.
  /// - Throws: `Failure` when the engine refuses.
  public init(
    _ graph: NetworkGraph, parameters: Parameters, momentum: [ParameterPath: Tensor] = [:], batchSize: Int,
    reachesPixels: Bool = false, on backend: any Backend
  ) throws {
    let plan = Plan(graph, for: .training, batchSize: batchSize, reachesPixels: reachesPixels)
    self.batchSize = batchSize
    dropouts = plan.steps.compactMap { step in
      guard case .dropout(let settings, _) = step.operation else { return nil }
      return (settings, Shape([batchSize] + plan.values[step.output].sizes))
    }
    engine = try backend.makeTrainingEngine(plan)
    logitGradient = Tensor([batchSize, graph.classCount])
    try engine.load(parameters, momentum: momentum)
  }

  /// Writes the logits of `pixels` in training mode; `masks` are the dropouts' factors, in the order of `dropouts`.
  ///
  /// - Throws: `Failure` when the engine fails.
  public func forward(_ pixels: Tensor, masks: [Tensor], into logits: inout Tensor) throws {
    try pixels.values.withUnsafeBufferPointer { pixels in
      try logits.values.withUnsafeMutableBufferPointer { try engine.forward(pixels, masks: masks, logits: $0) }
    }
  }

  /// Computes the gradients of the mean `loss` at the logits of the last forward pass.
  ///
  /// - Throws: `Failure` when the engine fails.
  public func backward(_ loss: CrossEntropy, logits: Tensor) throws {
    loss.writeGradient(logits: logits, scale: 1 / Float(batchSize), into: &logitGradient)
    try backward(logitGradient)
  }

  /// Computes the gradients that follow from `logitGradient`, `[batchSize, classes]`, at the last forward pass.
  ///
  /// - Parameter accumulates: Whether they are added to those of the backward pass before.
  /// - Throws: `Failure` when the engine fails.
  public func backward(_ logitGradient: Tensor, accumulates: Bool = false) throws {
    try logitGradient.values.withUnsafeBufferPointer { try engine.backward($0, accumulates: accumulates) }
  }

  /// Writes the gradient `[batchSize, c, h, w]` with respect to the pixels that the last backward pass came to.
  ///
  /// - Throws: `Failure` when the program was not made to go there.
  public func writePixelGradient(into gradient: inout Tensor) throws {
    try gradient.values.withUnsafeMutableBufferPointer { try engine.writePixelGradient($0) }
  }

  /// Applies the gradients of the last backward pass.
  ///
  /// - Throws: `Failure` when the engine fails.
  public func update(_ rule: MomentumUpdate) throws { try engine.update(rule) }

  /// The parameters as they are now.
  ///
  /// - Throws: `Failure` when the engine fails.
  public func parameters() throws -> Parameters { try engine.parameters() }

  /// The optimiser's momentum of every trainable parameter.
  ///
  /// - Throws: `Failure` when the engine fails.
  public func momentum() throws -> [ParameterPath: Tensor] { try engine.momentum() }

  /// The gradients of the last backward pass.
  ///
  /// - Throws: `Failure` when the engine fails.
  public func gradients() throws -> [ParameterPath: Tensor] { try engine.gradients() }
}
