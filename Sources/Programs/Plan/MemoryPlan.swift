/// Where buffers of known size and life lie in one block of memory, those that never live together sharing space.
public struct MemoryPlan: Sendable {
  /// A buffer and the steps during which it must keep its content.
  public struct Request: Sendable {
    /// Its size, in bytes.
    public let byteCount: Int
    /// From steps that write it to the last that touch what they wrote, in order; several where its content is lost and
    /// computed anew.
    public let lives: [ClosedRange<Int>]

    /// A buffer of `byteCount` bytes touched during `lives`.
    public init(byteCount: Int, lives: [ClosedRange<Int>]) {
      self.byteCount = byteCount
      self.lives = lives
    }

    /// A buffer of `byteCount` bytes touched during `life`.
    public init(byteCount: Int, life: ClosedRange<Int>) { self.init(byteCount: byteCount, lives: [life]) }

    /// Whether it lives throughout.
    fileprivate var isFixed: Bool { lives.contains { $0.lowerBound == 0 && $0.upperBound == .max } }
    /// During how many steps it lives.
    fileprivate var stepCount: Int { lives.reduce(0) { $0 + min($1.upperBound, 1 << 20) - $1.lowerBound + 1 } }

    func livesWith(_ other: Request) -> Bool {
      lives.contains { life in other.lives.contains { $0.overlaps(life) } }
    }
  }

  /// Every buffer starts at a multiple of this many bytes.
  public static let alignment = 64

  /// Where each request starts, in bytes from the block's start.
  public let offsets: [Int]
  /// How many bytes the block has.
  public let byteCount: Int

  /// Places one buffer after the other at the lowest offset where it overlaps no buffer that lives with it: first those that live
  /// throughout; then the largest, or those of the most bytes times the root of steps, whichever makes the smaller block.
  ///
  /// - Complexity: O(n²) in the number of requests.
  public init(_ requests: [Request]) {
    let largestFirst = MemoryPlan(requests) { Double($0.byteCount) }
    let longestFirst = MemoryPlan(requests) { Double($0.byteCount) * Double($0.stepCount).squareRoot() }
    self = largestFirst.byteCount <= longestFirst.byteCount ? largestFirst : longestFirst
  }

  /// Places the buffers of the highest `rank` first behind those that live throughout.
  private init(_ requests: [Request], rank: (Request) -> Double) {
    var offsets = [Int](repeating: 0, count: requests.count)
    var placed: [Int] = []
    let ranks = requests.map { $0.isFixed ? .infinity : rank($0) }
    for index in requests.indices.sorted(by: { (ranks[$0], $1) > (ranks[$1], $0) }) {
      let size = MemoryPlan.rounded(requests[index].byteCount)
      let rivals = placed.filter { requests[$0].livesWith(requests[index]) }
        .sorted { offsets[$0] < offsets[$1] }
      var offset = 0
      for rival in rivals where offsets[rival] < offset + size {
        offset = max(offset, offsets[rival] + MemoryPlan.rounded(requests[rival].byteCount))
      }
      offsets[index] = offset
      placed.append(index)
    }
    self.offsets = offsets
    byteCount = requests.indices.map { offsets[$0] + MemoryPlan.rounded(requests[$0].byteCount) }.max() ?? 0
  }

  private static func rounded(_ byteCount: Int) -> Int { (byteCount + alignment - 1) / alignment * alignment }
}
