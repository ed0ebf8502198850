import Tensors

extension Plan {
  /// The steps in segments, for training that keeps only what goes from one segment to the next and computes the rest anew
  /// (Chen et al., Training Deep Nets with Sublinear Memory Cost, 2016).
  ///
  /// They are cut where that needs the least memory: on the way back a segment has all that its own steps wrote, what the
  /// segments before it keep, and room to work.
  public var segments: [Range<Int>] {
    let cuts = Cuts(self)
    var (low, high) = (0, cuts.total)
    while low < high {
      let middle = (low + high) / 2
      if cuts.segments(within: middle) == nil { low = middle + 1 } else { high = middle }
    }
    return cuts.segments(within: high) ?? [steps.indices]
  }
}

/// Ways to cut a plan's steps into segments; all counts are of numbers in a batch.
private struct Cuts {
  /// How many every step writes.
  private let written: [Int]
  /// How many it works with besides: its weights' gradient by Winograd's algorithm takes eight times the weights.
  private let room: [Int]
  /// How many more a segment needs that ends with it: the gradient it starts from, unless what a product wrote, and nobody computes
  /// again, makes way for that.
  private let arriving: [Int]
  /// The last step that reads what it writes.
  private let lastReader: [Int]

  init(_ plan: Plan) {
    let counts = plan.weightCounts
    written = plan.steps.map { plan.batchSize * plan.values[$0.output].count }
    room = plan.steps.map { step in step.operation.product.map { 8 * counts[$0].weight } ?? 0 }
    arriving = zip(plan.steps, written).map { $0.operation.product == nil ? $1 : 0 }
    lastReader = plan.steps.map { step in plan.steps.lastIndex { $0.reads.contains(step.output) } ?? plan.steps.count }
  }

  /// What a single segment needs.
  var total: Int { written.reduce(0, +) + (room.max() ?? 0) + (arriving.last ?? 0) }

  /// The segments of which none needs more than `limit`; nil where there are none.
  ///
  /// Of all ways to cut the first steps, the one that keeps the least leaves most to those that follow.
  ///
  /// - Complexity: O(n²) in the number of steps.
  func segments(within limit: Int) -> [Range<Int>]? {
    var best: [(kept: Int, start: Int)?] = [(0, 0)]
    for end in 1...written.count {
      var (own, work, crossing) = (0, 0, 0)
      var found: (kept: Int, start: Int)?
      for start in (0..<end).reversed() {
        own += written[start]
        work = max(work, room[start])
        if lastReader[start] >= end { crossing += written[start] }
        guard let before = best[start]?.kept, before + own + work + arriving[end - 1] <= limit else { continue }
        if before + crossing < found?.kept ?? .max { found = (before + crossing, start) }
      }
      best.append(found)
    }
    var (segments, end) = ([Range<Int>](), written.count)
    while end > 0 {
      guard let start = best[end]?.start else { return nil }
      segments.append(start..<end)
      end = start
    }
    return segments.reversed()
  }
}

extension Operation {
  /// The weights of a matrix product, if it is one at heart.
  fileprivate var product: Int? {
    switch self {
    case .convolution(_, let weights), .transposedConvolution(_, let weights), .dense(_, let weights): weights
    default: nil
    }
  }
}
