/// One JSON value, as RFC 8259 defines it, with the order of an object's members kept.
///
/// Whole numbers that fit are `integer`, so that counters and indices are exact; all others are `number`, always finite.
public enum JSON: Hashable, Sendable {
  /// `null`.
  case null
  /// `true` or `false`.
  case bool(Bool)
  /// A number written without fraction and exponent.
  case integer(Int64)
  /// Any other number; one that is not finite is written as `null`.
  case number(Double)
  /// A text.
  case string(String)
  /// A list.
  case array([JSON])
  /// Members in the order of the text; keys are unique when the value was parsed.
  case object([Member])

  /// One key of an object and its value.
  public struct Member: Hashable, Sendable {
    /// The name, unescaped.
    public var key: String
    /// What it stands for.
    public var value: JSON

    /// The member `key: value`.
    public init(_ key: String, _ value: JSON) {
      self.key = key
      self.value = value
    }
  }

  /// The first value under `key`, or nil when there is none or this is no object.
  public subscript(key: String) -> JSON? {
    guard case .object(let members) = self else { return nil }
    return members.first { $0.key == key }?.value
  }

  /// The same value however it was written: members in the order of their keys without those that are `null`, numbers
  /// without a fraction as whole ones.
  var normalised: JSON {
    switch self {
    case .null, .bool, .integer, .string: return self
    case .number(let value): return Int64(exactly: value).map { .integer($0) } ?? self
    case .array(let elements): return .array(elements.map(\.normalised))
    case .object(let members):
      return .object(
        members.filter { $0.value != .null }.map { Member($0.key, $0.value.normalised) }.sorted { $0.key < $1.key })
    }
  }
}

// MARK: - What a value holds, if it is of that kind

extension JSON {
  /// The text of a `string`.
  public var string: String? {
    guard case .string(let value) = self else { return nil }
    return value
  }

  /// The value of an `integer` that fits an `Int`.
  public var integer: Int? {
    guard case .integer(let value) = self else { return nil }
    return Int(exactly: value)
  }

  /// The value of an `integer` or a `number`.
  public var number: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .number(let value): value
    default: nil
    }
  }

  /// The value of a `bool`.
  public var bool: Bool? {
    guard case .bool(let value) = self else { return nil }
    return value
  }

  /// The elements of an `array`.
  public var array: [JSON]? {
    guard case .array(let value) = self else { return nil }
    return value
  }

  /// The members of an `object`.
  public var members: [Member]? {
    guard case .object(let value) = self else { return nil }
    return value
  }
}
