public import Tensors

/// A network that answers images with logits: the seam of everything that only looks at predictions.
///
/// A classifier works on batches of one fixed size; the caller pads a short batch and drops the padding. An image's
/// answer depends neither on its row nor on the other images in the batch.
public protocol Classifier: AnyObject {
  /// How many images every call takes.
  var batchSize: Int { get }
  /// One image's shape, `[c, h, w]`.
  var imageShape: Shape { get }
  /// How many classes there are.
  var classCount: Int { get }

  /// Writes the logits `[batchSize, classCount]` of `pixels` `[batchSize, c, h, w]`, in 0...1, into `logits`.
  ///
  /// Only the first `rows` images matter: the others' logits, and gradients in backward passes that follow, are left open.
  /// - Throws: `Failure` when the engine fails.
  func forward(_ pixels: Tensor, rows: Int, into logits: inout Tensor) throws

  /// Runs `body` for every number below `count`, on the threads that the network computes with, and waits for all: for
  /// what is to be done to each image between two passes. The calls write apart from each other.
  func spread(_ count: Int, _ body: (Int) -> Void)
}

/// A classifier that also answers with gradients with respect to pixels: the seam of every attack that climbs.
///
/// The network is in evaluation mode: stored statistics, no dropout. No call allocates.
public protocol DifferentiableClassifier: Classifier {
  /// Writes the gradient with respect to the pixels of the last forward pass, `[batchSize, c, h, w]`, given the gradient
  /// `[batchSize, classCount]` with respect to its logits.
  ///
  /// Several backward passes may follow one forward pass.
  /// - Throws: `Failure` when the engine fails.
  func backward(_ logitGradient: Tensor, into pixelGradient: inout Tensor) throws
}

extension Classifier {
  /// Writes the logits of a whole batch.
  ///
  /// - Throws: `Failure` when the engine fails.
  public func forward(_ pixels: Tensor, into logits: inout Tensor) throws {
    try forward(pixels, rows: batchSize, into: &logits)
  }

  /// One after the other, here.
  public func spread(_ count: Int, _ body: (Int) -> Void) {
    for number in 0..<count { body(number) }
  }

  /// The logits `[n, classCount]` of `pixels` `[n, c, h, w]`, in 0...1, for `n` up to `batchSize`; black images fill the
  /// batch.
  ///
  /// - Throws: `Failure` when the engine fails.
  /// - Precondition: the images have the network's shape.
  public func logits(of pixels: Tensor) throws -> Tensor {
    let count = pixels.shape[0]
    precondition(count <= batchSize && pixels.shape.count == count * imageShape.count, "a batch of \(imageShape)")
    var batch = Tensor(Shape([batchSize] + imageShape.sizes))
    batch.values.replaceSubrange(0..<pixels.values.count, with: pixels.values)
    var logits = Tensor([batchSize, classCount])
    try forward(batch, rows: count, into: &logits)
    return logits[rows: 0..<count]
  }
}
