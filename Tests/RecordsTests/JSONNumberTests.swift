import Foundation
import Records
import TestSupport
import Testing

/// Numbers against Python's and numpy's, from `fixtures/make/records.py`.
@Suite struct JSONNumberTests {
  @Test("Every decimal text is read as the nearest double and written back as the same")
  func doubles() throws {
    let cases = try lines("records/numbers.ndjson")
    #expect(cases.count > 500)
    for record in cases {
      let text = try #require(record["text"]?.string)
      let bits = try #require(UInt64(record["bits"]?.string ?? "", radix: 16))
      let value = try JSON(parsing: text)
      if case .integer(let integer) = value {
        #expect(integer.description == text)
      } else {
        #expect(value.number?.bitPattern == bits, "\(text)")
        let again = try JSON(parsing: value.text)
        #expect(again.number?.bitPattern == bits, "\(text) written as \(value.text)")
      }
    }
  }

  @Test("Single-precision numbers are written with the fewest digits")
  func floats() throws {
    for record in try lines("records/floats.ndjson") {
      let value = Float(bitPattern: try #require(UInt32(record["bits"]?.string ?? "", radix: 16)))
      var writer = RecordWriter()
      writer.begin("test")
      writer.write("value", value)
      writer.end()
      let text = String(decoding: writer.bytes, as: UTF8.self).dropFirst(#"{"type":"test","v":1,"value":"#.utf8.count)
        .dropLast(2)
      #expect(Float(text) == value)
      let digits = text.split(separator: "e")[0].filter(\.isNumber).drop { $0 == "0" }
      let expected = try #require(record["digits"]?.string)
      // Trailing zeros stand for the exponent here.
      #expect(trimmed(String(digits)) == trimmed(expected), "\(text)")
    }
  }

  @Test(
    "Whole doubles lose their fraction, others keep it",
    arguments: [
      (30.0, "30"), (0.0, "0"), (-0.0, "-0"), (0.1, "0.1"), (8.0 / 255, "0.03137254901960784"), (1e22, "1e+22"),
      (1e-7, "1e-07"), (.infinity, "null"), (.nan, "null"), (100, "100"),
    ])
  func texts(value: Double, text: String) {
    #expect(JSON.number(value).text == text)
  }

  private func trimmed(_ digits: String) -> String {
    var digits = digits
    while digits.count > 1, digits.last == "0" { digits.removeLast() }
    return digits
  }

  private func lines(_ name: String) throws -> [JSON] {
    try Fixture.data(name).split(separator: 0x0A).map { try JSON(parsing: Array($0)) }
  }
}
