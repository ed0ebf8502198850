/// Room for numbers on their way from one engine to another; whatever it holds at first.
final class StagedFloats {
  let start: UnsafeMutablePointer<Float>

  init(count: Int) {
    let bytes = UnsafeMutableRawPointer.allocate(byteCount: count * MemoryLayout<Float>.stride, alignment: 64)
    start = bytes.bindMemory(to: Float.self, capacity: count)
  }

  deinit { UnsafeMutableRawPointer(start).deallocate() }

  /// The first `count` of them.
  func first(_ count: Int) -> UnsafeMutableBufferPointer<Float> {
    UnsafeMutableBufferPointer(start: start, count: count)
  }
}
