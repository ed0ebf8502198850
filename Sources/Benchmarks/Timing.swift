/// How long something takes: several repeats, each long enough for the clock.
public struct Timing: Equatable, Sendable {
  /// Seconds of one call in each repeat.
  public let seconds: [Double]

  /// A repeat takes at least as many calls as this many seconds need.
  package static let shortestRepeat = 0.2

  /// A timing of these repeats, at least one.
  ///
  /// - Precondition: there is one at least.
  public init(seconds: [Double]) {
    precondition(!seconds.isEmpty, "a timing has at least one repeat")
    self.seconds = seconds
  }

  /// Times `body`: calls that do not count for 0.1 s, one at least, then `repeats` times as many calls as last 0.2 s.
  ///
  /// - Precondition: `repeats` is at least 1.
  public init(repeats: Int, of body: () throws -> Void) throws {
    let clock = ContinuousClock()
    func seconds(calls: Int) throws -> Double {
      try clock.measure { for _ in 0..<calls { try body() } } / .seconds(1)
    }
    var (spent, one) = (0.0, 0.0)
    repeat {
      one = try seconds(calls: 1)
      spent += one
    } while spent < 0.1
    let calls = Self.calls(oneLasting: one)
    self.init(seconds: try (0..<repeats).map { _ in try seconds(calls: calls) / Double(calls) })
  }

  /// How many calls a repeat takes when one lasts so many seconds.
  package static func calls(oneLasting seconds: Double) -> Int {
    Int((shortestRepeat / max(seconds, 1e-9)).rounded(.up))
  }

  /// The middle of the repeats, the mean of the two middle ones of an even number.
  public var median: Double {
    let sorted = seconds.sorted()
    return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
  }

  /// The fastest repeat.
  public var best: Double { seconds.reduce(.infinity, min) }
}
