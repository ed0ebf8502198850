public import Failures

/// Takes typed values out of an object by key and words the failures.
///
/// Keys are looked for after the last one found first, so reading in the order of writing takes one step a key.
public struct RecordFields {
  private let name: String
  private let members: [JSON.Member]
  private var position = 0

  /// The members of `json`, which messages call `name`, such as `prediction record`.
  /// - Throws: `Failure(.data)` unless it is an object.
  public init(_ json: JSON, name: String) throws(Failure) {
    guard let members = json.members else { throw Failure(.data, "\(name): not an object") }
    self.name = name
    self.members = members
  }

  /// The members of a record of `type`.
  /// - Throws: `Failure(.data)` unless `json` is one, in a version that this package reads.
  public init(_ json: JSON, type: String, version: Int = 1) throws(Failure) {
    try self.init(json, name: "\(type) record")
    let found = try string("type")
    guard found == type else { throw Failure(.data, "\(name) expected, found `\(found)`") }
    let foundVersion = try integer("v")
    guard (1...version).contains(foundVersion) else {
      throw Failure(.data, "\(name) of version \(foundVersion); this program reads version \(version)")
    }
  }

  /// The value under `key`; nil when it is missing or `null`.
  public mutating func find(_ key: String) -> JSON? {
    for _ in members.indices {
      if position >= members.count { position = 0 }
      let member = members[position]
      position += 1
      if member.key == key { return member.value == .null ? nil : member.value }
    }
    return nil
  }

  /// The text under `key`.
  /// - Throws: `Failure(.data)` when it is missing or of another type, as all that follow.
  public mutating func string(_ key: String) throws(Failure) -> String {
    try need(key, "text", \.string)
  }

  /// The text under `key`, if there.
  public mutating func optionalString(_ key: String) throws(Failure) -> String? {
    try optional(key, "text", \.string)
  }

  /// The whole number under `key`.
  public mutating func integer(_ key: String) throws(Failure) -> Int {
    try need(key, "a whole number", \.integer)
  }

  /// The whole number under `key`, if there.
  public mutating func optionalInteger(_ key: String) throws(Failure) -> Int? {
    try optional(key, "a whole number", \.integer)
  }

  /// The number under `key`, or nil where there is `null`.
  public mutating func nullableNumber(_ key: String) throws(Failure) -> Double? {
    members.contains { $0.key == key && $0.value == .null } ? nil : try number(key)
  }

  /// The number under `key`.
  public mutating func number(_ key: String) throws(Failure) -> Double {
    try need(key, "a number", \.number)
  }

  /// The number under `key`, if there.
  public mutating func optionalNumber(_ key: String) throws(Failure) -> Double? {
    try optional(key, "a number", \.number)
  }

  /// The truth value under `key`, if there.
  public mutating func optionalBool(_ key: String) throws(Failure) -> Bool? {
    try optional(key, "true or false", \.bool)
  }

  /// The list under `key`.
  public mutating func array(_ key: String) throws(Failure) -> [JSON] {
    try need(key, "a list", \.array)
  }

  /// The list of numbers under `key`, if there.
  public mutating func optionalNumbers(_ key: String) throws(Failure) -> [Double]? {
    guard let elements = try optional(key, "a list of numbers", \.array) else { return nil }
    let numbers = elements.compactMap(\.number)
    guard numbers.count == elements.count else { throw Failure(.data, "\(name): `\(key)` is not a list of numbers") }
    return numbers
  }

  /// The list of single-precision numbers under `key`, if there; `null` stands for one that is not finite.
  mutating func optionalFloats(_ key: String) throws(Failure) -> [Float]? {
    guard let elements = try optional(key, "a list of numbers", \.array) else { return nil }
    let numbers = elements.compactMap { $0 == .null ? Float.nan : $0.number.map { Float($0) } }
    guard numbers.count == elements.count else { throw Failure(.data, "\(name): `\(key)` is not a list of numbers") }
    return numbers
  }

  /// The members of the object under `key`, if there.
  public mutating func optionalObject(_ key: String) throws(Failure) -> RecordFields? {
    guard let value = find(key) else { return nil }
    return try RecordFields(value, name: "\(name): `\(key)`")
  }

  mutating func need<Value>(_ key: String, _ what: String, _ take: (JSON) -> Value?) throws(Failure) -> Value {
    guard let value = try optional(key, what, take) else { throw Failure(.data, "\(name) without `\(key)`") }
    return value
  }

  /// The value under `key`, if there, as `take` understands it; messages call what it takes `what`.
  mutating func optional<Value>(
    _ key: String, _ what: String, _ take: (JSON) -> Value?
  ) throws(Failure) -> Value? {
    guard let found = find(key) else { return nil }
    guard let value = take(found) else { throw Failure(.data, "\(name): `\(key)` is not \(what)") }
    return value
  }
}
