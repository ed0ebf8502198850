import Foundation
import Records
import TestSupport
import Testing

/// Digits against Python's and numpy's, from `fixtures/make/records.py`.
@Suite struct JSONShortestTests {
  /// A decimal number as its digits, without zeros at either end, and the power of ten of the first one.
  private struct Digits: Equatable {
    var isNegative: Bool
    var digits: Substring
    var exponent: Int

    init(_ text: String) throws {
      let parts = text.lowercased().split(separator: "e")
      let magnitude = parts[0].drop { $0 == "-" }
      let whole = magnitude.prefix { $0 != "." }
      var all = Substring(whole + magnitude.dropFirst(whole.count + 1))
      exponent = try (parts.count == 2 ? #require(Int(parts[1])) : 0) + whole.count
      while all.first == "0" {
        all.removeFirst()
        exponent -= 1
      }
      while all.last == "0" { all.removeLast() }
      isNegative = text.hasPrefix("-")
      digits = all
      if all.isEmpty { exponent = 0 }
    }
  }

  @Test("Random bit patterns are written with the fewest digits and read back as the same bits")
  func patterns() throws {
    let cases = try Fixture.lines("records/shortest.ndjson")
    #expect(cases.count > 700)
    for record in cases {
      let bits = try #require(record["bits"]?.string)
      let expected = try Digits(#require(record["text"]?.string))
      if bits.count == 16 {
        let value = Double(bitPattern: try #require(UInt64(bits, radix: 16)))
        let text = written { $0.write("x", value) }
        #expect(try Digits(text) == expected, "\(text)")
        #expect(try JSON(parsing: text).number?.bitPattern == value.bitPattern, "\(text)")
      } else {
        let value = Float(bitPattern: try #require(UInt32(bits, radix: 16)))
        let text = written { $0.write("x", value) }
        #expect(try Digits(text) == expected, "\(text)")
        #expect(Float(text)?.bitPattern == value.bitPattern, "\(text)")
        #expect(written { $0.write("x", [value, value]) } == "[\(text),\(text)]")
      }
    }
  }

  @Test("Singles survive the way through a double that a reader takes")
  func twice() throws {
    for record in try Fixture.lines("records/shortest.ndjson") {
      guard let bits = record["bits"]?.string, bits.count == 8, let pattern = UInt32(bits, radix: 16) else { continue }
      let text = written { $0.write("x", Float(bitPattern: pattern)) }
      let value = try #require(try JSON(parsing: text).number)
      #expect(Float(value).bitPattern == pattern, "\(text)")
    }
  }

  @Test("Texts with hundreds of digits, also halfway between two doubles, are rounded as Python rounds")
  func longTexts() throws {
    let cases = try Fixture.lines("records/long-numbers.ndjson")
    #expect(cases.count == 400)
    for record in cases {
      let text = try #require(record["text"]?.string)
      let bits = try #require(UInt64(record["bits"]?.string ?? "", radix: 16))
      let value = try #require(try JSON(parsing: text).number)
      #expect(value.bitPattern == bits, "\(text)")
    }
  }

  @Test(
    "What is not finite is null, in lists too",
    arguments: [Double.infinity, -.infinity, .nan, .signalingNaN])
  func notFinite(value: Double) {
    #expect(written { $0.write("x", value) } == "null")
    #expect(written { $0.write("x", [1, Float(value), -0.5]) } == "[1,null,-0.5]")
    #expect(JSON.array([.number(value)]).text == "[null]")
  }

  /// What a record holds under `x` after `body` wrote it.
  private func written(_ body: (inout RecordWriter) -> Void) -> String {
    var writer = RecordWriter()
    writer.begin("t")
    body(&writer)
    writer.end()
    return String(String(decoding: writer.bytes, as: UTF8.self).dropFirst(#"{"type":"t","v":1,"x":"#.count).dropLast(2))
  }
}
