public import Networks
public import Optimizers
public import Tensors

/// An engine family: the seam between what a network computes and how.
///
/// A backend turns a `Plan` into an engine that owns its buffers, planned once; nothing is allocated per call. Engines
/// are used by one thread at a time and may use several inside. Images never mix outside training, and a result does not
/// depend on an image's slot in the batch.
public protocol Backend: Sendable {
  /// Its name with its version, as in `onednn 2.6.3`; goes into provenance.
  var name: String { get }

  /// How many engines of `single` can work side by side, each on a thread of its own; 1 where one engine at a time is
  /// all that makes sense.
  var laneCount: Int { get }
  /// The same with one thread an engine.
  var single: any Backend { get }
  /// Runs `body` for every number below `count` on the backend's threads, side by side, and waits for all.
  func spread(_ count: Int, _ body: (Int) -> Void)

  /// An engine for logits.
  ///
  /// - Throws: `Failure` when the library underneath refuses.
  func makeInferenceEngine(_ plan: Plan) throws -> any InferenceEngine

  /// An engine for logits and the gradient with respect to the pixels.
  ///
  /// - Throws: `Failure` when the library underneath refuses.
  func makeInputGradientEngine(_ plan: Plan) throws -> any InputGradientEngine

  /// An engine for training, with room for what `optimizer` keeps of every trained number; batch norms go by the images of a
  /// pass, or by what `statistics` make of them and others.
  ///
  /// - Throws: `Failure` when the library underneath refuses.
  func makeTrainingEngine(
    _ plan: Plan, for optimizer: Optimizer, sharing statistics: SharedStatistics?
  ) throws -> any TrainingEngine

  /// How long each call of an engine for `plan` takes on made-up images, in the order they run: the median of `repeats`
  /// rounds, in each of which every call runs once. The optimiser's step is not among them.
  ///
  /// - Throws: `Failure` when the library underneath refuses.
  func profile(_ plan: Plan, parameters: Parameters, repeats: Int) throws -> [CallProfile]
}

extension Backend {
  /// An engine for training by gradient descent with momentum.
  ///
  /// - Throws: `Failure` when the library underneath refuses.
  public func makeTrainingEngine(_ plan: Plan) throws -> any TrainingEngine {
    try makeTrainingEngine(plan, for: .sgd(momentum: 0), sharing: nil)
  }
  /// One.
  public var laneCount: Int { 1 }
  /// Itself.
  public var single: any Backend { self }
  /// Runs `body` for one number after the other.
  public func spread(_ count: Int, _ body: (Int) -> Void) {
    for number in 0..<count { body(number) }
  }
}

/// A compiled network in evaluation mode.
public protocol InferenceEngine: AnyObject {
  /// Takes over weights, one for each of `Plan.weights`, in the layout the kernels want.
  func load(_ weights: some Sequence<PreparedWeights>) throws

  /// Writes the logits `[batchSize, classes]` of `pixels` `[batchSize, c, h, w]`. Only those of the first `rows` images
  /// matter, and so do gradients of backward passes that follow; those of others may be anything.
  func forward(_ pixels: UnsafeBufferPointer<Float>, rows: Int, logits: UnsafeMutableBufferPointer<Float>) throws

  /// Runs `body` for every number below `count` on the engine's threads, and waits for all.
  func spread(_ count: Int, _ body: (Int) -> Void)
}

/// A compiled network in evaluation mode that also differentiates down to the pixels.
public protocol InputGradientEngine: InferenceEngine {
  /// Writes the gradient `[batchSize, c, h, w]` with respect to the pixels of the last forward pass, given the gradient
  /// `[batchSize, classes]` with respect to its logits; any number of times after one forward pass.
  func backward(_ logitGradient: UnsafeBufferPointer<Float>, pixelGradient: UnsafeMutableBufferPointer<Float>) throws
}

/// What an optimiser keeps of every trainable parameter: tensors of its shape, by the names in `Optimizer.stateNames`.
public typealias OptimizerState = [String: [ParameterPath: Tensor]]

/// A compiled network in training mode, which owns the parameters in its own layout while it trains.
public protocol TrainingEngine: AnyObject {
  /// Takes over parameters and the optimiser's numbers (zero where a name or a path is missing).
  func load(_ parameters: Parameters, state: OptimizerState) throws

  /// Writes the logits `[batchSize, classes]` of `pixels` `[batchSize, c, h, w]` and updates running statistics.
  ///
  /// `masks` holds a factor for every element of every dropout step's output, `[batchSize, c, h, w]` or
  /// `[batchSize, features]`, in the order of `Plan.dropoutSteps`.
  func forward(
    _ pixels: UnsafeBufferPointer<Float>, masks: [Tensor], logits: UnsafeMutableBufferPointer<Float>) throws

  /// Computes the gradient of every trainable parameter at the last forward pass, in the place of the one before or
  /// added to it: objectives of several forward passes sum their parts.
  ///
  /// - Parameter complete: Told of each of `trainedBuffers`, by its place, when its gradient is complete; in the same order every
  ///   time. Only what is left is computed after that.
  func backward(
    _ logitGradient: UnsafeBufferPointer<Float>, accumulates: Bool, complete: (Int) -> Void) throws

  /// Writes the gradient `[batchSize, c, h, w]` with respect to the pixels that the last backward pass came to.
  ///
  /// - Throws: `Failure` when the plan does not go back to the pixels.
  func writePixelGradient(_ pixelGradient: UnsafeMutableBufferPointer<Float>) throws

  /// All trainable numbers with their gradients and the optimiser's numbers, in the engine's layout; valid while it lives.
  var trainedBuffers: [TrainedBuffer] { get }

  /// The running statistics of all norms with their counters, in an order of the engine's.
  var runningStatistics: [Float] { get set }

  /// Takes note that values of `trainedBuffers` have changed.
  func valuesChanged() throws

  /// Runs `body` for every number below `count` on the engine's threads, and waits for all.
  func spread(_ count: Int, _ body: (Int) -> Void)

  /// Applies the gradients in `trainedBuffers`.
  func update(_ step: OptimizerStep) throws

  /// The parameters as they are now, running statistics and counters included.
  func parameters() throws -> Parameters

  /// What the optimiser keeps of every trainable parameter.
  func state() throws -> OptimizerState

  /// The gradients of the last backward pass.
  func gradients() throws -> [ParameterPath: Tensor]

  /// Has `engine`, one for evaluation of the same network by the same backend, take over the weights as they are now: to the
  /// bit what its `load` would make of `parameters()`, with no copy of these outside the two.
  ///
  /// - Throws: `Failure` (`internal`) where `engine` is another backend's.
  func handWeights(to engine: any InferenceEngine) throws
}

extension TrainingEngine {
  /// Applies the gradients in parts on the engine's threads; where a part ends decides no bit.
  public func update(_ step: OptimizerStep) throws {
    let buffers = trainedBuffers
    let scale = step.gradientScale(buffers.lazy.map(\.gradient))
    let parts = 16
    spread(parts) { part in
      for buffer in buffers {
        let count = buffer.values.count
        step.apply(to: buffer, count * part / parts..<count * (part + 1) / parts, scale: scale)
      }
    }
    try valuesChanged()
  }
}

extension InferenceEngine {
  /// One after the other, here.
  public func spread(_ count: Int, _ body: (Int) -> Void) {
    for number in 0..<count { body(number) }
  }
}
