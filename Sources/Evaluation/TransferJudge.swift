import Attacks
import Networks
import Tensors

/// Asks a model what it makes of images that were made against another: in full batches, whatever order they come in.
struct TransferJudge {
  private let classifier: any Classifier
  private var pixels: Tensor
  private var logits: Tensor
  private var waiting: [AttackResult] = []

  /// A judge that is `classifier`.
  init(_ classifier: any Classifier) {
    self.classifier = classifier
    pixels = Tensor(Shape([classifier.batchSize] + classifier.imageShape.sizes))
    logits = Tensor([classifier.batchSize, classifier.classCount])
  }

  /// How many images a batch takes, each untouched and perturbed.
  private var width: Int { max(classifier.batchSize / 2, 1) }

  /// Takes in a result; where they fill a batch, all go to `finish` with this model's logits.
  ///
  /// - Parameter untouched: Writes the image as the data set has it.
  mutating func add(
    _ result: AttackResult, untouched: (MutablePixels) -> Void, finish: (AttackResult) throws -> Void
  ) throws {
    let row = waiting.count
    waiting.append(result)
    write(row, untouched)
    write(width + row) { _ = $0.update(fromContentsOf: result.perturbed) }
    if waiting.count == width { try flush(finish) }
  }

  /// Hands over what waits.
  mutating func flush(_ finish: (AttackResult) throws -> Void) throws {
    guard !waiting.isEmpty else { return }
    try classifier.forward(pixels, into: &logits)
    for (row, result) in waiting.enumerated() {
      try finish(
        result.judged(
          naturalLogits: logits[rows: row..<row + 1].values,
          perturbedLogits: logits[rows: width + row..<width + row + 1].values))
    }
    waiting.removeAll(keepingCapacity: true)
  }

  private mutating func write(_ row: Int, _ body: (MutablePixels) -> Void) {
    let size = classifier.imageShape.count
    pixels.values.withUnsafeMutableBufferPointer {
      body(MutablePixels(rebasing: $0[row * size..<(row + 1) * size]))
    }
  }
}
