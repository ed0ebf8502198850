import Failures

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A block of numbers, 64-byte aligned, zero at first, made once and freed with its owner.
final class FloatBlock {
  let start: UnsafeMutablePointer<Float>
  let count: Int

  /// - Throws: `Failure` (`internal`) when memory runs out.
  init(count: Int) throws {
    let (byteCount, overflow) = max(count, 1).multipliedReportingOverflow(by: MemoryLayout<Float>.stride)
    var block: UnsafeMutableRawPointer?
    guard !overflow, posix_memalign(&block, 64, byteCount) == 0, let block else {
      throw Failure(.internal, "portable engine: no memory for \(count) numbers; take a smaller network or batch")
    }
    self.count = count
    start = block.initializeMemory(as: Float.self, repeating: 0, count: max(count, 1))
  }

  deinit { free(start) }

  /// How many numbers `count` take when the next buffer is to be aligned as well.
  static func padded(_ count: Int) -> Int { (count + 15) / 16 * 16 }
}
