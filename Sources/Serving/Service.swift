import Failures
import Networks
import Records
import Tensors
public import ToolSupport

/// Answers the requests of a stream, exactly one reply a line.
///
/// One thread reads, another computes and writes. Requests are read ahead within bounds of number and memory, so that
/// those for the same computation share a batch, and a request can be cancelled while it waits or is under way.
public struct Service {
  /// How many lines were answered, and how.
  public struct Tally: Equatable, Sendable {
    /// Lines answered.
    public var replies = 0
    /// Lines that got an `error` record.
    public var errors = 0
  }

  /// As many batches may be read ahead.
  static let batchesAhead = 4

  private let model: ServedModel
  private let limits: ServiceLimits
  private let keepsOrder: Bool

  /// A service of `model` within `limits`.
  ///
  /// - Parameter keepsOrder: Whether replies come in the order of the requests, or else as they are ready.
  public init(_ model: ServedModel, limits: ServiceLimits = ServiceLimits(), keepsOrder: Bool = true) {
    let batchSize = model.classifier.batchSize
    var limits = limits
    limits.batchSize = max(1, min(limits.batchSize ?? batchSize, batchSize))
    limits.waiting = max(1, limits.waiting ?? Self.batchesAhead * batchSize)
    (self.model, self.limits, self.keepsOrder) = (model, limits, keepsOrder)
  }

  /// Says that it is ready, then answers every line of `descriptor` until its end.
  ///
  /// - Throws: `Failure(.inputOutput)` when the input cannot be read or the output not be written, and what stops a
  ///   program whose reader has gone.
  public func run(descriptor: Int32 = 0, output: StandardOutput) throws -> Tally {
    let lines = LineQueue(
      places: limits.waiting ?? 1, bytes: limits.waitingBytes,
      imageBytes: model.classifier.imageShape.count * MemoryLayout<Float>.stride)
    defer { lines.close() }
    try output.write { model.facts.writeReady(limits, into: &$0) }
    try output.flush()
    lines.read(descriptor, maximalLength: limits.lineLength)
    return try Session(model, limits, lines: lines, output: output, keepsOrder: keepsOrder).run()
  }
}
