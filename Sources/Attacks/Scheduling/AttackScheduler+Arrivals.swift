import Failures
import Networks
import Tensors

/// Images that arrive.
extension AttackScheduler {
  /// Takes in the images at `places`, which find as many slots free, and predicts their classes.
  func takeIn(
    _ places: Range<Int>, _ images: [Int], _ labels: [Int], _ poses: Int, pixels write: (Int, MutablePixels) -> Void,
    untouched: ((Int, MutablePixels) -> Void)?
  ) throws {
    let arriving = Array(free.suffix(places.count).reversed())
    free.removeLast(places.count)
    for (place, slot) in zip(places, arriving) { write(place, slots[slot].clean.pixels) }
    try ask(about: arriving, from: { $0.clean.contents }) { $0.cleanLogits.copy($1) }
    if let untouched {
      try askUntouched(places, arriving, poses, untouched)
    } else {
      for slot in arriving { slots[slot].naturalLogits.copy(slots[slot].cleanLogits.contents) }
    }
    for (place, slot) in zip(places, arriving) {
      slots[slot].takeIn(
        place: place, label: labels[place], natural: predictedClass(slots[slot].naturalLogits.contents),
        index: images[place], epoch: 0)
    }
    if sequence.needs.contains(.reference) { try askReferences(of: arriving, from: { $0.clean.contents }) }
    for slot in arriving { start(slot) }
  }

  /// Takes in rows of a training batch, of which nobody asks what they are taken for.
  func takeIn(
    _ places: Range<Int>, _ images: [Int], _ labels: [Int], _ clean: Tensor, epoch: Int, reference: Tensor?
  ) throws {
    let arriving = Array(free.suffix(places.count).reversed())
    free.removeLast(places.count)
    for (place, slot) in zip(places, arriving) {
      clean.withImage(place, size: imageSize, slots[slot].clean.copy)
      slots[slot].takeIn(
        place: place, label: labels[place], natural: labels[place], index: images[place], epoch: epoch)
    }
    if sequence.needs.contains(.reference) {
      // Nothing else needs what is in `asked` yet.
      for (place, slot) in zip(places, arriving) {
        (reference ?? clean).withImage(place, size: imageSize, slots[slot].asked.copy)
      }
      try askReferences(of: arriving, from: { $0.asked.contents })
    }
    for slot in arriving { start(slot) }
  }

  /// Asks the classifier about the untouched images, once for all poses of one.
  private func askUntouched(
    _ places: Range<Int>, _ arriving: [Int], _ poses: Int, _ write: (Int, MutablePixels) -> Void
  ) throws {
    let firsts = places.filter { $0 % poses == 0 }
    for place in firsts { write(place, slots[arriving[place - places.lowerBound]].asked.pixels) }
    try ask(about: firsts.map { arriving[$0 - places.lowerBound] }, from: { $0.asked.contents }) {
      $0.naturalLogits.copy($1)
    }
    for (place, slot) in zip(places, arriving) {
      if place % poses > 0 { slots[slot].naturalLogits.copy(lastNaturalLogits.contents) }
      lastNaturalLogits.copy(slots[slot].naturalLogits.contents)
    }
  }

  private func askReferences(of arriving: [Int], from source: (Slot) -> Pixels) throws {
    guard let model else { throw Failure(.internal, "attack: asks a network that has no gradients") }
    try ask(model, about: arriving, from: source) { writeSoftmax($1, $0.reference.pixels) }
  }

  /// Asks the classifier, or `network`, about an image of each of `asking` and hands `take` the logits.
  private func ask(
    _ network: (any Classifier)? = nil, about asking: [Int], from source: (Slot) -> Pixels,
    _ take: (Slot, LogitRow) -> Void
  ) throws {
    guard !asking.isEmpty else { return }
    for (row, slot) in asking.enumerated() {
      pixels.withMutableImage(row, size: imageSize) { $0.copy(source(slots[slot])) }
    }
    try (network ?? classifier).forward(pixels, into: &logits)
    for (row, slot) in asking.enumerated() { logits.withLogits(row) { take(slots[slot], $0) } }
  }
}
