import Failures

extension JSONParser {
  /// Parses the string whose opening quote is at `position`.
  mutating func parseString() throws(Failure) -> String {
    position += 1
    let start = position
    var every: UInt8 = 0
    while position < bytes.count {
      let byte = bytes[position]
      if byte == Byte.quote {
        let run = UnsafeBufferPointer(rebasing: bytes[start..<position])
        position += 1
        return try every < 0x80 ? String(decoding: run, as: UTF8.self) : validated(run, from: start)
      }
      if byte == Byte.backslash { return try parseEscaped(from: start) }
      guard byte >= 0x20 else { throw failure("a control character in a string; escape it") }
      every |= byte
      position += 1
    }
    throw failure("the text ends inside a string")
  }

  /// The slow way: the string that started at `start` holds an escape at `position`.
  private mutating func parseEscaped(from start: Int) throws(Failure) -> String {
    var units = Array(bytes[start..<position])
    while position < bytes.count {
      let byte = bytes[position]
      guard byte >= 0x20 else { throw failure("a control character in a string; escape it") }
      position += 1
      switch byte {
      case Byte.quote:
        return try units.withUnsafeBufferPointer { (run) throws(Failure) in try validated(run, from: start) }
      case Byte.backslash: try parseEscape(into: &units)
      default: units.append(byte)
      }
    }
    throw failure("the text ends inside a string")
  }

  private mutating func parseEscape(into units: inout [UInt8]) throws(Failure) {
    guard position < bytes.count else { throw failure("the text ends inside a string") }
    let byte = bytes[position]
    position += 1
    switch byte {
    case Byte.quote, Byte.backslash, UInt8(ascii: "/"): units.append(byte)
    case UInt8(ascii: "b"): units.append(0x08)
    case UInt8(ascii: "f"): units.append(0x0C)
    case UInt8(ascii: "n"): units.append(0x0A)
    case UInt8(ascii: "r"): units.append(0x0D)
    case UInt8(ascii: "t"): units.append(0x09)
    case UInt8(ascii: "u"): units.append(contentsOf: String(try parseScalar()).utf8)
    default:
      position -= 1
      throw failure("an unknown escape in a string")
    }
  }

  /// The character of `\u` and four digits, or of a surrogate pair; `position` is after the first `\u`.
  private mutating func parseScalar() throws(Failure) -> Character {
    let high = try parseHexadecimal()
    if let scalar = Unicode.Scalar(high) { return Character(scalar) }
    guard high < 0xDC00, position + 1 < bytes.count, bytes[position] == Byte.backslash,
      bytes[position + 1] == UInt8(ascii: "u")
    else { throw failure("half of a surrogate pair in a string") }
    position += 2
    let low = try parseHexadecimal()
    guard (0xDC00...0xDFFF).contains(low),
      let scalar = Unicode.Scalar(0x10000 + (high - 0xD800) << 10 + (low - 0xDC00))
    else { throw failure("half of a surrogate pair in a string") }
    return Character(scalar)
  }

  private mutating func parseHexadecimal() throws(Failure) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard position < bytes.count, let digit = Character(Unicode.Scalar(bytes[position])).hexDigitValue else {
        throw failure("expected four hexadecimal digits after `\\u`")
      }
      value = value << 4 | UInt32(digit)
      position += 1
    }
    return value
  }

  private func validated(_ run: UnsafeBufferPointer<UInt8>, from start: Int) throws(Failure) -> String {
    guard let text = String(validating: run, as: UTF8.self) else {
      throw failure("the string before this column is not UTF-8")
    }
    return text
  }
}
