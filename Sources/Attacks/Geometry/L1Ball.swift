/// The ball of the 1-norm within the box of pixels.
package enum L1Ball {
  /// Replaces `change` by the nearest (2-norm) change of at most `radius` in the 1-norm that keeps `clean` plus it in
  /// 0...1 (Croce and Hein 2021).
  ///
  /// Every number shrinks by one threshold and stops at the box: `sign(y) min(max(|y| - a, 0), room)`. The threshold is
  /// found between bounds, by the slope where that stays between them, else by halving.
  package static func project(_ change: MutablePixels, around clean: Pixels, radius: Float) {
    let radius = Double(radius)
    for i in change.indices where change[i].isNaN { change[i] = 0 }
    var (lower, upper) = (0.0, 0.0)
    for value in change { upper = max(upper, Double(abs(value))) }
    var threshold = 0.0
    for _ in 0..<100 {
      let (sum, slope) = length(change, clean, threshold)
      if threshold == 0, sum <= radius { break }
      if sum > radius { lower = threshold } else { upper = threshold }
      if abs(sum - radius) <= 1e-12 * radius || upper - lower <= 1e-14 { break }
      let guess = slope > 0 ? threshold + (sum - radius) / slope : .nan
      threshold = guess > lower && guess < upper ? guess : (lower + upper) / 2
    }
    for i in change.indices {
      let size = min(max(Double(abs(change[i])) - threshold, 0), room(change[i], clean[i]))
      change[i] = change[i] < 0 ? -Float(size) : Float(size)
    }
  }

  /// The 1-norm of what `threshold` leaves, and how fast it falls with it.
  private static func length(_ change: MutablePixels, _ clean: Pixels, _ threshold: Double) -> (Double, Double) {
    var (sum, slope) = (0.0, 0.0)
    for i in change.indices {
      let (size, room) = (Double(abs(change[i])) - threshold, room(change[i], clean[i]))
      sum += min(max(size, 0), room)
      slope += size > 0 && size < room ? 1 : 0
    }
    return (sum, slope)
  }

  /// How far a pixel may go the way of `change`.
  @inline(__always)
  private static func room(_ change: Float, _ clean: Float) -> Double {
    max(change < 0 ? Double(clean) : 1 - Double(clean), 0)
  }

  /// Replaces `change` by the nearest (2-norm) change of at most `radius` in the 1-norm, wherever that leads.
  ///
  /// Every number shrinks by one threshold, found by halving.
  static func shrink(_ change: MutablePixels, radius: Float) {
    func excess(_ threshold: Double) -> Double {
      change.reduce(-Double(radius)) { $0 + max(Double(abs($1)) - threshold, 0) }
    }
    guard excess(0) > 0 else { return }
    var (lower, upper) = (0.0, change.reduce(0) { max($0, Double(abs($1))) })
    for _ in 0..<60 where upper - lower > 1e-12 {
      let middle = (lower + upper) / 2
      if excess(middle) > 0 { lower = middle } else { upper = middle }
    }
    for i in change.indices {
      let size = max(Double(abs(change[i])) - upper, 0)
      change[i] = change[i] < 0 ? -Float(size) : Float(size)
    }
  }
}
