import Failures

/// A checked walk over little-endian bytes; every step past the end throws.
struct ByteReader {
  /// The bytes and where the next step starts.
  private let bytes: [UInt8]
  private(set) var position: Int
  /// What errors call the bytes.
  private let name: String

  /// A walk over `bytes` from `position`; `name` is the file's name in errors.
  init(_ bytes: [UInt8], at position: Int = 0, name: String) throws {
    guard position >= 0, position <= bytes.count else {
      throw Failure(.data, "\(name): points to byte \(position) of \(bytes.count); it is damaged, fetch it again")
    }
    (self.bytes, self.position, self.name) = (bytes, position, name)
  }

  /// The next `count` bytes.
  mutating func read(_ count: Int) throws -> ArraySlice<UInt8> {
    guard count >= 0, count <= bytes.count - position else {
      throw Failure(.data, "\(name): ends early, at byte \(bytes.count); it is truncated, fetch it again")
    }
    defer { position += count }
    return bytes[position..<position + count]
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
