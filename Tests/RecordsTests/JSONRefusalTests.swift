import Failures
import Records
import Testing

/// Every refusal of the parser with its place: lines and columns are counted from 1, columns in bytes.
@Suite struct JSONRefusalTests {
  @Test(
    "Texts that end too early say where",
    arguments: [
      (" \n ", 2, 2, "the text ends where a value is expected"), ("[", 1, 2, "the text ends where a value is expected"),
      ("[1,", 1, 4, "the text ends where a value is expected"),
      ("{\"a\":", 1, 6, "the text ends where a value is expected"),
      ("{", 1, 2, "expected a key in quotes"), ("{\"a\":1,", 1, 8, "expected a key in quotes"),
      ("{\"a\"", 1, 5, "expected `:` after a key"), ("{\"a\":1", 1, 7, "expected `,` or `}` in an object"),
      ("[[]", 1, 4, "expected `,` or `]` in an array"), ("\"", 1, 2, "the text ends inside a string"),
      (#""\"#, 1, 3, "the text ends inside a string"), (#""\n"#, 1, 4, "the text ends inside a string"),
      (#""\n\"#, 1, 5, "the text ends inside a string"),
      (#""\u"#, 1, 4, "expected four hexadecimal digits after `\\u`"),
      (#""\u00e"#, 1, 7, "expected four hexadecimal digits after `\\u`"),
      (#""\ud83d\"#, 1, 8, "half of a surrogate pair in a string"),
      (#""\ud83d\u"#, 1, 10, "expected four hexadecimal digits after `\\u`"),
      ("tru", 1, 1, "expected a value"), ("[f", 1, 2, "expected a value"), ("-", 1, 2, "expected a digit"),
      ("0.", 1, 3, "expected a digit"), ("1e+", 1, 4, "expected a digit"), ("1E-", 1, 4, "expected a digit"),
    ])
  func ends(text: String, line: Int, column: Int, what: String) {
    check(text, line, column, what)
  }

  @Test(
    "Wrong characters say where",
    arguments: [
      ("[1,\n 2,\n x]", 3, 2, "expected a value"), ("\r\n\t@", 2, 2, "expected a value"),
      ("[\"é\", x]", 1, 8, "expected a value"), ("\u{FEFF}1", 1, 1, "expected a value"),
      ("\u{A0}1", 1, 1, "expected a value"), ("// a\n1", 1, 1, "expected a value"), ("'a'", 1, 1, "expected a value"),
      ("[,1]", 1, 2, "expected a value"), ("Infinity", 1, 1, "expected a value"), ("True", 1, 1, "expected a value"),
      ("-Infinity", 1, 2, "expected a digit"), ("-a", 1, 2, "expected a digit"), ("1.e5", 1, 3, "expected a digit"),
      ("00", 1, 1, "a number that starts with 0"), ("[-01]", 1, 3, "a number that starts with 0"),
      ("0x10", 1, 2, "text after the end of the value"), ("1_000", 1, 2, "text after the end of the value"),
      ("nullx", 1, 5, "text after the end of the value"), ("{}\n{}", 2, 1, "text after the end of the value"),
      ("[1 ; 2]", 1, 4, "expected `,` or `]` in an array"), ("[1}", 1, 3, "expected `,` or `]` in an array"),
      ("{\"a\":1]", 1, 7, "expected `,` or `}` in an object"), ("{1:2}", 1, 2, "expected a key in quotes"),
      ("{,}", 1, 2, "expected a key in quotes"), ("{\"a\"=1}", 1, 5, "expected `:` after a key"),
      ("-1e999", 1, 7, "a number beyond the range of a double"),
      ("[1.8e308]", 1, 9, "a number beyond the range of a double"),
      ("\"a\tb\"", 1, 3, "a control character in a string; escape it"),
      ("\"\\n\u{0}\"", 1, 4, "a control character in a string; escape it"),
      ("\"a\nb\"", 1, 3, "a control character in a string; escape it"),
      (#""\a""#, 1, 3, "an unknown escape in a string"), (#""\U0041""#, 1, 3, "an unknown escape in a string"),
      (#""\u+041""#, 1, 4, "expected four hexadecimal digits after `\\u`"),
      (#""\u00é""#, 1, 6, "expected four hexadecimal digits after `\\u`"),
      (#""\udc00""#, 1, 8, "half of a surrogate pair in a string"),
      (#""\ud83dx""#, 1, 8, "half of a surrogate pair in a string"),
      (#""\ud83d\n""#, 1, 8, "half of a surrogate pair in a string"),
      (#""\ud83d\ud83d""#, 1, 14, "half of a surrogate pair in a string"),
    ])
  func places(text: String, line: Int, column: Int, what: String) {
    check(text, line, column, what)
  }

  @Test(
    "A key that appears twice is refused at its second place, however it is escaped",
    arguments: [
      (#"{"a":1,"a":2}"#, 8, "a"), (#"{"a":1,"\u0061":2}"#, 8, "a"), (#"{"":1,"b":2, "":3}"#, 14, ""),
      (#"[{"x":{"y":1,"y":1}}]"#, 14, "y"), (#"{"é":1,"\u00e9":2}"#, 9, "é"),
    ])
  func duplicates(text: String, column: Int, key: String) {
    check(text, 1, column, "the key `\(key)` appears twice")
  }

  @Test(
    "Keys that look alike but differ in their units are different, few or many", arguments: [0, 30, 62, 63, 64, 200])
  func lookAlikes(others: Int) throws {
    let fillers = (0..<others).map { "\"key\($0)\":0" }
    for (first, second) in [("\u{E9}", "e\u{301}"), ("K", "\u{212A}"), ("\u{1E69}", "s\u{307}\u{323}")] {
      let members = ["\"\(first)\":1"] + fillers + ["\"\(second)\":2"]
      #expect(try JSON(parsing: "{\(members.joined(separator: ","))}").members?.count == others + 2)
    }
  }

  @Test(
    "Nesting is bounded in arrays, objects and both",
    arguments: [("[", "]", 1), ("{\"a\":", "}", 5), ("[{\"a\":", "}]", 6)])
  func depth(open: String, close: String, width: Int) throws {
    let levels = open.count { "[{".contains($0) }
    let deepest = JSON.maximalDepth / levels
    func nested(_ count: Int) -> String {
      String(repeating: open, count: count) + "0" + String(repeating: close, count: count)
    }
    #expect(throws: Never.self) { try JSON(parsing: nested(deepest)) }
    check(nested(deepest + 1), 1, deepest * width + 1, "nested deeper than 64 levels")
    // A sibling starts at its own depth again.
    #expect(throws: Never.self) { try JSON(parsing: "[\(nested(deepest - 1)),\(nested(deepest - 1))]") }
  }

  @Test("Lines are counted from the number given")
  func firstLine() {
    let failure = Failure(.data, "line 43, column 2: expected a value")
    #expect(throws: failure) { try JSON(parsing: Array("[\n x]".utf8), firstLine: 42) }
  }

  @Test("Long values without end are refused, not waited for", arguments: ["\"", "1", "[0,", "{\"a\":"])
  func long(piece: String) {
    let text = piece + String(repeating: piece == "1" ? "1" : " ", count: 1 << 20) + "x"
    #expect(throws: Failure.self) { try JSON(parsing: text) }
  }

  private func check(_ text: String, _ line: Int, _ column: Int, _ what: String) {
    #expect(throws: Failure(.data, "line \(line), column \(column): \(what)")) { try JSON(parsing: text) }
  }
}
