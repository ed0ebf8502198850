/// A value in a pickle; what can hold others is an object of its `PickleGraph`.
enum PickleValue: Equatable, Sendable {
  case none
  case bool(Bool)
  case integer(Int)
  /// An integer beyond 64 bits; nobody here needs its value.
  case largeInteger
  case float(Double)
  case text(String)
  /// Bytes; nobody here needs more than how many.
  case bytes(count: Int)
  /// The object at this position.
  case object(Int)
}

/// An object in a pickle. Classes and functions are names here: nothing is made, called or imported.
struct PickleObject: Sendable {
  enum Kind: Equatable, Sendable {
    case tuple, list, dictionary, set
    /// The name of a class or function.
    case global(String)
    /// What the pickle leaves to its reader, such as a storage.
    case persistent
    /// The result of a known function on `items`, which was not called.
    case call(String)
    /// An instance of a class, made from `items`.
    case record(String)
  }

  let kind: Kind
  /// The elements of a list, the arguments of a call.
  var items: [PickleValue] = []
  /// Keys and values, in order.
  var entries: [(key: PickleValue, value: PickleValue)] = []
  /// What was set afterwards, mostly a dictionary of attributes.
  var state: PickleValue?
}

/// The objects of a pickle. They name each other by position, so that cycles and any depth are harmless here.
struct PickleGraph: Sendable {
  var objects: [PickleObject] = []
  var root = PickleValue.none

  /// The object that `value` is.
  func object(_ value: PickleValue) -> PickleObject? {
    guard case .object(let index) = value else { return nil }
    return objects[index]
  }

  /// The name of the class or function that `value` is.
  func global(_ value: PickleValue) -> String? {
    guard case .global(let name)? = object(value)?.kind else { return nil }
    return name
  }

  /// The elements of the tuple that `value` is.
  func tuple(_ value: PickleValue) -> [PickleValue]? {
    guard let object = object(value), object.kind == .tuple else { return nil }
    return object.items
  }

  /// The value under `key` in the dictionary that `value` is.
  func entry(_ key: String, of value: PickleValue?) -> PickleValue? {
    value.flatMap(object)?.entries.first { $0.key == .text(key) }?.value
  }
}
