public import Optimizers
public import Programs

/// The engine in plain Swift: for machines without oneDNN, and the reference every other engine is tested against.
///
/// Values lie as plain `[n, c, h, w]` in single precision. Results depend neither on the number of threads nor on an
/// image's slot in the batch, bit for bit.
public struct PortableBackend: Backend {
  /// How many threads share the work of one call.
  public let threads: Int

  /// The name in provenance.
  public var name: String { "portable" }

  /// A backend whose engines use `threads` threads, at least one.
  public init(threads: Int) { self.threads = max(threads, 1) }

  /// As many as there are threads.
  public var laneCount: Int { threads }
  /// The same with one thread an engine.
  public var single: any Backend { Self(threads: 1) }
  /// Runs `body` for every number below `count` on the backend's threads, and waits for all.
  public func spread(_ count: Int, _ body: (Int) -> Void) {
    Workers(count: threads).run(count) { number, _ in body(number) }
  }

  /// An engine for logits.
  ///
  /// - Throws: `Failure` when memory runs out.
  public func makeInferenceEngine(_ plan: Plan) throws -> any InferenceEngine {
    try EvaluationEngine(plan, threads: threads)
  }

  /// An engine for logits and the gradient with respect to the pixels.
  ///
  /// - Throws: `Failure` when memory runs out.
  public func makeInputGradientEngine(_ plan: Plan) throws -> any InputGradientEngine {
    try EvaluationEngine(plan, threads: threads)
  }

  /// An engine for training.
  ///
  /// - Throws: `Failure` when memory runs out.
  public func makeTrainingEngine(
    _ plan: Plan, for optimizer: Optimizer, sharing statistics: SharedStatistics?
  ) throws -> any TrainingEngine {
    try PlainTrainingEngine(plan, for: optimizer, sharing: statistics, threads: threads)
  }
}
