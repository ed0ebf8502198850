public import Networks
public import Tensors

extension NetworkGraph {
  /// The batch size of evaluation programs of all networks but those of large images.
  ///
  /// What 32 images of a small network are between two layers stays in the nearer caches, and few images need little
  /// padding; large networks gain a tenth or less from longer batches.
  public static var usualEvaluationBatchSize: Int { 32 }

  /// The batch size of all evaluation programs of this network, a function of it alone, so that results never depend on a
  /// caller's batches or on a machine's memory: the usual one, halved until what the steps of a pass write for all images
  /// takes no more than 1 GiB, or two images are left, an untouched and a perturbed one.
  public var evaluationBatchSize: Int {
    var size = Self.usualEvaluationBatchSize
    while size > 2, size * evaluationByteCount > Self.evaluationBytes { size /= 2 }
    return size
  }

  /// How many bytes the steps of a forward pass write for one image, all of which going back to the pixels may read.
  package var evaluationByteCount: Int {
    Plan(self, for: .inputGradient, batchSize: 1).values.reduce(0) { $0 + 4 * $1.count }
  }

  private static var evaluationBytes: Int { 1 << 30 }
}

/// A network compiled to answer with logits.
public final class InferenceProgram: Classifier {
  /// How many images every call takes.
  public let batchSize: Int
  /// One image's shape, `[c, h, w]`.
  public let imageShape: Shape
  /// How many classes there are.
  public let classCount: Int
  private let plan: Plan
  private let engine: any InferenceEngine

  /// Compiles `graph` on `backend` and loads `parameters`; without a `batchSize` it has the network's own.
  ///
  /// - Throws: `Failure` when the engine refuses.
  public init(
    _ graph: NetworkGraph, parameters: Parameters, batchSize: Int? = nil, on backend: any Backend
  ) throws {
    self.batchSize = batchSize ?? graph.evaluationBatchSize
    (imageShape, classCount) = (graph.imageShape, graph.classCount)
    plan = Plan(graph, for: .inference, batchSize: self.batchSize)
    engine = try backend.makeInferenceEngine(plan)
    try load(parameters)
  }

  /// Replaces the weights; they are folded and laid out here, once.
  ///
  /// - Throws: `Failure` when the engine refuses.
  public func load(_ parameters: Parameters) throws {
    try engine.load(plan.weights.lazy.map { PreparedWeights($0, parameters) })
  }

  /// Writes the logits `[batchSize, classCount]` of `pixels` `[batchSize, c, h, w]`, those of the first `rows` at least.
  ///
  /// - Throws: `Failure` when the engine fails.
  public func forward(_ pixels: Tensor, rows: Int, into logits: inout Tensor) throws {
    try pixels.values.withUnsafeBufferPointer { pixels in
      try logits.values.withUnsafeMutableBufferPointer { try engine.forward(pixels, rows: rows, logits: $0) }
    }
  }

  /// Runs `body` for every number below `count` on the engine's threads.
  public func spread(_ count: Int, _ body: (Int) -> Void) { engine.spread(count, body) }
}

/// A network compiled to answer with logits and with gradients with respect to the pixels.
///
/// The same folded network as for inference, then backward data only: no gradient of a parameter is ever computed.
public final class InputGradientProgram: DifferentiableClassifier {
  /// How many images every call takes.
  public let batchSize: Int
  /// One image's shape, `[c, h, w]`.
  public let imageShape: Shape
  /// How many classes there are.
  public let classCount: Int
  private let plan: Plan
  private let engine: any InputGradientEngine

  /// Compiles `graph` on `backend` and loads `parameters`; without a `batchSize` it has the network's own.
  ///
  /// - Throws: `Failure` when the engine refuses.
  public init(
    _ graph: NetworkGraph, parameters: Parameters, batchSize: Int? = nil, on backend: any Backend
  ) throws {
    self.batchSize = batchSize ?? graph.evaluationBatchSize
    (imageShape, classCount) = (graph.imageShape, graph.classCount)
    plan = Plan(graph, for: .inputGradient, batchSize: self.batchSize)
    engine = try backend.makeInputGradientEngine(plan)
    try load(parameters)
  }

  /// Replaces the weights; they are folded and laid out here, once.
  ///
  /// - Throws: `Failure` when the engine refuses.
  public func load(_ parameters: Parameters) throws {
    try engine.load(plan.weights.lazy.map { PreparedWeights($0, parameters) })
  }

  /// Writes the logits `[batchSize, classCount]` of `pixels` `[batchSize, c, h, w]`, those of the first `rows` at least.
  ///
  /// - Throws: `Failure` when the engine fails.
  public func forward(_ pixels: Tensor, rows: Int, into logits: inout Tensor) throws {
    try pixels.values.withUnsafeBufferPointer { pixels in
      try logits.values.withUnsafeMutableBufferPointer { try engine.forward(pixels, rows: rows, logits: $0) }
    }
  }

  /// Replaces the weights by those that `training`, a program of the same network on the same backend, has come to.
  ///
  /// They are handed from engine to engine, as training attacks at every step; to the bit what `load` of its parameters does.
  ///
  /// - Throws: `Failure` when the engine refuses.
  public func load(from training: TrainingProgram) throws { try training.engine.handWeights(to: engine) }

  /// Runs `body` for every number below `count` on the engine's threads.
  public func spread(_ count: Int, _ body: (Int) -> Void) { engine.spread(count, body) }

  /// Writes the gradient with respect to the pixels of the last forward pass, given the one with respect to its logits.
  ///
  /// - Throws: `Failure` when the engine fails.
  public func backward(_ logitGradient: Tensor, into pixelGradient: inout Tensor) throws {
    try logitGradient.values.withUnsafeBufferPointer { logitGradient in
      try pixelGradient.values.withUnsafeMutableBufferPointer {
        try engine.backward(logitGradient, pixelGradient: $0)
      }
    }
  }
}
