/// Sums gradients of several passes in the order of a balanced binary tree over their numbers: the sum of passes 0 and 1, of
/// 2 and 3, then of both, and so on. The order does not depend on who computes which pass, so that neither do its bits.
public struct GradientTree {
  /// The sums that wait for their neighbours, by their height in the tree.
  private var waiting: [[Float]?] = []

  /// A tree without sums.
  public init() {}

  /// Takes in what the next pass came to, which `buffers` hold, where `isLast` leaves the sum of all there.
  ///
  /// - Precondition: The number of passes is a power of two.
  public mutating func add(_ buffers: [UnsafeMutableBufferPointer<Float>], isLast: Bool) {
    var height = 0
    while height < waiting.count, let sum = waiting[height] {
      add(sum, to: buffers)
      waiting[height] = nil
      height += 1
    }
    guard !isLast else { return }
    if height == waiting.count { waiting.append(nil) }
    var copy: [Float] = []
    copy.reserveCapacity(buffers.reduce(0) { $0 + $1.count })
    for buffer in buffers { copy.append(contentsOf: buffer) }
    waiting[height] = copy
  }

  /// Forgets what waits, as after a pass that came to nothing.
  public mutating func clear() { waiting.removeAll(keepingCapacity: true) }

  /// The earlier sum stands to the left.
  private func add(_ sum: [Float], to buffers: [UnsafeMutableBufferPointer<Float>]) {
    var start = 0
    for buffer in buffers {
      for i in buffer.indices { buffer[i] = sum[start + i] + buffer[i] }
      start += buffer.count
    }
  }
}
