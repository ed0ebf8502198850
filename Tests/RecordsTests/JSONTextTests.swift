import Records
import Testing

@Suite struct JSONTextTests {
  @Test("Only what must be escaped is escaped")
  func escapes() {
    let text = "a/\"\\\u{8}\u{9}\u{A}\u{C}\u{D}\u{0}\u{1F}\u{7F}é😀"
    #expect(JSON.string(text).text == #""a/\"\\\b\t\n\f\r\u0000\u001f"# + "\u{7F}é😀\"")
  }

  @Test(
    "What is written is read as the same value",
    arguments: [
      JSON.null, .bool(true), .bool(false), .integer(.min), .integer(.max), .number(0.1), .number(-1.5e300),
      .string("\u{0}\n\"\\é😀"), .array([]), .object([]),
      .object([.init("z", .array([.integer(1), .null])), .init("a\"b", .object([.init("", .string(""))]))]),
    ])
  func roundTrip(value: JSON) throws {
    #expect(try JSON(parsing: value.bytes) == value)
  }

  @Test("Integers are exact", arguments: [Int64.min, -1_000_000_007, -10, -1, 0, 9, 10, 9_007_199_254_740_993, .max])
  func integers(value: Int64) {
    #expect(JSON.integer(value).text == value.description)
  }

  @Test("Accessors answer only for their own kind")
  func accessors() throws {
    let json = try JSON(parsing: #"{"a":1,"b":1.5,"c":"x","d":true,"e":[1],"f":null}"#)
    #expect(json["a"]?.integer == 1)
    #expect(json["a"]?.number == 1)
    #expect(json["b"]?.integer == nil)
    #expect(json["c"]?.string == "x")
    #expect(json["c"]?.number == nil)
    #expect(json["d"]?.bool == true)
    #expect(json["e"]?.array == [.integer(1)])
    #expect(json["f"] == .null)
    #expect(json["g"] == nil)
    #expect(JSON.null["a"] == nil)
    #expect(json.members?.map(\.key) == ["a", "b", "c", "d", "e", "f"])
  }
}
