extension JSON {
  /// The text of this value on one line without spaces, as UTF-8.
  public var bytes: [UInt8] {
    var bytes: [UInt8] = []
    bytes.append(self)
    return bytes
  }

  /// The text of this value on one line without spaces.
  public var text: String { String(decoding: bytes, as: UTF8.self) }
}

/// JSON texts at the end of a byte buffer.
extension [UInt8] {
  mutating func append(_ value: JSON) {
    switch value {
    case .null: append("null" as StaticString)
    case .bool(let value): append(value ? "true" : "false" as StaticString)
    case .integer(let value): append(integer: value)
    case .number(let value): append(number: value)
    case .string(let value): append(string: value)
    case .array(let elements):
      append(Byte.openBracket)
      for (position, element) in elements.enumerated() {
        if position > 0 { append(Byte.comma) }
        append(element)
      }
      append(Byte.closeBracket)
    case .object(let members):
      append(Byte.openBrace)
      for (position, member) in members.enumerated() {
        if position > 0 { append(Byte.comma) }
        append(string: member.key)
        append(Byte.colon)
        append(member.value)
      }
      append(Byte.closeBrace)
    }
  }

  mutating func append(_ text: StaticString) {
    append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  mutating func append(integer value: Int64) {
    if value < 0 { append(Byte.minus) }
    let start = count
    var rest = value.magnitude
    repeat {
      let (quotient, digit) = rest.quotientAndRemainder(dividingBy: 10)
      append(Byte.zero + UInt8(digit))
      rest = quotient
    } while rest > 0
    var (low, high) = (start, count - 1)
    while low < high {
      swapAt(low, high)
      (low, high) = (low + 1, high - 1)
    }
  }

  /// The fewest digits that give `value` back when read as its own type.
  mutating func append<Number: BinaryFloatingPoint & LosslessStringConvertible>(number value: Number) {
    guard value.isFinite else { return append("null" as StaticString) }
    var text = value.description
    text.withUTF8 { units in
      // Whole numbers lose the `.0` that the standard library adds.
      let isWhole = units.count > 2 && units[units.count - 1] == Byte.zero && units[units.count - 2] == 0x2E
      append(contentsOf: isWhole ? UnsafeBufferPointer(rebasing: units.dropLast(2)) : units)
    }
  }

  mutating func append(string value: String) {
    var value = value
    append(Byte.quote)
    value.withUTF8 { units in
      guard units.contains(where: { $0 < 0x20 || $0 == Byte.quote || $0 == Byte.backslash }) else {
        return append(contentsOf: units)
      }
      for unit in units { append(escaping: unit) }
    }
    append(Byte.quote)
  }

  private mutating func append(escaping unit: UInt8) {
    switch unit {
    case Byte.quote, Byte.backslash: append(contentsOf: [Byte.backslash, unit])
    case 0x08: append("\\b" as StaticString)
    case 0x09: append("\\t" as StaticString)
    case 0x0A: append("\\n" as StaticString)
    case 0x0C: append("\\f" as StaticString)
    case 0x0D: append("\\r" as StaticString)
    case ..<0x20:
      append("\\u00" as StaticString)
      append(contentsOf: [unit >> 4, unit & 15].map { $0 < 10 ? Byte.zero + $0 : UInt8(ascii: "a") - 10 + $0 })
    default: append(unit)
    }
  }
}
