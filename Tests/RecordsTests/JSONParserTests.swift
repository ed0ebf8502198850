import Failures
import Records
import Testing

@Suite struct JSONParserTests {
  @Test(
    "Values are read as what they are",
    arguments: [
      ("null", JSON.null), (" true ", .bool(true)), ("false", .bool(false)), ("0", .integer(0)), ("-12", .integer(-12)),
      ("9223372036854775807", .integer(.max)), ("-9223372036854775808", .integer(.min)),
      ("9223372036854775808", .number(0x1p63)), ("1.0", .number(1)), ("25e-1", .number(2.5)), ("1E2", .number(100)),
      ("\"\"", .string("")), ("\"Grüße 🐈\"", .string("Grüße 🐈")), ("[]", .array([])), ("{}", .object([])),
      ("[1, [2], {}]", .array([.integer(1), .array([.integer(2)]), .object([])])),
      ("{\"b\": 1, \"a\": null}", .object([.init("b", .integer(1)), .init("a", .null)])),
      (#""\"\\\/\b\f\n\r\t\u0041\u00e9\uD83D\uDE00\u0000""#, .string("\"\\/\u{8}\u{C}\n\r\tAé😀\0")),
    ])
  func values(text: String, value: JSON) throws {
    #expect(try JSON(parsing: text) == value)
  }

  @Test("Minus zero keeps its sign")
  func minusZero() throws {
    #expect(try JSON(parsing: "-0").number?.sign == .minus)
  }

  @Test(
    "What is not JSON is refused with line and column",
    arguments: [
      ("", "line 1, column 1: the text ends where a value is expected"),
      ("nul", "line 1, column 1: expected a value"), ("NaN", "line 1, column 1: expected a value"),
      ("truth", "line 1, column 1: expected a value"),
      ("-", "line 1, column 2: expected a digit"), ("+1", "line 1, column 1: expected a value"),
      ("01", "line 1, column 1: a number that starts with 0"), ("1.", "line 1, column 3: expected a digit"),
      (".5", "line 1, column 1: expected a value"), ("1e", "line 1, column 3: expected a digit"),
      ("1e400", "line 1, column 6: a number beyond the range of a double"),
      ("1 2", "line 1, column 3: text after the end of the value"),
      ("[1,]", "line 1, column 4: expected a value"), ("[1", "line 1, column 3: expected `,` or `]` in an array"),
      ("[1 2]", "line 1, column 4: expected `,` or `]` in an array"),
      ("{\"a\":1,}", "line 1, column 8: expected a key in quotes"),
      ("{a:1}", "line 1, column 2: expected a key in quotes"),
      ("{\"a\" 1}", "line 1, column 6: expected `:` after a key"),
      ("{\"a\":1 \"b\":2}", "line 1, column 8: expected `,` or `}` in an object"),
      ("{\"a\":1,\n \"a\":2}", "line 2, column 2: the key `a` appears twice"),
      ("\"abc", "line 1, column 5: the text ends inside a string"),
      ("\"a\u{1}\"", "line 1, column 3: a control character in a string; escape it"),
      (#""\x""#, "line 1, column 3: an unknown escape in a string"),
      (#""\u12g4""#, "line 1, column 6: expected four hexadecimal digits after `\\u`"),
      (#""\uD83D""#, "line 1, column 8: half of a surrogate pair in a string"),
      (#""\uDE00\uD83D""#, "line 1, column 8: half of a surrogate pair in a string"),
      (#""\uD83D\u0041""#, "line 1, column 14: half of a surrogate pair in a string"),
    ])
  func refusals(text: String, message: String) {
    #expect(throws: Failure(.data, message)) { try JSON(parsing: text) }
  }

  @Test("Malformed UTF-8 is refused", arguments: [[0xFF], [0xC3], [0xC0, 0x80], [0xED, 0xA0, 0x80]] as [[UInt8]])
  func malformed(bytes: [UInt8]) {
    let message = "line 7, column \(3 + bytes.count): the string before this column is not UTF-8"
    #expect(throws: Failure(.data, message)) { try JSON(parsing: [0x22] + bytes + [0x22], firstLine: 7) }
  }

  @Test("Nesting is bounded")
  func depth() throws {
    let deepest = String(repeating: "[", count: 64) + String(repeating: "]", count: 64)
    #expect(try JSON(parsing: deepest).array?.count == 1)
    #expect(throws: Failure(.data, "line 1, column 65: nested deeper than 64 levels")) {
      try JSON(parsing: String(repeating: "[", count: 1_000_000))
    }
  }

  @Test("Duplicates are found among many keys, and only they", arguments: [2, 16, 63, 64, 65, 500])
  func manyKeys(count: Int) throws {
    let members = (0..<count).map { "\"key\($0)\":\($0)" }
    #expect(try JSON(parsing: "{\(members.joined(separator: ","))}").members?.count == count)
    for repeated in [0, count / 2, count - 1] {
      let text = "{\((members + ["\"key\(repeated)\":0"]).joined(separator: ","))}"
      #expect(throws: Failure.self) { try JSON(parsing: text) }
    }
  }
}
