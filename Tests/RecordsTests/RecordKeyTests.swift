import Failures
import Records
import Testing

/// What readers of records want of every key.
@Suite struct RecordKeyTests {
  @Test("A full example is written as it was read, byte by byte", arguments: RecordExample.all)
  func bytes(example: RecordExample) throws {
    let record = try example.type.init(json: JSON(parsing: example.line))
    #expect(String(decoding: record.line, as: UTF8.self) == example.line + "\n")
  }

  @Test("A missing key is named, whether left out or null", arguments: RecordExample.all)
  func missing(example: RecordExample) throws {
    for key in ["type", "v"] + example.required.map(\.key) {
      let failure = Failure(.data, "\(example.name) without `\(key)`")
      #expect(throws: failure) { try example.type.init(json: without(key, example)) }
      // Attacks that look for the nearest image have no budget, and say so.
      if key == "epsilon", hasSetting(example) { continue }
      #expect(throws: failure) { try example.type.init(json: replacing(key, .null, example)) }
    }
  }

  private func hasSetting(_ example: RecordExample) -> Bool {
    ["prediction", "score", "fooling-rate", "diagnosis", "trace", "summary"].contains(example.type.type)
  }

  @Test("A mistyped key is named with what it should be", arguments: RecordExample.all)
  func mistyped(example: RecordExample) throws {
    for (key, kind) in [("type", "text"), ("v", "a whole number")] + example.required + example.optional
    where !kind.isEmpty {
      let failure = Failure(.data, "\(example.name): `\(key)` is not \(kind)")
      for value in strangers(kind) {
        let changed = try replacing(key, value, example)
        #expect(throws: failure, "\(value.text)") { try example.type.init(json: changed) }
      }
    }
  }

  @Test("An optional key may be left out or null, and is then not written", arguments: RecordExample.all)
  func optional(example: RecordExample) throws {
    for (key, _) in example.optional {
      let fewer = try without(key, example)
      #expect(try example.type.init(json: fewer).line == fewer.bytes + [0x0A], "\(key)")
      #expect(try example.type.init(json: replacing(key, .null, example)).line == fewer.bytes + [0x0A], "\(key)")
    }
  }

  @Test("Unknown keys are ignored and any order of keys is read", arguments: RecordExample.all)
  func freedom(example: RecordExample) throws {
    let members = try #require(try JSON(parsing: example.line).members)
    let unknown = JSON.Member("future", .array([.object([])]))
    for offset in members.indices {
      var order = Array(members[offset...] + members[..<offset])
      order.insert(unknown, at: offset)
      let forwards = try example.type.init(json: .object(order))
      #expect(String(decoding: forwards.line, as: UTF8.self) == example.line + "\n")
      let backwards = try example.type.init(json: .object(order.reversed()))
      #expect(backwards.line == forwards.line)
    }
  }

  @Test("Another type, another version and another kind of value are refused", arguments: RecordExample.all)
  func others(example: RecordExample) throws {
    func check(_ json: JSON, _ message: String) {
      #expect(throws: Failure(.data, message)) { try example.type.init(json: json) }
    }
    check(try replacing("type", .string("x"), example), "\(example.name) expected, found `x`")
    for version in [Int64.min, -1, 0, 2, .max] {
      let message = "\(example.name) of version \(version); this program reads version 1"
      check(try replacing("v", .integer(version), example), message)
    }
    for json in [JSON.null, .array([]), .string(example.line), .integer(1)] {
      check(json, "\(example.name): not an object")
    }
  }

  @Test("The examples are of all types, each known to streams")
  func complete() {
    #expect(Set(RecordExample.all.map(\.description)).count == 23)
    for example in RecordExample.all {
      let version = example.type.version
      #expect(version == 1)
    }
  }

  /// Values of other kinds than `kind`.
  private func strangers(_ kind: String) -> [JSON] {
    switch kind {
    case "text": [.integer(7), .bool(true), .array([.string("x")]), .object([])]
    case "a whole number": [.number(1.5), .number(1), .string("7"), .bool(true), .array([])]
    case "a number": [.string("1"), .bool(false), .array([.number(0.5)])]
    case "a list": [.string("x"), .integer(1), .object([])]
    case "a list of numbers": [.string("x"), .integer(1), .array([.integer(1), .bool(true)]), .array([.string("1")])]
    default: [.string("x"), .integer(1), .array([])]
    }
  }

  private func without(_ key: String, _ example: RecordExample) throws -> JSON {
    let members = try #require(try JSON(parsing: example.line).members)
    try #require(members.contains { $0.key == key })
    return .object(members.filter { $0.key != key })
  }

  private func replacing(_ key: String, _ value: JSON, _ example: RecordExample) throws -> JSON {
    let members = try #require(try JSON(parsing: example.line).members)
    try #require(members.contains { $0.key == key })
    return .object(members.map { $0.key == key ? JSON.Member(key, value) : $0 })
  }
}
