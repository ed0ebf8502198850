import Dispatch
import Synchronization

/// A fixed number of threads that share tasks, each with scratch memory of its own.
///
/// Which worker does which task differs from run to run, so tasks write disjoint places and never depend on a worker.
package final class Workers {
  package let count: Int
  private var scratchCount = 0
  private var scratch: FloatBlock?

  /// What runs tasks, where it is not threads of this engine.
  private let spread: ((Int, (Int) -> Void) -> Void)?

  package init(count: Int) { (self.count, spread) = (count, nil) }

  /// Workers that are `count` threads of somebody else, who runs numbered work on them.
  init(count: Int, spread: @escaping (Int, (Int) -> Void) -> Void) { (self.count, self.spread) = (count, spread) }

  /// Announces that a task may use `count` numbers of scratch; before `allocate`.
  func reserve(_ count: Int) { scratchCount = max(scratchCount, FloatBlock.padded(count)) }

  /// Makes the scratch memory, once.
  ///
  /// - Throws: `Failure` when memory runs out.
  package func allocate() throws { scratch = try FloatBlock(count: scratchCount * count) }

  /// The scratch memory of `worker`, as large as the largest reservation.
  func scratch(_ worker: Int) -> UnsafeMutablePointer<Float> {
    guard let scratch else { preconditionFailure("scratch memory is used before it is made") }
    return scratch.start + worker * scratchCount
  }

  /// Runs `body` for every task in `0 ..< tasks`.
  func run(_ tasks: Int, _ body: (_ task: Int, _ worker: Int) -> Void) {
    if count == 1 || tasks == 1 {
      for task in 0..<tasks { body(task, 0) }
      return
    }
    let next = Atomic(0)
    withoutActuallyEscaping(body) { body in
      // Calls happen at once, but all before this function returns.
      nonisolated(unsafe) let body = body
      @Sendable func work(_ worker: Int) {
        while true {
          let task = next.wrappingAdd(1, ordering: .relaxed).oldValue
          if task >= tasks { return }
          body(task, worker)
        }
      }
      if let spread {
        spread(min(count, tasks), work)
      } else {
        DispatchQueue.concurrentPerform(iterations: min(count, tasks), execute: work)
      }
    }
  }

  /// Runs `body` for ranges that together are `0 ..< count`, for work done element by element.
  func runPieces(of count: Int, _ body: (Range<Int>) -> Void) {
    let length = 1 << 14
    run((count + length - 1) / length) { piece, _ in
      body(piece * length..<min((piece + 1) * length, count))
    }
  }
}
