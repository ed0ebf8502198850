import Tensors

extension Plan {
  /// The steps in segments, for training that keeps only what goes from one segment to the next and computes the rest anew
  /// (Chen et al., Training Deep Nets with Sublinear Memory Cost, 2016): those whose largest need of memory is least.
  ///
  /// On the way back a segment needs what those before it have kept, all that it writes, and the gradients of the largest value's
  /// reader and writer. As nearly all is computed once more, however many segments there are, only memory decides.
  public var segments: [Range<Int>] {
    var (low, high) = (0, largestNeed)
    var best = [steps.indices]
    while low < high {
      let middle = (low + high) / 2
      if let found = segments(within: middle) { (best, high) = (found, middle) } else { low = middle + 1 }
    }
    return best
  }

  /// What one segment of all steps needs.
  private var largestNeed: Int {
    let written = steps.map { values[$0.output].count }
    return written.reduce(0, +) + 2 * (written.max() ?? 0)
  }

  /// Segments of which none needs more than `bound` numbers an image, and which keep the least; nil where there are none.
  private func segments(within bound: Int) -> [Range<Int>]? {
    var lastReader: [Int: Int] = [logits: steps.count]
    for (index, step) in steps.enumerated() {
      for value in step.reads { lastReader[value] = max(index, lastReader[value] ?? 0) }
    }
    // The least that segments of the first steps keep, by their number, and where the last of these begins.
    var kept: [Int?] = [0] + steps.map { _ in nil }
    var starts = kept.map { _ in 0 }
    for end in steps.indices.map({ $0 + 1 }) {
      var (written, largest, passedOn) = (0, 0, 0)
      for start in (0..<end).reversed() {
        let count = values[steps[start].output].count
        (written, largest) = (written + count, max(largest, count))
        if lastReader[steps[start].output] ?? 0 >= end { passedOn += count }
        guard written + 2 * largest <= bound else { break }
        guard let before = kept[start], before + written + 2 * largest <= bound else { continue }
        if before + passedOn < kept[end] ?? .max { (kept[end], starts[end]) = (before + passedOn, start) }
      }
    }
    guard kept[steps.count] != nil else { return nil }
    var (segments, end) = ([Range<Int>](), steps.count)
    while end > 0 {
      segments.append(starts[end]..<end)
      end = starts[end]
    }
    return segments.reversed()
  }
}
