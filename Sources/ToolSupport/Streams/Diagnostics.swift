public import Failures
import Files

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// Talk for people on standard error: one line a message, after the program's name.
public struct Diagnostics: Sendable {
  /// The program's name, such as `cusp-attack`.
  public let name: String
  /// Whether notes and progress are left out; failures never are.
  public let isQuiet: Bool
  /// Whether a person watches standard error, so that a line may be redrawn.
  public let isInteractive: Bool

  /// Diagnostics of the program `name`.
  public init(name: String, isQuiet: Bool = false) {
    self.name = name
    self.isQuiet = isQuiet
    // Launchers of parallel jobs give their ranks pseudo-terminals that nobody watches.
    let launchers = ["OMPI_COMM_WORLD_SIZE", "PMIX_RANK", "SLURM_PROCID"]
    isInteractive =
      SystemCalls.isTerminal(STDERR_FILENO) && launchers.allSatisfy { SystemCalls.environment($0) == nil }
      && SystemCalls.environment("TERM") != "dumb"
  }

  /// Tells something that is worth knowing, unless quiet.
  public func note(_ message: String) {
    if !isQuiet { report(message) }
  }

  /// Tells what went wrong.
  public func report(_ failure: Failure) { report(failure.message) }

  /// Tells what went wrong.
  public func report(_ message: String) {
    let clear = isInteractive ? "\r\u{1B}[K" : ""
    write("\(clear)\(name): \(Self.printable(message))\n")
  }

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
