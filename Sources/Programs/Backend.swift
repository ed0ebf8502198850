public import Networks
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

  /// An engine for training.
  ///
  /// - Throws: `Failure` when the library underneath refuses.
  func makeTrainingEngine(_ plan: Plan) throws -> any TrainingEngine

  /// How long each call of an engine for `plan` takes on made-up images, in the order they run: the median of `repeats`
  /// rounds, in each of which every call runs once. The optimiser's step is not among them.
  ///
  /// - Throws: `Failure` when the library underneath refuses.
  func profile(_ plan: Plan, parameters: Parameters, repeats: Int) throws -> [CallProfile]
}

extension Backend {
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

/// A compiled network in training mode, which owns the parameters in its own layout while it trains.
public protocol TrainingEngine: AnyObject {
  /// Takes over parameters and the optimiser's momentum (zero where a path is missing).
  func load(_ parameters: Parameters, momentum: [ParameterPath: Tensor]) throws

  /// Writes the logits `[batchSize, classes]` of `pixels` `[batchSize, c, h, w]` and updates running statistics.
  ///
  /// `masks` holds a factor for every element of every dropout step's output, `[batchSize, c, h, w]` or
  /// `[batchSize, features]`, in the order of `Plan.dropoutSteps`.
  func forward(
    _ pixels: UnsafeBufferPointer<Float>, masks: [Tensor], logits: UnsafeMutableBufferPointer<Float>) throws

  /// Computes the gradient of every trainable parameter at the last forward pass, in the place of the one before or
  /// added to it: objectives of several forward passes sum their parts.
  func backward(_ logitGradient: UnsafeBufferPointer<Float>, accumulates: Bool) throws

  /// Writes the gradient `[batchSize, c, h, w]` with respect to the pixels that the last backward pass came to.
  ///
  /// - Throws: `Failure` when the plan does not go back to the pixels.
  func writePixelGradient(_ pixelGradient: UnsafeMutableBufferPointer<Float>) throws

  /// Applies the gradients of the last backward pass.
  func update(_ rule: MomentumUpdate) throws

  /// The parameters as they are now, running statistics and counters included.
  func parameters() throws -> Parameters

  /// The optimiser's momentum of every trainable parameter.
  func momentum() throws -> [ParameterPath: Tensor]

  /// The gradients of the last backward pass.
  func gradients() throws -> [ParameterPath: Tensor]
}

/// One step of stochastic gradient descent with momentum, as PyTorch's: `v = momentum * v + gradient + weightDecay * w`,
/// then `w -= learningRate * v`; `gradient` is that of the backward pass, shortened where the rule says so.
public struct MomentumUpdate: Hashable, Sendable {
  /// The step's length.
  public var learningRate: Float
  /// The share of the last direction that stays, in 0..<1.
  public var momentum: Float
  /// The pull of every trainable parameter towards zero.
  public var weightDecay: Float
  /// How long the gradient of all parameters together may be, by its Euclidean length; a longer one is shortened to it,
  /// as by PyTorch's `clip_grad_norm_`. Nil for any length.
  public var longestGradient: Float?

  /// An update; no default for what every step needs, so that nothing is left to chance.
  public init(learningRate: Float, momentum: Float, weightDecay: Float, longestGradient: Float? = nil) {
    self.learningRate = learningRate
    self.momentum = momentum
    self.weightDecay = weightDecay
    self.longestGradient = longestGradient
  }

  /// What the gradient is multiplied by: 1 unless the whole of it, in `parts`, is too long.
  ///
  /// Its length is summed up in double precision, in the order of the parts, so that no thread decides a bit.
  public func gradientScale(_ parts: some Sequence<UnsafeMutableBufferPointer<Float>>) -> Float {
    guard let longestGradient else { return 1 }
    let length = parts.reduce(0) { $0 + sumOfSquares($1) }.squareRoot()
    return Float(min(1, Double(longestGradient) / (length + 1e-6)))
  }
}

/// Eight sums at once, since one would wait for itself.
private func sumOfSquares(_ values: UnsafeMutableBufferPointer<Float>) -> Double {
  var sums = SIMD8<Double>()
  for start in stride(from: 0, to: values.count - values.count % 8, by: 8) {
    for lane in 0..<8 {
      let value = Double(values[start + lane])
      sums[lane] += value * value
    }
  }
  return values.suffix(values.count % 8).reduce(sums.sum()) { $0 + Double($1) * Double($1) }
}

extension InferenceEngine {
  /// One after the other, here.
  public func spread(_ count: Int, _ body: (Int) -> Void) {
    for number in 0..<count { body(number) }
  }
}
