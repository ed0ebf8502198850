import Failures
import Files

/// The bytes of a pickle, read in order and in pieces: in an old file nobody knows where the pickle ends.
struct PickleInput {
  /// The most bytes of text and numbers that are kept of one file.
  private static let textLimit = 32 << 20

  private let source: ByteSource
  private let name: String
  private var buffer: [UInt8] = []
  private var offset = 0
  private var bufferStart: Int
  private var textBytes = 0

  /// The position in the file of the next byte.
  var position: Int { bufferStart + offset }

  /// The bytes of `source` from `position` on; `name` is what errors call them.
  init(_ source: ByteSource, at position: Int = 0, name: String) {
    (self.source, bufferStart, self.name) = (source, position, name)
  }

  mutating func byte() throws -> UInt8 {
    if offset == buffer.count { try fill() }
    defer { offset += 1 }
    return buffer[offset]
  }

  /// The next `count` bytes, which are kept.
  mutating func read(_ count: Int) throws -> [UInt8] {
    textBytes += min(count, Self.textLimit)
    guard textBytes <= Self.textLimit else { throw failure("texts of more than \(Self.textLimit >> 20) MiB") }
    guard count <= source.count - position else { throw endsEarly }
    let start = position
    try skip(count)
    return try source.bytes(start..<start + count)
  }

  /// Passes over the next `count` bytes.
  mutating func skip(_ count: Int) throws {
    guard count >= 0, count <= source.count - position else { throw endsEarly }
    if count <= buffer.count - offset {
      offset += count
    } else {
      (bufferStart, buffer, offset) = (position + count, [], 0)
    }
  }

  /// The next integer of type `type`, little-endian.
  mutating func integer<Integer: FixedWidthInteger>(_ type: Integer.Type) throws -> Integer {
    var value: Integer = 0
    for shift in 0..<MemoryLayout<Integer>.size { value |= Integer(truncatingIfNeeded: try byte()) << (8 * shift) }
    return value
  }

  /// The next integer of type `type`, as a number of bytes.
  mutating func count<Integer: FixedWidthInteger>(_ type: Integer.Type) throws -> Int {
    guard let count = Int(exactly: try integer(type)), count >= 0 else { throw failure("a length beyond all bounds") }
    return count
  }

  /// The bytes up to the next line feed.
  mutating func line() throws -> [UInt8] {
    var line: [UInt8] = []
    while true {
      let byte = try byte()
      if byte == 0x0A { return line }
      line.append(byte)
      guard line.count <= 512 else { throw failure("a name of more than 512 bytes") }
    }
  }

  /// A failure at the current position.
  func failure(_ reason: String) -> Failure { Failure(.data, "\(name): byte \(position): \(reason)") }

  private var endsEarly: Failure { failure("ends early; it is truncated, fetch it again") }

  private mutating func fill() throws {
    (bufferStart, offset) = (position, 0)
    buffer = []
    guard bufferStart < source.count else { throw endsEarly }
    buffer = try source.bytes(bufferStart..<min(bufferStart + 1 << 16, source.count))
  }
}
