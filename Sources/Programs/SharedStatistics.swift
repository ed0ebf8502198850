/// What lets batch norms in training go by more images than an engine is given: by those of a whole batch, whose other shards
/// other engines are about at the same time.
public final class SharedStatistics {
  /// How many engines share a batch; each has as many images.
  public let shardCount: Int
  private let add: ([Double]) throws -> [Double]
  private var error: (any Error)?

  /// `add` returns the sums over all shards of what each of them gives it; engines call it in step, within their passes.
  public init(shardCount: Int, add: @escaping ([Double]) throws -> [Double]) {
    (self.shardCount, self.add) = (shardCount, add)
  }

  /// The sums over all shards of `numbers`, of which each has its own. Kernels do not throw: once a sum failed, nobody is
  /// asked any more, and `check()` tells.
  package func sum(_ numbers: [Double]) -> [Double] {
    guard error == nil else { return numbers }
    do {
      return try add(numbers)
    } catch {
      self.error = error
      return numbers
    }
  }

  /// - Throws: what a sum threw, after which no result of an engine is of use.
  func check() throws { if let error { throw error } }
}
