/// A number as typed, `0.03` or `8/255`, with the nearest double to what the text means.
public struct ExactNumber: Equatable, Sendable, CustomStringConvertible {
  /// What was typed.
  public let text: String
  /// The nearest double, finite.
  public let value: Double

  /// The number as a quotient of two doubles, whole ones whenever the text has up to 15 digits.
  package let quotient: (numerator: Double, denominator: Double)

  /// The number that `text` means: a decimal number, or two of them around a `/`; nil when it is none.
  public init?(_ text: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard (1...2).contains(parts.count), let first = Self.decimal(parts[0]) else { return nil }
    var quotient = first
    if parts.count == 2 {
      guard let second = Self.decimal(parts[1]), second.numerator != 0 else { return nil }
      quotient = (first.numerator * second.denominator, first.denominator * second.numerator)
    }
    self.init(text: text, quotient: quotient)
  }

  /// The number called `text` of this quotient; nil when its value is not finite.
  package init?(text: String, quotient: (numerator: Double, denominator: Double)) {
    let value = quotient.numerator / quotient.denominator
    guard value.isFinite else { return nil }
    self.text = text
    self.quotient = quotient
    // No negative zero, which would print as one.
    self.value = value == 0 ? 0 : value
  }

  /// What was typed.
  public var description: String { text }

  /// Whether both were typed alike.
  public static func == (left: ExactNumber, right: ExactNumber) -> Bool {
    left.text == right.text && left.value == right.value
  }

  /// A decimal number as a quotient: digits over a power of ten, so that one division rounds once.
  private static func decimal(_ text: Substring) -> (numerator: Double, denominator: Double)? {
    guard text.utf8.allSatisfy({ "0123456789.+-eE".utf8.contains($0) }), let value = Double(text), value.isFinite else {
      return nil
    }
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 2, text.utf8.count <= 16, !text.utf8.contains(where: { $0 | 0x20 == UInt8(ascii: "e") }),
      let digits = Double(parts[0] + parts[1])
    else { return (value, 1) }
    var denominator = 1.0
    for _ in parts[1] { denominator *= 10 }
    return (digits, denominator)
  }
}

extension JSON {
  /// The number that this is: bare, or a text such as `"8/255"`, which is exact; nil when it is none.
  public var exactNumber: ExactNumber? { (string ?? number.map { _ in text }).flatMap { ExactNumber($0) } }
}
