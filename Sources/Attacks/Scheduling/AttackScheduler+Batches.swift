import Failures
import Networks
import Tensors

/// The networks' batches: questions in, answers out.
extension AttackScheduler {
  /// Answers a batch of questions for gradients, and all questions for further gradients of the same forward pass.
  func differentiate() throws {
    guard let model else { throw Failure(.internal, "attack: asks for gradients of a network that has none") }
    let count = min(width, differentiating.count)
    write(differentiating.prefix(count))
    try model.forward(pixels, rows: count, into: &logits)
    rows.removeAll(keepingCapacity: true)
    rows.append(contentsOf: 0..<count)
    for row in rows { slots[differentiating[row]].cost.forwards += 1 }
    repeat {
      writeLogitGradients()
      try model.backward(logitGradient, into: &gradient)
      answerRows()
    } while !rows.isEmpty
    for row in 0..<count { go(differentiating[row]) }
    differentiating.removeSubrange(0..<count)
  }

  /// Writes what the objectives of `rows` have for gradients, and zeros elsewhere.
  private func writeLogitGradients() {
    let classes = classifier.classCount
    logitGradient.values.withUnsafeMutableBufferPointer { all in
      all.update(repeating: 0)
      for row in rows {
        switch slots[differentiating[row]].move {
        case .differentiate(let objective), .differentiateAgain(let objective):
          let out = MutableLogitRow(rebasing: all[row * classes..<(row + 1) * classes])
          logits.withLogits(row) { objective.writeGradient(at: $0, into: out) }
        default: break
        }
      }
    }
  }

  /// Hands the gradients to their attempts; of `rows` those stay that ask for another.
  private func answerRows() {
    classifier.spread(rows.count) { place in
      let slot = slots[differentiating[rows[place]]]
      slot.cost.backwards += 1
      logits.withLogits(rows[place]) { logits in
        gradient.withImage(rows[place], size: imageSize) { slot.take(Answer(logits: logits, gradient: $0)) }
      }
    }
    var kept = 0
    // By place: a loop over the rows themselves would hold them, and writing copy them.
    for place in rows.indices {
      let row = rows[place]
      if case .differentiateAgain = slots[differentiating[row]].move {
        rows[kept] = row
        kept += 1
      }
    }
    rows.removeSubrange(kept...)
  }

  /// Asks the classifier about a batch of images that wait for it.
  func classify() throws {
    let count = min(width, classifying.count)
    write(classifying.prefix(count))
    try classifier.forward(pixels, rows: count, into: &logits)
    classifier.spread(count) { row in
      let slot = slots[classifying[row]]
      slot.cost.forwards += 1
      if !slot.isFinal { logits.withLogits(row) { slot.take(Answer(logits: $0)) } }
    }
    for row in 0..<count {
      let slot = slots[classifying[row]]
      guard slot.isFinal else {
        go(classifying[row])
        continue
      }
      slot.isFinal = false
      conclude(classifying[row], with: slot.result(norm: norm(slot), logits: logits[rows: row..<row + 1].values))
    }
    classifying.removeSubrange(0..<count)
  }

  /// Writes the images that `asking` ask about into the batch.
  private func write(_ asking: ArraySlice<Int>) {
    for (row, slot) in asking.enumerated() {
      pixels.withMutableImage(row, size: imageSize) { $0.copy(slots[slot].asked) }
    }
  }
}
