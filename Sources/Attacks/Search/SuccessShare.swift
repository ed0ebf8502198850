/// The share of successes among the latest tries, as many as it has room for.
struct SuccessShare {
  private var outcomes: [Bool]
  private var next = 0
  private var count = 0

  /// No tries yet, and room for `capacity`.
  init(capacity: Int) { outcomes = [Bool](repeating: false, count: capacity) }

  /// Takes in a try, in place of the oldest where there is no room.
  mutating func append(_ isSuccess: Bool) {
    outcomes[next] = isSuccess
    next = (next + 1) % outcomes.count
    count = min(count + 1, outcomes.count)
  }

  /// Says of a share above `high` 1, of one below `low` -1, and forgets all tries; 0 of one between, and before there are
  /// as many tries as there is room for.
  mutating func trend(above high: Float, below low: Float) -> Int {
    guard count == outcomes.count else { return 0 }
    let share = Float(outcomes.count { $0 }) / Float(count)
    guard share > high || share < low else { return 0 }
    count = 0
    return share > high ? 1 : -1
  }
}
