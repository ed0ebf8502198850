public import Failures

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// Reads lines from a file descriptor in large chunks, in bounded memory.
///
/// Lines end with `\n` or `\r\n`; empty lines are skipped, but counted. Does not close the descriptor.
public struct LineReader: ~Copyable, Sendable {
  /// The longest line read unless told otherwise, in bytes: room for an image of 224x224x3 floats in base64.
  public static let defaultMaximalLength = 16 << 20

  /// The 1-based number of the current line; 0 before the first.
  public private(set) var number = 0
  /// Where the current line lies in the input, in bytes, with its end.
  public private(set) var place = 0..<0
  /// Whether the current line has an end; the last one of a stream that was cut short has none.
  public private(set) var isEnded = false
  /// What is read, in messages.
  public let name: String

  private let descriptor: Int32
  private let maximalLength: Int
  private var buffer = [UInt8](repeating: 0, count: 1 << 18)
  private var unread = 0..<0
  private var line = 0..<0
  private var isAtEnd = false
  /// How many bytes of the input have come, up to the last unread one.
  private var taken: Int

  /// A reader of `descriptor`, standard input unless told otherwise; lines of more than `maximalLength` bytes fail.
  ///
  /// `first` are bytes that somebody has read from it already, to see what comes.
  public init(
    descriptor: Int32 = 0, name: String = "stdin", maximalLength: Int = LineReader.defaultMaximalLength,
    first: [UInt8] = []
  ) {
    self.descriptor = descriptor
    self.name = name
    self.maximalLength = maximalLength
    taken = first.count
    buffer.replaceSubrange(..<min(first.count, buffer.count), with: first)
    unread = 0..<first.count
  }

  /// Moves to the next line that is not empty; false at the end of the input.
  /// - Throws: `Failure(.data)` for a line that is too long, after which reading goes on with the next call;
  ///   `Failure(.inputOutput)` when the descriptor cannot be read.
  public mutating func next() throws(Failure) -> Bool {
    while try findLine() {
      number += 1
      if !line.isEmpty { return true }
    }
    line = 0..<0
    return false
  }

  /// The current line without its end.
  public var bytes: [UInt8] { Array(buffer[line]) }

  /// Calls `body` with the current line without its end; the buffer must not escape.
  public func withBytes<Result, Problem: Error>(
    _ body: (UnsafeBufferPointer<UInt8>) throws(Problem) -> Result
  ) throws(Problem) -> Result {
    try buffer.withUnsafeBufferPointer { (all) throws(Problem) in
      try body(UnsafeBufferPointer(rebasing: all[line]))
    }
  }

  /// Whether a further line that is not empty has come whole, so that `next()` answers at once; waits for nothing.
  ///
  /// Takes in what the descriptor has ready; the current line is gone afterwards.
  /// - Throws: `Failure(.inputOutput)` when the descriptor cannot be read.
  public mutating func hasLine() throws(Failure) -> Bool {
    line = 0..<0
    while true {
      while let end = newline(from: unread.lowerBound) {
        let isEmpty = end == unread.lowerBound || (end == unread.lowerBound + 1 && buffer[unread.lowerBound] == 0x0D)
        guard isEmpty else { return true }
        number += 1
        unread = end + 1..<unread.upperBound
      }
      // The rest of a line that is too long is left to `next()`, which may have to wait for it.
      if isAtEnd || unread.count > maximalLength || !isReadable { return isAtEnd && !unread.isEmpty }
      try fill()
    }
  }

  private var isReadable: Bool {
    var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    return poll(&waiting, 1, 0) > 0
  }

  /// Sets `line` to the next line, empty or not, without its end; false at the end of the input.
  private mutating func findLine() throws(Failure) -> Bool {
    var searched = 0
    while true {
      if let end = newline(from: unread.lowerBound + searched) {
        try setLine(unread.lowerBound..<end, next: end + 1)
        return true
      }
      searched = unread.count
      // The byte after the longest line may be the `\r` of its end.
      if searched - 1 > maximalLength { try skipLine() }
      if isAtEnd {
        guard !unread.isEmpty else { return false }
        try setLine(unread, next: unread.upperBound)
        return true
      }
      try fill()
    }
  }

  /// Makes `range` without a `\r` at its end the current line; what is unread starts at `next`.
  private mutating func setLine(_ range: Range<Int>, next: Int) throws(Failure) {
    let hasReturn = !range.isEmpty && buffer[range.upperBound - 1] == 0x0D
    line = range.lowerBound..<range.upperBound - (hasReturn ? 1 : 0)
    let origin = taken - unread.upperBound
    (place, isEnded) = (origin + range.lowerBound..<origin + next, next > range.upperBound)
    unread = next..<unread.upperBound
    if line.count > maximalLength { throw tooLong() }
  }

  /// Drops the current line up to its newline, then fails.
  private mutating func skipLine() throws(Failure) -> Never {
    while true {
      if let end = newline(from: unread.lowerBound) {
        unread = end + 1..<unread.upperBound
        throw tooLong()
      }
      unread = 0..<0
      if isAtEnd { throw tooLong() }
      try fill()
    }
  }

  private mutating func tooLong() -> Failure {
    number += 1
    line = 0..<0
    return Failure(.data, "\(name): line \(number) is longer than \(maximalLength) bytes; write one record a line")
  }

  private func newline(from start: Int) -> Int? {
    buffer.withUnsafeBytes { all in
      guard let base = all.baseAddress, start < unread.upperBound,
        let found = memchr(base + start, 0x0A, unread.upperBound - start)
      else { return nil }
      return base.distance(to: UnsafeRawPointer(found))
    }
  }

  /// Reads more bytes after the unread ones, which move to the front first.
  private mutating func fill() throws(Failure) {
    if unread.lowerBound > 0 {
      buffer.withUnsafeMutableBytes { all in
        guard let base = all.baseAddress else { return }
        memmove(base, base + unread.lowerBound, unread.count)
      }
      unread = 0..<unread.count
    }
    if unread.count == buffer.count { buffer.append(contentsOf: repeatElement(0, count: buffer.count)) }
    let start = unread.upperBound
    var got = -1
    repeat {
      got = buffer.withUnsafeMutableBytes { read(descriptor, $0.baseAddress.map { $0 + start }, $0.count - start) }
    } while got < 0 && errno == EINTR
    guard got >= 0 else { throw Failure(.inputOutput, "\(name): \(String(cString: strerror(errno)))") }
    isAtEnd = got == 0
    taken += got
    unread = 0..<start + got
  }
}
