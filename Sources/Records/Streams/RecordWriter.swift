/// Writes records as NDJSON lines into a byte buffer that is reused: one object a line, `type` and `v` first.
///
/// A record is `begin(_:version:)`, its members in a fixed order, `end()`. Keys are literals, so nothing in them is
/// escaped.
public struct RecordWriter: Sendable {
  /// The finished lines, and the beginning of the one at work.
  public private(set) var bytes: [UInt8] = []
  private var needsComma = false

  /// A writer with an empty buffer.
  public init() {}

  /// Forgets the lines but keeps the buffer's memory.
  public mutating func removeAll() { bytes.removeAll(keepingCapacity: true) }

  /// Starts a record of `type` in `version` of its layout.
  public mutating func begin(_ type: StaticString, version: Int = 1) {
    bytes.append(Byte.openBrace)
    needsComma = false
    write("type", type)
    write("v", version)
  }

  /// Ends the record and its line.
  public mutating func end() {
    bytes.append(Byte.closeBrace)
    bytes.append(Byte.newline)
  }

  /// Starts an object under `key`; its members follow, then `endObject()`.
  public mutating func beginObject(_ key: StaticString) {
    write(key: key)
    bytes.append(Byte.openBrace)
    needsComma = false
  }

  /// Ends the innermost object.
  public mutating func endObject() {
    bytes.append(Byte.closeBrace)
    needsComma = true
  }

  /// Appends bytes as they are: text for people, or a whole line that passes through.
  public mutating func append(_ more: some Sequence<UInt8>) { bytes.append(contentsOf: more) }

  private mutating func write(key: StaticString) {
    if needsComma { bytes.append(Byte.comma) }
    needsComma = true
    bytes.append(Byte.quote)
    bytes.append(key)
    bytes.append(Byte.quote)
    bytes.append(Byte.colon)
  }
}

// MARK: - Members

extension RecordWriter {
  /// Writes a text.
  public mutating func write(_ key: StaticString, _ value: String) {
    write(key: key)
    bytes.append(string: value)
  }

  /// Writes a whole number, exactly.
  public mutating func write(_ key: StaticString, _ value: Int) {
    write(key: key)
    bytes.append(integer: Int64(value))
  }

  /// Writes the fewest digits that read back as `value`; `null` unless it is finite.
  public mutating func write(_ key: StaticString, _ value: Double) {
    write(key: key)
    bytes.append(number: value)
  }

  /// Writes the fewest digits that read back as `value`, `0.1` for 0.1; `null` unless it is finite.
  public mutating func write(_ key: StaticString, _ value: Float) {
    write(key: key)
    bytes.append(number: value)
  }

  /// Writes `true` or `false`.
  public mutating func write(_ key: StaticString, _ value: Bool) {
    write(key: key)
    bytes.append(.bool(value))
  }

  /// Writes a list of numbers, each as `write(_:_:)` of a `Float`.
  public mutating func write(_ key: StaticString, _ values: [Float]) {
    write(key: key)
    bytes.append(Byte.openBracket)
    for (position, value) in values.enumerated() {
      if position > 0 { bytes.append(Byte.comma) }
      bytes.append(number: value)
    }
    bytes.append(Byte.closeBracket)
  }

  /// Writes any value.
  public mutating func write(_ key: StaticString, _ value: JSON) {
    write(key: key)
    bytes.append(value)
  }

  private mutating func write(_ key: StaticString, _ value: StaticString) {
    write(key: key)
    bytes.append(Byte.quote)
    bytes.append(value)
    bytes.append(Byte.quote)
  }
}
