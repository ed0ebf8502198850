import Failures

extension JSONParser {
  /// Parses the number whose sign or first digit is at `position`.
  mutating func parseNumber() throws(Failure) -> JSON {
    let start = position
    let negative = bytes[position] == Byte.minus
    if negative { position += 1 }
    var digits = Digits()
    try parseDigits(into: &digits, refusingLeadingZero: true)
    var isWhole = true
    if position < bytes.count, bytes[position] == UInt8(ascii: ".") {
      isWhole = false
      position += 1
      let before = position
      try parseDigits(into: &digits, refusingLeadingZero: false)
      digits.exponent -= position - before
    }
    if position < bytes.count, bytes[position] | 0x20 == UInt8(ascii: "e") {
      isWhole = false
      digits.exponent += try parseExponent()
    }
    if isWhole, digits.isExact, let value = integer(digits.value, negative: negative) { return .integer(value) }
    if let value = digits.exactDouble { return .number(negative ? -value : value) }
    return .number(try roundedNumber(from: start))
  }

  /// `-0` has no integer, so that its sign survives as a `Double`.
  private func integer(_ magnitude: UInt64, negative: Bool) -> Int64? {
    guard negative else { return Int64(exactly: magnitude) }
    guard magnitude > 0, magnitude <= UInt64(Int64.max) + 1 else { return nil }
    return Int64(truncatingIfNeeded: 0 &- magnitude)
  }

  private mutating func parseDigits(into digits: inout Digits, refusingLeadingZero: Bool) throws(Failure) {
    let start = position
    while position < bytes.count, case let digit = bytes[position] &- Byte.zero, digit <= 9 {
      digits.append(digit)
      position += 1
    }
    guard position > start else { throw failure("expected a digit") }
    guard !refusingLeadingZero || bytes[start] != Byte.zero || position == start + 1 else {
      position = start
      throw failure("a number that starts with 0")
    }
  }

  /// The signed exponent after `e`; beyond a million it is clamped, which changes no value.
  private mutating func parseExponent() throws(Failure) -> Int {
    position += 1
    var negative = false
    if position < bytes.count, bytes[position] == Byte.minus || bytes[position] == UInt8(ascii: "+") {
      negative = bytes[position] == Byte.minus
      position += 1
    }
    let start = position
    var value = 0
    while position < bytes.count, case let digit = bytes[position] &- Byte.zero, digit <= 9 {
      value = min(value * 10 + Int(digit), 1_000_000)
      position += 1
    }
    guard position > start else { throw failure("expected a digit") }
    return negative ? -value : value
  }

  /// The correctly rounded value of the text since `start`, by the standard library.
  private func roundedNumber(from start: Int) throws(Failure) -> Double {
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    guard let value = Double(text), value.isFinite else { throw failure("a number beyond the range of a double") }
    return value
  }
}

/// A decimal number while its digits come in: `value * 10^exponent`, exact as long as `isExact`.
private struct Digits {
  private(set) var value: UInt64 = 0
  private(set) var isExact = true
  var exponent = 0

  mutating func append(_ digit: UInt8) {
    let (product, overflow) = value.multipliedReportingOverflow(by: 10)
    let (sum, carry) = product.addingReportingOverflow(UInt64(digit))
    if overflow || carry { isExact = false } else { value = sum }
  }

  /// The nearest double where one rounding gives it: both operands are exact below 2^53 and 10^22.
  var exactDouble: Double? {
    guard isExact, value < 1 << 53, abs(exponent) <= 22 else { return nil }
    let magnitude = Double(value)
    return exponent < 0 ? magnitude / Self.powers[-exponent] : magnitude * Self.powers[exponent]
  }

  private static let powers: [Double] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
    1e21, 1e22,
  ]
}
