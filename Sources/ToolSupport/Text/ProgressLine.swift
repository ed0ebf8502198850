#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// How far a long task is: a bar that is redrawn on a terminal, elsewhere a line every half minute, and that of `finish(_:)`.
public struct ProgressLine: ~Copyable {
  private let diagnostics: Diagnostics
  private let label: String
  private let pause: Duration
  private let start = ContinuousClock.now
  private var lastTold: ContinuousClock.Instant?

  /// The bar is redrawn at most this often.
  private static let interval = Duration.milliseconds(100)

  /// A line that starts with `label`, such as `epoch 3/30`.
  public init(_ diagnostics: Diagnostics, label: String) {
    self.init(diagnostics, label: label, pause: diagnostics.isInteractive ? Self.interval : .seconds(30))
  }

  /// The same, told at most once in every `pause`.
  package init(_ diagnostics: Diagnostics, label: String, pause: Duration) {
    (self.diagnostics, self.label, self.pause) = (diagnostics, label, pause)
  }

  /// For how many seconds the task has been going on.
  public var seconds: Double { (ContinuousClock.now - start) / .seconds(1) }

  /// Redraws the bar or tells a line, unless that was done a moment ago.
  /// - Parameters:
  ///   - fraction: how much is done, 0...1.
  ///   - details: what else to show, such as loss, accuracy, images per second and the time left; only called when drawn.
  public mutating func update(_ fraction: Double, _ details: @autoclosure () -> String) {
    guard !diagnostics.isQuiet else { return }
    let now = ContinuousClock.now
    // A log has its first line when the task turns out to be long.
    if let last = lastTold ?? (diagnostics.isInteractive ? nil : start), now - last < pause { return }
    lastTold = now
    guard diagnostics.isInteractive else {
      return diagnostics.note("\(label): \(Self.percent(fraction)) %, \(details())")
    }
    let columns = SystemCalls.columns(STDERR_FILENO)
    diagnostics.write(
      "\r\u{1B}[K" + Self.text(label: label, fraction: fraction, details: details(), columns: columns))
  }

  /// Removes the bar and says `summary` in a line that stays, unless quiet.
  public consuming func finish(_ summary: String) {
    diagnostics.note("\(label): \(summary)")
  }

  /// Removes the bar where what it told of is said elsewhere.
  public consuming func clear() {
    if diagnostics.isInteractive, lastTold != nil { diagnostics.write("\r\u{1B}[K") }
  }

  private static func percent(_ fraction: Double) -> Int {
    Int((fraction.isFinite ? min(max(fraction, 0), 1) : 0) * 100)
  }

  /// The bar within `columns` columns; the last one stays free, since some terminals wrap there.
  package static func text(label: String, fraction: Double, details: String, columns: Int) -> String {
    let share = fraction.isFinite ? min(max(fraction, 0), 1) : 0
    let width = 20
    let full = Int(share * Double(width))
    let bar = String(repeating: "#", count: full) + String(repeating: ".", count: width - full)
    let text = Diagnostics.printable("\(label) [\(bar)] \(percent(fraction)) %  \(details)")
    return String(text.prefix(max(columns - 1, 1)))
  }
}
