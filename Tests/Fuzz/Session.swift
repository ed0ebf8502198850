import Failures
import Files
import Glibc

/// The fuzzing of one reader: executes inputs and counts what they cost.
struct Session {
  let reader: Reader
  private let start = ContinuousClock.now
  private var executions = 0
  private var refusals = 0
  private var slowest = Duration.zero
  private var initialMemory = 0

  init(reader: Reader) { self.reader = reader }

  /// Lets the reader read `bytes`: it may accept or refuse them in one line, also for a file that they name and that is not
  /// there; anything else ends the process.
  ///
  /// What counts is time of computation, the children's too, so that a busy machine makes no findings.
  mutating func execute(_ bytes: [UInt8]) {
    if executions == 0 { initialMemory = Self.usage(RUSAGE_SELF).ru_maxrss }
    let start = Self.computingTime()
    do {
      try reader.read(bytes)
    } catch let failure as Failure
      where [.data, .usage, .noInput].contains(failure.kind) && !failure.message.contains("\n")
    {
      refusals += 1
    } catch {
      end(finding: "not a refusal in one line: \(error)")
    }
    let duration = Self.computingTime() - start
    if duration > .seconds(5) { end(finding: "took \(duration)") }
    slowest = max(slowest, duration)
    executions += 1
  }

  /// Ends the process in a way that libFuzzer takes for a crash and keeps the input of.
  private func end(finding: String) -> Never {
    let message = Array("\(finding)\n".utf8)
    try? message.withUnsafeBytes { try writeAll($0, to: 2, path: "stderr") }
    abort()
  }

  /// Writes one line to standard output: the columns that `tools/fuzz` has headings for; nothing if nothing was executed.
  func report() {
    guard executions > 0 else { return }
    let seconds = max((ContinuousClock.now - start) / .seconds(1), 0.001)
    let growth = (Self.usage(RUSAGE_SELF).ru_maxrss - initialMemory) >> 10
    let columns = [
      executions, Int(Double(executions) / seconds), 100 * refusals / executions,
      Int(slowest / .milliseconds(1)), growth,
    ]
    print(([reader.rawValue] + columns.map(String.init)).joined(separator: "\t"))
  }

  /// The time of computation that this process and the children that have ended have used.
  private static func computingTime() -> Duration {
    [RUSAGE_SELF, RUSAGE_CHILDREN].flatMap { [usage($0).ru_utime, usage($0).ru_stime] }
      .reduce(.zero) { $0 + .seconds($1.tv_sec) + .microseconds($1.tv_usec) }
  }

  private static func usage(_ whose: __rusage_who) -> rusage {
    var usage = rusage()
    getrusage(__rusage_who_t(whose.rawValue), &usage)
    return usage
  }
}
