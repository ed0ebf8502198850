public import Failures
import Files
import Records

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// Talk for people on standard error: one line a message, after the program's name; or records for programs.
public struct Diagnostics: Sendable {
  /// The program's name, such as `cusp-attack`.
  public let name: String
  /// Whether notes and progress are left out; failures never are.
  public let isQuiet: Bool
  /// How progress is shown; as JSON, so is all else.
  public let progress: ProgressFormat
  /// Whether a person watches standard error, so that a line may be redrawn.
  public let isInteractive: Bool

  /// Diagnostics of the program `name`.
  public init(name: String, isQuiet: Bool = false, progress: ProgressFormat = .text) {
    (self.name, self.isQuiet, self.progress) = (name, isQuiet, progress)
    // Launchers of parallel jobs give their ranks pseudo-terminals that nobody watches.
    let launchers = ["OMPI_COMM_WORLD_SIZE", "PMIX_RANK", "SLURM_PROCID"]
    isInteractive =
      progress != .json && SystemCalls.isTerminal(STDERR_FILENO)
      && launchers.allSatisfy { SystemCalls.environment($0) == nil }
      && SystemCalls.environment("TERM") != "dumb"
  }

  /// Whether anybody wants to know how far the program is.
  var showsProgress: Bool { !isQuiet && progress != .off }

  /// Tells something that is worth knowing, unless quiet.
  public func note(_ message: String) {
    if !isQuiet { report(message) }
  }

  /// Tells why the program ends.
  public func report(_ failure: Failure) { report(failure.message, status: failure.kind.exitStatus) }

  /// Tells why the program ends with `status`.
  func report(_ message: String, status: Int32) {
    guard progress == .json else { return report(message) }
    write(FailureRecord(program: name, status: Int(status), text: message))
  }

  /// Tells what went wrong without ending the program.
  public func report(_ message: String) {
    guard progress != .json else { return write(NoteRecord(program: name, text: message)) }
    let clear = isInteractive ? "\r\u{1B}[K" : ""
    write("\(clear)\(name): \(Self.printable(message))\n")
  }

  /// Writes a record in one call.
  func write(_ record: some Record) { try? SystemCalls.write(record.line, to: STDERR_FILENO) }

  /// Writes in one call, so that lines of several processes do not mix; nobody can be told if that fails.
  func write(_ text: String) { try? SystemCalls.write(Array(text.utf8), to: STDERR_FILENO) }

  /// `text` without characters that steer a terminal, as names in files are not to be trusted, and with bytes of paths that
  /// are no UTF-8 as a shell's `$'...'` writes them.
  package static func printable(_ text: String) -> String {
    text.unicodeScalars.reduce(into: "") { result, scalar in
      if let byte = PathText.escapedByte(scalar) {
        result += "\\x" + String(byte, radix: 16)
      } else {
        result.unicodeScalars.append(scalar.properties.generalCategory == .control ? "?" : scalar)
      }
    }
  }
}
