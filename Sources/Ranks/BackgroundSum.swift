import Dispatch
import Failures

/// Sums buffers over ranks on a thread of its own, one piece after the other, while others of this process compute the next.
///
/// All ranks add the same buffers in the same order, so that their pieces are the same.
final class BackgroundSum {
  private let messenger: any Messenger
  private let pieceSize: Int
  private let queue = DispatchQueue(label: "cusp.ranks")
  private var waiting: [UnsafeMutableBufferPointer<Float>] = []
  /// Why a piece could not be summed; the queue's, until it is waited for.
  private var error: (any Error)?

  init(_ messenger: any Messenger, pieceSize: Int) {
    (self.messenger, self.pieceSize) = (messenger, pieceSize)
    messenger.isBesideWork = true
  }

  /// Takes a buffer whose numbers are complete; as soon as there are enough for a piece their sums begin.
  func add(_ buffer: UnsafeMutableBufferPointer<Float>) {
    waiting.append(buffer)
    if waiting.reduce(0, { $0 + $1.count }) >= pieceSize { begin() }
  }

  /// Sums what still waits, and waits for everything.
  ///
  /// - Throws: `Failure` when the connection breaks.
  func finish() throws {
    begin()
    queue.sync {}
    messenger.isBesideWork = false
    if let error { throw error }
  }

  private func begin() {
    // Until the queue is waited for, nobody else calls the messenger or touches these buffers.
    nonisolated(unsafe) let (own, piece) = (self, waiting)
    waiting = []
    queue.async {
      guard own.error == nil else { return }
      do { try TreeSum(piece).run(own.messenger, inAnyOrder: false) } catch { own.error = error }
    }
  }
}
