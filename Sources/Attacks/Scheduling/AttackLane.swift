import Failures
public import Networks
import Tensors

/// A network in its two forms, with the tensors of one batch of questions about images in the scheduler's slots.
///
/// A scheduler may have several lanes, each with networks of its own that compute on one thread: then no lane waits for
/// another between two layers.
public final class AttackLane {
  let model: (any DifferentiableClassifier)?
  let classifier: any Classifier
  /// The slots whose images the batch under way is about.
  var asking: [Int] = []
  /// The classifier's logits of the batch asked about last.
  private(set) var logits: Tensor

  private let imageSize: Int
  private var pixels: Tensor
  private var logitGradient: Tensor
  private var gradient: Tensor
  /// The rows of a batch that ask for another gradient of the same forward pass.
  private var rows: [Int] = []
  /// The natural logits of the image taken in last, for its other poses.
  private let lastNaturalLogits: PixelBuffer

  /// A lane of one network in its two forms.
  ///
  /// - Parameters:
  ///   - model: Who answers with gradients; nil where no attack asks for any.
  ///   - classifier: Who decides what an image is taken for.
  /// - Throws: `Failure` (`internal`) when the two forms do not match.
  public init(model: (any DifferentiableClassifier)?, classifier: any Classifier) throws {
    let sizes = (classifier.batchSize, classifier.imageShape, classifier.classCount)
    guard model.map({ ($0.batchSize, $0.imageShape, $0.classCount) == sizes }) ?? true else {
      throw Failure(.internal, "attack: the gradient's network and the classifier differ in shape")
    }
    (self.model, self.classifier) = (model, classifier)
    imageSize = sizes.1.count
    pixels = Tensor(Shape([sizes.0] + sizes.1.sizes))
    gradient = model == nil ? Tensor([0]) : pixels
    logits = Tensor([sizes.0, sizes.2])
    logitGradient = logits
    lastNaturalLogits = PixelBuffer(count: sizes.2)
    asking.reserveCapacity(sizes.0)
    rows.reserveCapacity(sizes.0)
  }

  // MARK: - Questions

  /// Answers a batch of questions for gradients, and all questions for further gradients of the same forward pass.
  func differentiate(_ slots: [Slot]) throws {
    guard let model else { throw Failure(.internal, "attack: asks for gradients of a network that has none") }
    write { slots[$0].asked.contents }
    try model.forward(pixels, rows: asking.count, into: &logits)
    rows.removeAll(keepingCapacity: true)
    rows.append(contentsOf: asking.indices)
    for number in asking { slots[number].cost.forwards += 1 }
    repeat {
      writeLogitGradients(slots)
      try model.backward(logitGradient, into: &gradient)
      answerRows(slots)
    } while !rows.isEmpty
  }

  /// Writes what the objectives of `rows` have for gradients, and zeros elsewhere.
  private func writeLogitGradients(_ slots: [Slot]) {
    let classes = classifier.classCount
    logitGradient.values.withUnsafeMutableBufferPointer { all in
      all.update(repeating: 0)
      for row in rows {
        switch slots[asking[row]].move {
        case .differentiate(let objective), .differentiateAgain(let objective):
          let out = MutableLogitRow(rebasing: all[row * classes..<(row + 1) * classes])
          logits.withLogits(row) { objective.writeGradient(at: $0, into: out) }
        default: break
        }
      }
    }
  }

  /// Hands the gradients to their attempts; of `rows` those stay that ask for another.
  private func answerRows(_ slots: [Slot]) {
    classifier.spread(rows.count) { place in
      let slot = slots[asking[rows[place]]]
      slot.cost.backwards += 1
      logits.withLogits(rows[place]) { logits in
        gradient.withImage(rows[place], size: imageSize) { slot.take(Answer(logits: logits, gradient: $0)) }
      }
    }
    var kept = 0
    // By place: a loop over the rows themselves would hold them, and writing copy them.
    for place in rows.indices {
      let row = rows[place]
      if case .differentiateAgain = slots[asking[row]].move {
        rows[kept] = row
        kept += 1
      }
    }
    rows.removeSubrange(kept...)
  }

  /// Asks the classifier about a batch of images that wait for it.
  func classify(_ slots: [Slot]) throws {
    write { slots[$0].asked.contents }
    try classifier.forward(pixels, rows: asking.count, into: &logits)
    classifier.spread(asking.count) { row in
      let slot = slots[asking[row]]
      slot.cost.forwards += 1
      if !slot.isFinal { logits.withLogits(row) { slot.take(Answer(logits: $0)) } }
    }
  }

  // MARK: - Arrivals

  /// Predicts the classes of the clean images in the slots.
  func predictClean(_ slots: [Slot]) throws {
    try ask(classifier, about: asking, from: { slots[$0].clean.contents }) { slots[$0].cleanLogits.copy($1) }
  }

  /// Predicts the classes of the untouched images at `places`, which are in the slots, once for all poses of one.
  func predictUntouched(
    _ slots: [Slot], at places: Range<Int>, poses: Int, _ write: (Int, MutablePixels) -> Void
  ) throws {
    // Another lane may have the image's first poses.
    let firsts = places.filter { $0 % poses == 0 || $0 == places.lowerBound }
    for place in firsts { write(place, slots[asking[place - places.lowerBound]].asked.pixels) }
    try ask(classifier, about: firsts.map { asking[$0 - places.lowerBound] }, from: { slots[$0].asked.contents }) {
      slots[$0].naturalLogits.copy($1)
    }
    for (place, number) in zip(places, asking) {
      if place % poses > 0, place > places.lowerBound {
        slots[number].naturalLogits.copy(lastNaturalLogits.contents)
      }
      lastNaturalLogits.copy(slots[number].naturalLogits.contents)
    }
  }

  /// Finds the probabilities from which a divergence measures: those of the image that `source` has for a slot.
  func findReferences(_ slots: [Slot], from source: (Int) -> Pixels) throws {
    guard let model else { throw Failure(.internal, "attack: asks a network that has no gradients") }
    try ask(model, about: asking, from: source) { writeSoftmax($1, slots[$0].reference.pixels) }
  }

  /// Asks `network` about an image of each slot of `some` and hands `take` the logits.
  private func ask(
    _ network: any Classifier, about some: [Int], from source: (Int) -> Pixels, _ take: (Int, LogitRow) -> Void
  ) throws {
    guard !some.isEmpty else { return }
    for (row, number) in some.enumerated() {
      pixels.withMutableImage(row, size: imageSize) { $0.copy(source(number)) }
    }
    try network.forward(pixels, into: &logits)
    for (row, number) in some.enumerated() { logits.withLogits(row) { take(number, $0) } }
  }

  /// Writes the images of the slots that are asked about into the batch.
  private func write(_ source: (Int) -> Pixels) {
    for (row, number) in asking.enumerated() {
      pixels.withMutableImage(row, size: imageSize) { $0.copy(source(number)) }
    }
  }
}
