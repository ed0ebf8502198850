public import Failures

extension JSON {
  /// How deep arrays and objects may be nested in a text; bounds the stack a hostile line can claim.
  public static let maximalDepth = 64

  /// Parses `bytes`, the UTF-8 text of exactly one value with optional white space around it.
  ///
  /// Strict: duplicate keys, numbers beyond `Double`, lone surrogates and malformed UTF-8 are refused.
  /// - Parameter firstLine: the 1-based number, in messages, of the line on which `bytes` starts.
  /// - Throws: `Failure(.data)` that names line and column (1-based, counted in bytes).
  public init(parsing bytes: UnsafeBufferPointer<UInt8>, firstLine: Int = 1) throws(Failure) {
    var parser = JSONParser(bytes: bytes, firstLine: firstLine)
    self = try parser.parseText()
  }

  /// Parses `text`, as `init(parsing:firstLine:)`.
  /// - Throws: `Failure(.data)` that names line and column.
  public init(parsing text: String) throws(Failure) { try self.init(parsing: Array(text.utf8)) }

  /// Parses `bytes`, as `init(parsing:firstLine:)` of a buffer.
  /// - Throws: `Failure(.data)` that names line and column.
  public init(parsing bytes: [UInt8], firstLine: Int = 1) throws(Failure) {
    self = try bytes.withUnsafeBufferPointer { (buffer) throws(Failure) in
      try JSON(parsing: buffer, firstLine: firstLine)
    }
  }
}

/// A recursive descent over the bytes of one text.
struct JSONParser {
  let bytes: UnsafeBufferPointer<UInt8>
  let firstLine: Int
  var position = 0

  init(bytes: UnsafeBufferPointer<UInt8>, firstLine: Int) {
    self.bytes = bytes
    self.firstLine = firstLine
  }

  mutating func parseText() throws(Failure) -> JSON {
    let value = try parseValue(depth: 0)
    skipSpace()
    guard position == bytes.count else { throw failure("text after the end of the value") }
    return value
  }

  mutating func parseValue(depth: Int) throws(Failure) -> JSON {
    skipSpace()
    guard position < bytes.count else { throw failure("the text ends where a value is expected") }
    switch bytes[position] {
    case Byte.quote: return .string(try parseString())
    case Byte.minus, Byte.zero...Byte.nine: return try parseNumber()
    case Byte.openBrace: return .object(try parseObject(depth: depth))
    case Byte.openBracket: return .array(try parseArray(depth: depth))
    case UInt8(ascii: "t"): return try parseWord("true", .bool(true))
    case UInt8(ascii: "f"): return try parseWord("false", .bool(false))
    case UInt8(ascii: "n"): return try parseWord("null", .null)
    default: throw failure("expected a value")
    }
  }

  private mutating func parseWord(_ word: StaticString, _ value: JSON) throws(Failure) -> JSON {
    let count = word.utf8CodeUnitCount
    guard position + count <= bytes.count else { throw failure("expected a value") }
    for offset in 0..<count where bytes[position + offset] != word.utf8Start[offset] {
      throw failure("expected a value")
    }
    position += count
    return value
  }

  private mutating func parseArray(depth: Int) throws(Failure) -> [JSON] {
    try enter(depth)
    var elements: [JSON] = []
    skipSpace()
    if take(Byte.closeBracket) { return elements }
    while true {
      elements.append(try parseValue(depth: depth + 1))
      skipSpace()
      if take(Byte.comma) { continue }
      guard take(Byte.closeBracket) else { throw failure("expected `,` or `]` in an array") }
      return elements
    }
  }

  private mutating func parseObject(depth: Int) throws(Failure) -> [JSON.Member] {
    try enter(depth)
    var members: [JSON.Member] = []
    skipSpace()
    if take(Byte.closeBrace) { return members }
    members.reserveCapacity(16)
    var keys = KeyFilter()
    while true {
      skipSpace()
      guard position < bytes.count, bytes[position] == Byte.quote else { throw failure("expected a key in quotes") }
      let start = position
      let key = try parseString()
      guard keys.insert(key, after: members) else {
        position = start
        throw failure("the key `\(key)` appears twice")
      }
      skipSpace()
      guard take(Byte.colon) else { throw failure("expected `:` after a key") }
      members.append(JSON.Member(key, try parseValue(depth: depth + 1)))
      skipSpace()
      if take(Byte.comma) { continue }
      guard take(Byte.closeBrace) else { throw failure("expected `,` or `}` in an object") }
      return members
    }
  }

  private mutating func enter(_ depth: Int) throws(Failure) {
    guard depth < JSON.maximalDepth else { throw failure("nested deeper than \(JSON.maximalDepth) levels") }
    position += 1
  }

  private mutating func take(_ byte: UInt8) -> Bool {
    guard position < bytes.count, bytes[position] == byte else { return false }
    position += 1
    return true
  }

  private mutating func skipSpace() {
    while position < bytes.count {
      switch bytes[position] {
      case 0x20, 0x0A, 0x0D, 0x09: position += 1
      default: return
      }
    }
  }

  /// A failure at the current position.
  func failure(_ what: String) -> Failure {
    let before = bytes[..<min(position, bytes.count)]
    let line = firstLine + before.count { $0 == 0x0A }
    let column = before.count - (before.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0) + 1
    return Failure(.data, "line \(line), column \(column): \(what)")
  }
}

/// Tells whether a key is new to an object: at once in most cases, by comparison or a set in the others.
private struct KeyFilter {
  private var seen: UInt64 = 0
  private var all: Set<[UInt8]>?

  /// Whether `key` is not among `members`, compared unit by unit: texts that only look alike are two keys.
  mutating func insert(_ key: String, after members: [JSON.Member]) -> Bool {
    if members.count >= 64 {
      if all == nil { all = Set(members.map { Array($0.key.utf8) }) }
      return all?.insert(Array(key.utf8)).inserted ?? true
    }
    let units = key.utf8
    var mix = UInt64(truncatingIfNeeded: units.count)
    if let first = units.first, let last = units.last { mix = (mix &* 31 &+ UInt64(first)) &* 31 &+ UInt64(last) }
    let bit: UInt64 = 1 << ((mix &* 0x9E37_79B9_7F4A_7C15) >> 58)
    defer { seen |= bit }
    return seen & bit == 0 || !members.contains { $0.key.utf8.elementsEqual(units) }
  }
}

/// The bytes with a meaning in JSON.
enum Byte {
  static let quote = UInt8(ascii: "\"")
  static let backslash = UInt8(ascii: "\\")
  static let minus = UInt8(ascii: "-")
  static let zero = UInt8(ascii: "0")
  static let nine = UInt8(ascii: "9")
  static let comma = UInt8(ascii: ",")
  static let colon = UInt8(ascii: ":")
  static let openBrace = UInt8(ascii: "{")
  static let closeBrace = UInt8(ascii: "}")
  static let openBracket = UInt8(ascii: "[")
  static let closeBracket = UInt8(ascii: "]")
  static let newline: UInt8 = 0x0A
}
