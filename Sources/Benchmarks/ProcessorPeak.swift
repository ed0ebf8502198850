import CProcessor
import Dispatch
import Synchronization

/// The most floating-point operations that this machine does in a second, measured.
public struct ProcessorPeak: Sendable {
  /// 10^9 operations in a second; a multiply-add counts as two.
  public let gigaflopsPerSecond: Double

  /// Measures `threads` threads at once, which do nothing but independent fused multiply-adds in the widest registers:
  /// the best of `repeats` runs of about 20 ms each.
  ///
  /// - Precondition: `threads` and `repeats` are at least 1.
  public init(threads: Int, repeats: Int = 10) {
    let clock = ContinuousClock()
    var rounds = 1 << 12
    var best = 0.0
    var counted = 0
    while counted < repeats {
      let operations = Atomic(0)
      let duration = clock.measure {
        DispatchQueue.concurrentPerform(iterations: threads) { [rounds] _ in
          operations.add(2 * Self.multiplyAdds(rounds: rounds), ordering: .relaxed)
        }
      }
      let seconds = duration / .seconds(1)
      // Too short runs only say how long a run must be.
      if seconds < 0.01 {
        rounds *= 2
        continue
      }
      best = max(best, Double(operations.load(ordering: .relaxed)) / seconds / 1e9)
      counted += 1
    }
    gigaflopsPerSecond = best
  }

  /// Does `rounds` rounds and says how many multiply-adds those were.
  private static func multiplyAdds(rounds: Int) -> Int {
    var sum: Float = 0
    let perRound = cusp_multiply_add(rounds, &sum)
    // The sums converge to 2 each; reading one keeps the loop from being left out.
    return sum > 0 ? perRound * rounds : 0
  }
}
