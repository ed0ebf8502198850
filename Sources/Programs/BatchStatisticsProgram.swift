import Failures
public import Networks
public import Tensors

/// A network left in training mode that is asked all the same: norms go by the batch's own statistics, in logits and in
/// gradients, as where published code forgets `eval()`.
///
/// Unlike other classifiers' its answers depend on all images of a batch, so batches are whole, never padded. For networks
/// without dropout, which would be random.
public final class BatchStatisticsProgram: DifferentiableClassifier {
  /// How many images every call takes.
  public let batchSize: Int
  /// One image's shape, `[c, h, w]`.
  public let imageShape: Shape
  /// How many classes there are.
  public let classCount: Int
  private let program: TrainingProgram

  /// Compiles `graph` on `backend` for batches of `batchSize` and loads `parameters`.
  ///
  /// - Throws: `Failure` (`internal`) where it has dropouts, or when the engine refuses.
  public init(_ graph: NetworkGraph, parameters: Parameters, batchSize: Int, on backend: any Backend) throws {
    (self.batchSize, imageShape, classCount) = (batchSize, graph.imageShape, graph.classCount)
    program = try TrainingProgram(
      graph, parameters: parameters, batchSize: batchSize, reachesPixels: true, on: backend)
    guard program.dropouts.isEmpty else { throw Failure(.internal, "batch statistics: the network has dropouts") }
  }

  /// Writes the logits `[batchSize, classCount]` of `pixels` `[batchSize, c, h, w]`, in 0...1.
  ///
  /// - Throws: `Failure` (`data`) for a batch that is not whole, and when the engine fails.
  public func forward(_ pixels: Tensor, rows: Int, into logits: inout Tensor) throws {
    guard rows == batchSize else {
      throw Failure(
        .data, "batch statistics are those of \(batchSize) images, and only \(rows) of them can be attacked")
    }
    try program.forward(pixels, masks: [], into: &logits)
  }

  /// Writes the gradient `[batchSize, c, h, w]` with respect to the pixels of the last forward pass, that through the
  /// statistics included.
  ///
  /// - Throws: `Failure` when the engine fails.
  public func backward(_ logitGradient: Tensor, into pixelGradient: inout Tensor) throws {
    try program.backward(logitGradient)
    try program.writePixelGradient(into: &pixelGradient)
  }
}
