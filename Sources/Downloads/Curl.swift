import Failures

/// The program that fetches files.
public enum Curl {
  /// Its version, as in `7.88.1`.
  ///
  /// - Throws: `.noInput`, with what to do, where there is none; `.inputOutput` where it does not run.
  public static func version() throws -> String {
    let program = try ChildProcess("curl", ["--version"], advice: Transfer.advice)
    var bytes: [UInt8] = []
    let status = try program.run(lookUp: {}) { bytes += $0.prefix(max(0, 256 - bytes.count)) }
    // curl 7.88.1 (x86_64-pc-linux-gnu) libcurl/7.88.1 ...
    let words = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isWhitespace)
    guard status == 0, words.count > 1 else {
      throw Failure(.inputOutput, "curl: ended with \(status) when asked for its version; install it anew")
    }
    return String(words[1])
  }
}
