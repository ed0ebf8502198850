/// Writes protocol buffers into memory, field by field.
struct ProtobufWriter {
  private(set) var bytes: [UInt8] = []

  /// The fields that `write` writes.
  static func bytes(_ write: (inout ProtobufWriter) -> Void) -> [UInt8] {
    var writer = ProtobufWriter()
    write(&writer)
    return writer.bytes
  }

  /// An integer.
  mutating func add(_ field: Int, _ value: Int) {
    varint(UInt64(field) << 3)
    varint(UInt64(bitPattern: Int64(value)))
  }

  /// A 32-bit float.
  mutating func add(_ field: Int, _ value: Float) {
    varint(UInt64(field) << 3 | 5)
    withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes += $0 }
  }

  /// A text.
  mutating func add(_ field: Int, _ text: String) { add(field, Array(text.utf8)) }

  /// A message, or other bytes.
  mutating func add(_ field: Int, _ content: [UInt8]) {
    begin(field, count: content.count)
    bytes += content
  }

  /// A message of the fields that `write` writes.
  mutating func add(_ field: Int, _ write: (inout ProtobufWriter) -> Void) { add(field, Self.bytes(write)) }

  /// What stands before `count` bytes, which are written elsewhere.
  mutating func begin(_ field: Int, count: Int) {
    varint(UInt64(field) << 3 | 2)
    varint(UInt64(count))
  }

  private mutating func varint(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }
}
