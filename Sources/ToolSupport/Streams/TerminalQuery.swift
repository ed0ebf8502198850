#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// A question to a terminal, which answers as if somebody typed.
package struct TerminalQuery {
  private let input, output: Int32
  private let patience: Duration

  /// An answer is shorter than so many bytes.
  private static let capacity = 256

  /// A question to the terminal that is read from at `input` and written to at `output`, whose answer comes at once or never:
  /// so long it is waited for.
  package init(input: Int32, output: Int32, patience: Duration = .milliseconds(100)) {
    (self.input, self.output, self.patience) = (input, output, patience)
  }

  /// The terminal's primary attributes, DA1; nil where it does not answer, or this program may not ask: where input or output
  /// is no terminal, or the terminal is another program's at the moment.
  package func attributes() -> Set<Int>? {
    guard SystemCalls.isTerminal(input), SystemCalls.isTerminal(output), tcgetpgrp(input) == getpgrp() else {
      return nil
    }
    // Signals wait until the terminal is as it was.
    var (all, earlier) = (sigset_t(), sigset_t())
    sigfillset(&all)
    pthread_sigmask(SIG_BLOCK, &all, &earlier)
    defer { pthread_sigmask(SIG_SETMASK, &earlier, nil) }
    var before = termios()
    guard tcgetattr(input, &before) == 0 else { return nil }
    var silent = before
    // Neither by the line nor shown.
    silent.c_lflag &= ~tcflag_t(ICANON | ECHO)
    guard tcsetattr(input, TCSANOW, &silent) == 0 else { return nil }
    defer { tcsetattr(input, TCSANOW, &before) }
    guard (try? SystemCalls.write(Array("\u{1B}[c".utf8), to: output)) != nil else { return nil }
    return answer()
  }

  /// What comes until it is an answer, or time is over.
  private func answer() -> Set<Int>? {
    let end = ContinuousClock.now + patience
    var bytes: [UInt8] = []
    while bytes.count < Self.capacity {
      var wait = pollfd(fd: input, events: Int16(POLLIN), revents: 0)
      let left = ContinuousClock.now.duration(to: end) / .milliseconds(1)
      guard left > 0, poll(&wait, 1, Int32(left.rounded(.up))) > 0 else { return nil }
      var piece = [UInt8](repeating: 0, count: 64)
      let count = read(input, &piece, piece.count)
      guard count > 0 else { return nil }
      bytes += piece[..<count]
      if let attributes = Self.attributes(in: bytes) { return attributes }
    }
    return nil
  }

  /// The attributes of the first whole answer `ESC [ ? 64 ; 4 c` in `bytes`, whatever was typed before it.
  package static func attributes(in bytes: [UInt8]) -> Set<Int>? {
    let text = String(decoding: bytes, as: UTF8.self)
    for start in text.ranges(of: "\u{1B}[?") {
      let part = text[start.upperBound...]
      let digits = part.prefix { $0.isASCII && $0.isNumber || $0 == ";" }
      guard part.dropFirst(digits.count).first == "c" else { continue }
      return Set(digits.split(separator: ";").compactMap { Int($0) })
    }
    return nil
  }
}
