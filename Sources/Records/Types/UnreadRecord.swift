import Failures

/// An object of a model file that is named and not read: a part of other records.
public struct UnreadRecord: Equatable, Sendable {
  /// Its name.
  public var name: String
  /// Why it is not read.
  public var reason: String

  /// An object.
  public init(name: String, reason: String) { (self.name, self.reason) = (name, reason) }

  init(json: JSON) throws(Failure) {
    var fields = try RecordFields(json, name: "unread object")
    self.init(name: try fields.string("name"), reason: try fields.string("reason"))
  }

  var json: JSON { .object([.init("name", .string(name)), .init("reason", .string(reason))]) }
}

extension RecordFields {
  /// The objects under `key` that are not read; none if it is missing.
  mutating func unread(_ key: String) throws(Failure) -> [UnreadRecord] {
    var objects: [UnreadRecord] = []
    for object in find(key)?.array ?? [] { objects.append(try UnreadRecord(json: object)) }
    return objects
  }
}
