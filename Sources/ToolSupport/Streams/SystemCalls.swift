import Failures

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// The few system calls of this module, each checked or harmless.
enum SystemCalls {
  /// The text of the last error.
  static var lastError: String { String(cString: strerror(errno)) }

  /// Writes all of `bytes`; interrupted and short writes go on.
  /// - Throws: `BrokenPipe` when nobody reads any more, else `Failure(.inputOutput)`.
  static func write(_ bytes: [UInt8], to descriptor: Int32) throws {
    try bytes.withUnsafeBytes { all in
      var rest = all[...]
      while !rest.isEmpty {
        #if canImport(Darwin)
          let written = Darwin.write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
        #else
          let written = Glibc.write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
        #endif
        if written >= 0 {
          rest = rest.dropFirst(written)
        } else if errno == EPIPE {
          throw BrokenPipe()
        } else if errno != EINTR {
          throw Failure(.inputOutput, "stdout: \(lastError); what was written so far is incomplete")
        }
      }
    }
  }

  /// Opens a closed standard error on nothing, lest the next file opened gets its number and what is said to people.
  static func fillStandardError() {
    guard fcntl(STDERR_FILENO, F_GETFD) < 0 else { return }
    let null = open("/dev/null", O_WRONLY)
    guard null >= 0, null != STDERR_FILENO else { return }
    dup2(null, STDERR_FILENO)
    close(null)
  }

  /// Whether `descriptor` is a terminal.
  static func isTerminal(_ descriptor: Int32) -> Bool { isatty(descriptor) == 1 }

  /// The terminal's width in columns, 80 when unknown.
  static func columns(_ descriptor: Int32) -> Int {
    var size = winsize()
    guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
    return Int(size.ws_col)
  }

  /// The terminal's width in pixels; nil where it does not say.
  static func pixelColumns(_ descriptor: Int32) -> Int? {
    var size = winsize()
    guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_xpixel > 0 else { return nil }
    return Int(size.ws_xpixel)
  }

  /// The value of an environment variable.
  static func environment(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }
}

/// The reader of standard output has gone; the program ends quietly with status 141, as if by SIGPIPE.
struct BrokenPipe: Error {}
