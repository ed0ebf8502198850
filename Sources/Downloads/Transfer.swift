import Failures
import Files

/// What comes of asking a server for the rest of a file.
enum TransferEnd: Equatable {
  /// The server says that it is whole.
  case whole
  /// It ended on the way, for a reason that may pass.
  case interrupted(String)
  /// The server does not go on in the middle, or says that the file ends before.
  case noRest
}

/// Asks a server for a file, by the program curl: it is kept by many, is where people fetch files at all, speaks TLS and
/// proxies as its user has set them up, and meets what strangers send in a process of its own.
struct Transfer {
  /// The address, of http or https.
  let address: String
  /// After how many seconds without a byte a server is given up.
  let timeout: Int
  /// The most bytes that the file may have.
  let limit: Int

  static let advice =
    "it fetches the files; install curl (Debian: apt install curl), or fetch them by other means"

  /// Appends what `file` lacks.
  ///
  /// - Parameter lookUp: Called several times a second with the bytes that the file has; what it throws ends the transfer.
  /// - Throws: `.noInput` where there is no such file or no curl, `.inputOutput` where the server is not reached, `.data`
  ///   where more comes than `limit`; whatever `lookUp` throws.
  func resume(_ file: inout GrowingFile, lookUp: (Int) throws -> Void) throws -> TransferEnd {
    let start = file.count
    let curl = try ChildProcess("curl", arguments(from: start), advice: Self.advice)
    var count = start
    // An inout parameter cannot be caught by both closures.
    let status = try curl.run(lookUp: { try lookUp(count) }) { part in
      guard part.count <= limit - file.count else {
        throw Failure(.data, "\(address): more than \(limit) bytes come; is this the right address?")
      }
      try file.append(part)
      count = file.count
    }
    return try end(status, String(decoding: curl.messages, as: UTF8.self))
  }

  private func arguments(from start: Int) -> [String] {
    // Only the user's environment counts, not the file with defaults of hers; what has come is handed on at once, to be kept.
    ["-q", "--no-buffer", "--silent", "--show-error", "--fail", "--globoff", "--location", "--max-redirs", "5"]
      + ["--proto", "=http,https", "--proto-redir", address.hasPrefix("https:") ? "=https" : "=http,https"]
      + ["--connect-timeout", "\(timeout)", "--speed-limit", "1", "--speed-time", "\(timeout)"]
      + (start > 0 ? ["--continue-at", "\(start)"] : []) + ["--url", address]
  }

  /// What curl's exit status and its last words mean.
  private func end(_ status: Int32, _ words: String) throws -> TransferEnd {
    let line = words.split(separator: "\n").last.map(String.init) ?? "curl ended with \(status)"
    let reason = line.hasPrefix("curl: (") ? String(line.drop { $0 != ")" }.dropFirst(2)) : line
    switch status {
    case 0: return .whole
    case 33: return .noRest
    // Ended early, too slow, no answer, a broken connection, a broken stream.
    case 18, 28, 52, 55, 56, 92: return .interrupted(reason)
    case 22 where reason.hasSuffix(" 416"): return .noRest
    case 22 where reason.contains(" 5"): return .interrupted(reason)
    case 22: throw Failure(.noInput, "\(address): \(reason); name another address by --mirror")
    case 1, 3, 47:
      throw Failure(.noInput, "\(address): leads to no file: \(reason); name another address by --mirror")
    default:
      throw Failure(.inputOutput, "\(address): \(reason); check the network, or name another address by --mirror")
    }
  }
}
