import Failures
import Files

/// Reads protocol buffers out of a file field by field, so that large fields need not be in memory.
///
/// Who reads decides which messages are nested in which, so that a file cannot make it recurse; lengths are checked against
/// what is around them before anything is made of them.
struct ProtobufReader {
  /// How a field's value is written.
  enum Wire: UInt8 {
    case varint = 0
    case fixed64 = 1
    case bytes = 2
    case fixed32 = 5
  }

  /// What stands before a value.
  struct Field {
    let number: Int
    let wire: Wire
  }

  /// How many parts of messages may still be kept: names, nodes, numbers of lists.
  private var allowance = 8_000_000
  private let source: ByteSource
  private var position = 0
  /// Where the message ends that is being read.
  private var end: Int
  private var window: [UInt8] = []
  private var windowStart = 0

  private static let windowSize = 1 << 14

  init(_ source: ByteSource) { (self.source, end) = (source, source.count) }

  /// Hands every field of the message from here to its end to `read`, which takes the value or skips it.
  mutating func forEachField(_ read: (inout ProtobufReader, Field) throws -> Void) throws {
    while position < end {
      let key = try varint()
      guard let wire = Wire(rawValue: UInt8(key & 7)), (1...UInt64(1 << 29)).contains(key >> 3) else {
        throw damaged("a field \(key >> 3) of kind \(key & 7)")
      }
      try read(&self, Field(number: Int(key >> 3), wire: wire))
    }
  }

  /// Hands every field of the message that is the value of `field` to `read`.
  mutating func message(_ field: Field, _ read: (inout ProtobufReader, Field) throws -> Void) throws {
    try keep()
    try nested(field) { try $0.forEachField(read) }
  }

  /// Takes account of one more part that is kept.
  mutating func keep(_ count: Int = 1) throws {
    allowance -= count
    guard allowance >= 0 else { throw damaged("more nodes, names and numbers than any network has") }
  }

  /// Passes over the value of `field`.
  mutating func skip(_ field: Field) throws {
    switch field.wire {
    case .varint: _ = try varint()
    case .fixed64: _ = try fixed(UInt64.self)
    case .fixed32: _ = try fixed(UInt32.self)
    case .bytes: _ = try range(field)
    }
  }

  /// Where the bytes of `field` lie in the file.
  mutating func range(_ field: Field) throws -> Range<Int> {
    var range = 0..<0
    try nested(field) { reader in range = reader.position..<reader.end }
    return range
  }

  /// The text of `field`, of at most `limit` bytes.
  mutating func text(_ field: Field, limit: Int = 1 << 14) throws -> String {
    let range = try range(field)
    guard range.count <= limit else { throw damaged("a text of \(range.count) bytes") }
    try keep(1 + range.count / 64)
    return String(decoding: try source.bytes(range), as: UTF8.self)
  }

  /// The integer of `field`.
  mutating func integer(_ field: Field) throws -> Int {
    guard field.wire == .varint else { throw wrongKind(field) }
    return Int(truncatingIfNeeded: try varint())
  }

  /// The 32-bit float of `field`.
  mutating func float(_ field: Field) throws -> Float {
    guard field.wire == .fixed32 else { throw wrongKind(field) }
    return Float(bitPattern: try fixed(UInt32.self))
  }

  /// Adds the bits of the numbers of `field` to `list`: one number, or many packed; `fixed` are those of numbers of 4 or 8
  /// bytes each.
  mutating func numbers(_ field: Field, fixed: Wire? = nil, into list: inout [UInt64]) throws {
    func number(_ reader: inout ProtobufReader) throws -> UInt64 {
      try reader.keep()
      switch fixed {
      case .fixed32?: return UInt64(try reader.fixed(UInt32.self))
      case .fixed64?: return try reader.fixed(UInt64.self)
      default: return try reader.varint()
      }
    }
    if field.wire == fixed ?? .varint { return list.append(try number(&self)) }
    try nested(field) { reader in while reader.position < reader.end { list.append(try number(&reader)) } }
  }

  /// What is wrong with the file, and where.
  func damaged(_ reason: String) -> Failure {
    Failure(.data, "\(source.name): byte \(position): \(reason); it is damaged, or no ONNX file")
  }

  private func wrongKind(_ field: Field) -> Failure { damaged("field \(field.number) is of another kind") }

  private mutating func nested(_ field: Field, _ read: (inout ProtobufReader) throws -> Void) throws {
    guard field.wire == .bytes else { throw wrongKind(field) }
    let length = try varint()
    guard length <= UInt64(end - position) else {
      throw damaged("a field of \(length) bytes reaches beyond its message")
    }
    let (outer, inner) = (end, position + Int(length))
    end = inner
    try read(&self)
    (position, end) = (inner, outer)
  }

  private mutating func varint() throws -> UInt64 {
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 70, by: 7) {
      let byte = try byte()
      value |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return value }
    }
    throw damaged("a number of more than 10 bytes")
  }

  private mutating func fixed<Value: FixedWidthInteger>(_: Value.Type) throws -> Value {
    var value: Value = 0
    for place in 0..<Value.bitWidth / 8 { value |= Value(try byte()) << (8 * place) }
    return value
  }

  private mutating func byte() throws -> UInt8 {
    guard position < end else { throw damaged("ends in the midst of a field") }
    if !(windowStart..<windowStart + window.count).contains(position) {
      windowStart = position
      window = try source.bytes(position..<min(position + Self.windowSize, source.count))
    }
    defer { position += 1 }
    return window[position - windowStart]
  }
}
