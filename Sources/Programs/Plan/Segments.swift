import Tensors

extension Plan {
  /// The steps in segments that write about equally much, for training that keeps only what goes from one segment to the next
  /// and computes the rest anew: as many as the square root of the convolutions and dense layers, which leaves about as much
  /// between segments as in one of them (Chen et al., Training Deep Nets with Sublinear Memory Cost, 2016).
  public var segments: [Range<Int>] {
    let layers = steps.count { $0.operation.multiplies }
    let count = max(1, Int(Double(layers).squareRoot().rounded()))
    let written = steps.map { values[$0.output].count }
    let share = (written.reduce(0, +) + count - 1) / count
    var (segments, start, sum) = ([Range<Int>](), 0, 0)
    for index in steps.indices {
      sum += written[index]
      guard sum >= share * (segments.count + 1), index + 1 < steps.count else { continue }
      segments.append(start..<index + 1)
      start = index + 1
    }
    return segments + [start..<steps.count]
  }
}

extension Operation {
  /// Whether it is a matrix product at heart.
  fileprivate var multiplies: Bool {
    switch self {
    case .convolution, .transposedConvolution, .dense: true
    default: false
    }
  }
}
