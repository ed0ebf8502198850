internal import Failures

extension JSON {
  static func integers(_ values: [Int]) -> JSON { .array(values.map { .integer(Int64($0)) }) }
  static func strings(_ values: [String]) -> JSON { .array(values.map(JSON.string)) }
}

extension RecordFields {
  mutating func integers(_ key: String) throws(Failure) -> [Int] {
    try elements(key, "whole numbers", \.integer)
  }

  mutating func strings(_ key: String) throws(Failure) -> [String] { try elements(key, "texts", \.string) }

  mutating func floats(_ key: String) throws(Failure) -> [Float] {
    try elements(key, "numbers") { $0.number.map { Float($0) } }
  }

  mutating func doubles(_ key: String) throws(Failure) -> [Double] { try elements(key, "numbers", \.number) }

  private mutating func elements<Element>(
    _ key: String, _ what: String, _ take: (JSON) -> Element?
  ) throws(Failure) -> [Element] {
    let values = try array(key)
    let elements = values.compactMap(take)
    guard elements.count == values.count else { throw Failure(.data, "`\(key)` is not a list of \(what)") }
    return elements
  }
}
