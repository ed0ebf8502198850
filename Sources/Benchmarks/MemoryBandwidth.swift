import Dispatch

/// How many bytes this machine moves to and from its memory in a second, measured.
public struct MemoryBandwidth: Sendable {
  /// 10^9 bytes in a second, those read and those written.
  public let gigabytesPerSecond: Double

  /// What each thread copies at once, too much for any cache.
  private static let byteCount = 64 << 20

  /// Measures `threads` threads that copy 64 MiB each, all at once: the best of `repeats` rounds.
  ///
  /// - Precondition: `threads` and `repeats` are at least 1.
  public init(threads: Int, repeats: Int = 10) {
    let byteCount = Self.byteCount
    let block = UnsafeMutableRawBufferPointer.allocate(byteCount: 2 * threads * byteCount, alignment: 4096)
    defer { block.deallocate() }
    // Pages that were never written would be one page of zeros.
    block.initializeMemory(as: UInt8.self, repeating: 1)
    let clock = ContinuousClock()
    nonisolated(unsafe) let blocks = block
    var best = 0.0
    for _ in 0..<repeats {
      let duration = clock.measure {
        DispatchQueue.concurrentPerform(iterations: threads) { thread in
          let source = UnsafeRawBufferPointer(rebasing: blocks[2 * thread * byteCount..<(2 * thread + 1) * byteCount])
          let place = (2 * thread + 1) * byteCount
          UnsafeMutableRawBufferPointer(rebasing: blocks[place..<place + byteCount]).copyMemory(from: source)
        }
      }
      best = max(best, Double(2 * threads * byteCount) / (duration / .seconds(1)) / 1e9)
    }
    gigabytesPerSecond = best
  }
}
