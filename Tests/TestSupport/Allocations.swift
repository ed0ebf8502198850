internal import CAllocations

/// Counts calls of `malloc`, which is where all objects and arrays come from.
public enum Allocations {
  /// How often `body` allocates on this thread; nil where that cannot be counted.
  public static func count(_ body: () throws -> Void) rethrows -> Int? {
    guard cusp_counts_allocations() != 0 else { return nil }
    let before = cusp_allocation_count()
    try body()
    return Int(cusp_allocation_count() - before)
  }
}
