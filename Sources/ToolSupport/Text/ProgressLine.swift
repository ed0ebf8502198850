public import Records

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// How far a long task is: a bar that is redrawn on a terminal, elsewhere a line every half minute, or for a program a
/// record a second; and what it came to.
public struct ProgressLine: ~Copyable {
  private let diagnostics: Diagnostics
  private let label: String
  private let pause: Duration
  private let start = ContinuousClock.now
  private var lastTold: ContinuousClock.Instant?
  /// How many of the images were done by an earlier run, and took this one no time.
  public var earlierImages = 0

  /// A line that starts with `label`, such as `epoch 3/30`.
  public init(_ diagnostics: Diagnostics, label: String) {
    let pause: Duration =
      switch diagnostics.progress {
      case .json: .seconds(1)
      case .text, .off: diagnostics.isInteractive ? .milliseconds(100) : .seconds(30)
      }
    self.init(diagnostics, label: label, pause: pause)
  }

  /// The same, told at most once in every `pause`.
  package init(_ diagnostics: Diagnostics, label: String, pause: Duration) {
    (self.diagnostics, self.label, self.pause) = (diagnostics, label, pause)
  }

  /// For how many seconds the task has been going on.
  private var seconds: Double { (ContinuousClock.now - start) / .seconds(1) }

  /// Tells that `done` of `count` images are done, at the pace that this makes, unless something was told a moment ago.
  public mutating func update(images done: Int, of count: Int, accuracy: Double? = nil) {
    let (seconds, earlier) = (seconds, earlierImages)
    update(
      Double(done) / Double(max(count, 1)),
      ProgressFacts(images: done, of: count, earlier: earlier, seconds: seconds, accuracy: accuracy))
  }

  /// Redraws the bar, tells a line or writes a record, unless that was done a moment ago.
  /// - Parameters:
  ///   - fraction: how much is done, 0...1.
  ///   - facts: what else is known; only asked for when it is told.
  public mutating func update(_ fraction: Double, _ facts: @autoclosure () -> ProgressFacts) {
    guard diagnostics.showsProgress else { return }
    let now = ContinuousClock.now
    // A log has its first line when the task turns out to be long.
    if let last = lastTold ?? (diagnostics.isInteractive ? nil : start), now - last < pause { return }
    lastTold = now
    let (share, facts) = (Self.share(fraction), facts())
    if diagnostics.progress == .json { return tell(share, facts.text, facts) }
    guard diagnostics.isInteractive else {
      return diagnostics.note("\(label): \(Int(share * 100)) %, \(facts.text)")
    }
    let columns = SystemCalls.columns(STDERR_FILENO)
    diagnostics.write("\r\u{1B}[K" + Self.text(label: label, fraction: share, details: facts.text, columns: columns))
  }

  /// Removes the bar and says `summary` in a line that stays, unless progress is not asked for or it `isToldElsewhere`.
  /// - Parameter facts: what of the summary is numbers.
  public consuming func finish(
    _ summary: String, _ facts: ProgressFacts = ProgressFacts(), isToldElsewhere: Bool = false
  ) {
    guard diagnostics.showsProgress else { return }
    if diagnostics.progress == .json { return tell(1, summary, facts) }
    if !isToldElsewhere { return diagnostics.note("\(label): \(summary)") }
    if diagnostics.isInteractive, lastTold != nil { diagnostics.write("\r\u{1B}[K") }
  }

  /// Writes a record.
  private func tell(_ share: Double, _ details: String, _ facts: ProgressFacts) {
    diagnostics.write(
      ProgressRecord(
        program: diagnostics.name, label: label, fraction: share, seconds: seconds, details: details, facts: facts))
  }

  /// `fraction` within 0...1.
  private static func share(_ fraction: Double) -> Double { fraction.isFinite ? min(max(fraction, 0), 1) : 0 }

  /// The bar within `columns` columns; the last one stays free, since some terminals wrap there.
  package static func text(label: String, fraction: Double, details: String, columns: Int) -> String {
    let share = share(fraction)
    let width = 20
    let full = Int(share * Double(width))
    let bar = String(repeating: "#", count: full) + String(repeating: ".", count: width - full)
    let text = Diagnostics.printable("\(label) [\(bar)] \(Int(share * 100)) %  \(details)")
    return String(text.prefix(max(columns - 1, 1)))
  }
}
