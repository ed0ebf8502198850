#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// How far a long task is: a bar that is redrawn on a terminal, nothing there otherwise but the lines of `finish(_:)`.
public struct ProgressLine: ~Copyable {
  private let diagnostics: Diagnostics
  private let label: String
  private var lastDrawn: ContinuousClock.Instant?

  /// The bar is redrawn at most this often.
  private static let interval = Duration.milliseconds(100)

  /// A line that starts with `label`, such as `epoch 3/30`.
  public init(_ diagnostics: Diagnostics, label: String) {
    self.diagnostics = diagnostics
    self.label = label
  }

  /// Redraws the bar, unless that was done a moment ago or nobody watches.
  /// - Parameters:
  ///   - fraction: how much is done, 0...1.
  ///   - details: what else to show, such as loss, accuracy, images per second and the time left; only called when drawn.
  public mutating func update(_ fraction: Double, _ details: @autoclosure () -> String) {
    guard diagnostics.isInteractive, !diagnostics.isQuiet else { return }
    let now = ContinuousClock.now
    if let lastDrawn, now - lastDrawn < Self.interval { return }
    lastDrawn = now
    let columns = SystemCalls.columns(STDERR_FILENO)
    diagnostics.write(
      "\r\u{1B}[K" + Self.text(label: label, fraction: fraction, details: details(), columns: columns))
  }

  /// Removes the bar and says `summary` in a line that stays, unless quiet.
  public consuming func finish(_ summary: String) {
    diagnostics.note("\(label): \(summary)")
  }

  /// The bar within `columns` columns; the last one stays free, since some terminals wrap there.
  package static func text(label: String, fraction: Double, details: String, columns: Int) -> String {
    let share = fraction.isFinite ? min(max(fraction, 0), 1) : 0
    let width = 20
    let full = Int(share * Double(width))
    let bar = String(repeating: "#", count: full) + String(repeating: ".", count: width - full)
    let text = Diagnostics.printable("\(label) [\(bar)] \(Int(share * 100)) %  \(details)")
    return String(text.prefix(max(columns - 1, 1)))
  }
}
