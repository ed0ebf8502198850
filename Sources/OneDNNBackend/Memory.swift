import COneDNN
import Failures
import Programs

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Bytes with a life: from the first to the last call that touches them; a further one where calls are run again.
final class Buffer {
  fileprivate(set) var byteCount: Int
  private(set) var lives: [ClosedRange<Int>] = []
  fileprivate(set) var address: UnsafeMutableRawPointer?

  init(byteCount: Int) { self.byteCount = byteCount }

  /// Extends the last life to `time`.
  func touch(at time: Int) {
    guard let life = lives.popLast() else { return lives = [time...time] }
    lives.append(min(life.lowerBound, time)...max(life.upperBound, time))
  }

  /// As `touch`, where `calls` are run again from the time `start` on: what began its life in them begins a further one.
  func touch(at time: Int, repeating calls: Range<Int>, since start: Int) {
    guard let first = lives.first, calls.contains(first.lowerBound), (lives.last?.upperBound ?? 0) < start else {
      return touch(at: time)
    }
    lives.append(time...time)
  }

  /// Extends the life to all calls, of every pass.
  func persist() { lives = [0...Int.max] }

  /// Extends a life that spans the time `boundary` to the end of all calls.
  func outlive(_ boundary: Int) {
    guard let life = lives.last, life.lowerBound < boundary, life.upperBound >= boundary else { return }
    lives[lives.count - 1] = life.lowerBound...Int.max
  }

  /// Makes room for `byteCount` bytes, before the buffer is placed.
  func reserve(byteCount: Int) { self.byteCount = max(self.byteCount, byteCount) }
}

extension Buffer: Hashable {
  static func == (left: Buffer, right: Buffer) -> Bool { left === right }

  func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
}

/// A buffer seen in one layout.
final class Memory {
  let buffer: Buffer
  let layout: Layout
  let handle: dnnl_memory_t

  init(_ buffer: Buffer, _ layout: Layout, on engine: Engine) throws {
    self.buffer = buffer
    self.layout = layout
    handle = try layout.makeMemory(at: buffer.address, on: engine)
    buffer.reserve(byteCount: layout.byteCount)
  }

  /// A view of memory that somebody else owns, for as long as that lives.
  init(at address: UnsafeMutableRawPointer?, _ layout: Layout, on engine: Engine) throws {
    buffer = Buffer(byteCount: layout.byteCount)
    buffer.address = address
    self.layout = layout
    handle = try layout.makeMemory(at: address, on: engine)
  }

  deinit { _ = onednn_memory_destroy(handle) }

  /// The elements as they lie in memory, padding of blocked layouts included.
  var floats: UnsafeMutableBufferPointer<Float> {
    let count = buffer.address == nil ? 0 : layout.byteCount / MemoryLayout<Float>.stride
    return UnsafeMutableBufferPointer(start: buffer.address?.assumingMemoryBound(to: Float.self), count: count)
  }

  fileprivate func place() throws {
    try check(onednn_memory_set_data_handle(handle, buffer.address), "dnnl_memory_set_data_handle")
  }
}

/// The block that all buffers of an engine share.
final class Arena {
  private let block: UnsafeMutableRawPointer
  let byteCount: Int
  /// Large engines lie in pages of this many bytes where the system has them, since kernels stride through megabytes.
  private static let hugePage = 1 << 21
  private static let smallPage = 1 << 12

  /// Places the buffers of `memories`, each where nothing that lives with it lies; all bytes begin as zero.
  ///
  /// - Throws: `Failure` (`internal`) when memory runs out.
  init(_ memories: [Memory]) throws {
    var seen: Set<Buffer> = []
    let buffers = memories.map(\.buffer).filter { seen.insert($0).inserted }
    let plan = MemoryPlan(buffers.map { .init(byteCount: $0.byteCount, lives: $0.lives.isEmpty ? [0...0] : $0.lives) })
    byteCount = plan.byteCount
    let alignment = plan.byteCount < Self.hugePage ? MemoryPlan.alignment : Self.hugePage
    guard let block = calloc(1, plan.byteCount + alignment) else {
      throw Failure(.internal, "onednn: no memory for \(plan.byteCount) bytes; take a smaller network or batch")
    }
    self.block = block
    let start = block.alignedUp(toMultipleOf: alignment)
    #if os(Linux)
      // Advice: where the system does not take it, pages stay small and nothing else changes.
      if alignment == Self.hugePage { madvise(start, plan.byteCount, MADV_HUGEPAGE) }
    #endif
    // The system hands out a page when it is first touched, slowly where a host has to find it: by all threads at once.
    Threads.current.spread(plan.byteCount / Self.hugePage) { page in
      for place in stride(from: page * Self.hugePage, to: (page + 1) * Self.hugePage, by: Self.smallPage) {
        start.storeBytes(of: 0, toByteOffset: place, as: UInt8.self)
      }
    }
    for (buffer, offset) in zip(buffers, plan.offsets) { buffer.address = start + offset }
    for memory in memories { try memory.place() }
  }

  deinit { free(block) }
}
