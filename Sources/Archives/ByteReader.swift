import Failures
import Files

/// A checked walk over little-endian bytes; every step past the end throws.
struct ByteReader {
  /// The bytes and where the next step starts.
  private let bytes: [UInt8]
  private var offset: Int
  /// Where `bytes` start in the file.
  private let base: Int
  /// What errors call the bytes.
  private let name: String

  /// The position of the next step in the file.
  var position: Int { base + offset }

  /// A walk over `bytes`; `name` is the file's name in errors.
  init(_ bytes: [UInt8], name: String) { (self.bytes, offset, base, self.name) = (bytes, 0, 0, name) }

  /// A walk over at most `count` bytes of `source` from `position`; `name` is what errors call them.
  init(_ source: ByteSource, at position: Int, count: Int, name: String) throws {
    guard position >= 0, position <= source.count else {
      throw Failure(.data, "\(name): points to byte \(position) of \(source.count); it is damaged, fetch it again")
    }
    bytes = try source.bytes(position..<position + min(count, source.count - position))
    (offset, base, self.name) = (0, position, name)
  }

  /// The next `count` bytes.
  mutating func read(_ count: Int) throws -> ArraySlice<UInt8> {
    guard count >= 0, count <= bytes.count - offset else {
      throw Failure(.data, "\(name): ends early, at byte \(base + bytes.count); it is truncated, fetch it again")
    }
    defer { offset += count }
    return bytes[offset..<offset + count]
  }

  /// The next integer of type `type`.
  mutating func read<Integer: FixedWidthInteger>(_ type: Integer.Type) throws -> Integer {
    let bytes = try read(MemoryLayout<Integer>.size)
    return bytes.reversed().reduce(0) { ($0 << 8) | Integer(truncatingIfNeeded: $1) }
  }

  /// The next integer of type `type`, as a size or an offset.
  mutating func readCount<Integer: FixedWidthInteger>(_ type: Integer.Type) throws -> Int {
    guard let count = Int(exactly: try read(type)) else {
      throw Failure(.data, "\(name): byte \(position): a size beyond all bounds; it is damaged, fetch it again")
    }
    return count
  }
}

extension [UInt8] {
  /// Appends `integer`, little-endian.
  mutating func append<Integer: FixedWidthInteger>(littleEndian integer: Integer) {
    Swift.withUnsafeBytes(of: integer.littleEndian) { append(contentsOf: $0) }
  }
}
