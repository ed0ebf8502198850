/// Sums over ranks of what several buffers hold, as if they were one.
///
/// By halving and doubling, after Rabenseifner: two ranks swap halves of what they have to sum, each adds up the half that it
/// keeps, and goes on with a rank twice as far away, until every rank has the sum of its own part; then they hand the parts back
/// the same way. Every number is summed in the order of a balanced tree over the ranks, by one of them, and travels less than
/// twice, however many there are.
struct TreeSum {
  /// How many numbers are summed at once, a multiple of every number of ranks.
  static let pieceSize = 1 << 20

  private let buffers: [UnsafeMutableBufferPointer<Float>]
  private let total: Int

  init(_ buffers: [UnsafeMutableBufferPointer<Float>]) {
    self.buffers = buffers
    total = buffers.reduce(0) { $0 + $1.count }
  }

  /// Sums by `messenger`, in the order of a tree or in its own.
  func run(_ messenger: any Messenger, inAnyOrder: Bool) throws {
    guard total > 0 else { return }
    // Halves of halves are to be equal.
    let size = min(total + messenger.count - 1, Self.pieceSize) / messenger.count * messenger.count
    let room = UnsafeMutableBufferPointer<Float>.allocate(capacity: size + size / 2)
    defer { room.deallocate() }
    for start in stride(from: 0, to: total, by: size) {
      let range = start..<min(start + size, total)
      forEachPart(range) { part, place in
        for i in part.indices { room[place + i] = part[i] }
      }
      if inAnyOrder {
        try messenger.sum(UnsafeMutableBufferPointer(rebasing: room[..<range.count]))
      } else {
        for i in range.count..<size { room[i] = 0 }
        try sum(room, size, messenger)
      }
      forEachPart(range) { part, place in
        for i in part.indices { part[i] = room[place + i] }
      }
    }
  }

  /// Sums the first `size` numbers of `room`, behind which half of them finds room.
  private func sum(_ room: UnsafeMutableBufferPointer<Float>, _ size: Int, _ messenger: any Messenger) throws {
    func swap(_ given: Range<Int>, for taken: Range<Int>, over distance: Int) throws {
      try messenger.exchange(
        UnsafeRawBufferPointer(UnsafeMutableBufferPointer(rebasing: room[given])),
        UnsafeMutableRawBufferPointer(UnsafeMutableBufferPointer(rebasing: room[taken])),
        with: messenger.rank ^ distance)
    }
    var own = 0..<size
    var distance = 1
    while distance < messenger.count {
      let half = own.count / 2
      let middle = own.lowerBound + half
      let parts = [own.lowerBound..<middle, middle..<own.upperBound]
      let isUpper = messenger.rank & distance != 0
      try swap(parts[isUpper ? 0 : 1], for: size..<size + half, over: distance)
      own = parts[isUpper ? 1 : 0]
      for i in 0..<half { room[own.lowerBound + i] += room[size + i] }
      distance *= 2
    }
    while distance > 1 {
      distance /= 2
      let isUpper = messenger.rank & distance != 0
      let other =
        isUpper
        ? own.lowerBound - own.count..<own.lowerBound : own.upperBound..<own.upperBound + own.count
      try swap(own, for: other, over: distance)
      own = min(own.lowerBound, other.lowerBound)..<max(own.upperBound, other.upperBound)
    }
  }

  /// Calls `body` with the parts of buffers that make up `range` of all numbers, and where each begins within the range.
  private func forEachPart(_ range: Range<Int>, _ body: (UnsafeMutableBufferPointer<Float>, Int) -> Void) {
    var start = 0
    for buffer in buffers {
      let part = range.clamped(to: start..<start + buffer.count)
      if !part.isEmpty {
        body(
          UnsafeMutableBufferPointer(rebasing: buffer[part.lowerBound - start..<part.upperBound - start]),
          part.lowerBound - range.lowerBound)
      }
      start += buffer.count
    }
  }
}
