import Failures
import Foundation
import Records
import TestSupport
import Testing
import ToolSupport

/// Numbers for people against Python's, from `fixtures/make/records.py`.
@Suite struct NumberTextTests {
  @Test("Decimals, shares and durations are Python's")
  func reference() throws {
    let cases = try Fixture.lines("records/number-texts.ndjson")
    #expect(cases.count == 390)
    for record in cases {
      let value = Double(bitPattern: try #require(UInt64(record["bits"]?.string ?? "", radix: 16)))
      let places = try #require(record["places"]?.integer)
      let text =
        switch try #require(record["kind"]?.string) {
        case "decimal": NumberText.decimal(value, places: places)
        case "percent": NumberText.percent(value, places: places)
        default: NumberText.duration(seconds: value)
        }
      #expect(text == record["text"]?.string, "\(value)")
    }
  }

  @Test("Every whole number of steps of an 8-bit pixel is shown as typed")
  func pixelSteps() throws {
    for step in 1..<255 {
      let value = Double(step) / 255
      let text = NumberText.pixelDistance(value)
      // 51/255 is 0.2, which is shorter.
      #expect(text == (step % 51 == 0 ? "\(value)" : "\(step)/255"))
      #expect(ExactNumber(text)?.value == value)
      #expect(NumberText.pixelDistance(value.nextUp) == "\(value.nextUp)")
    }
    #expect(NumberText.pixelDistance(1) == "1")
    #expect(NumberText.pixelDistance(256.0 / 255) == "1.003921568627451")
  }

  @Test(
    "Places beyond 0...9 are as near as can be",
    arguments: [(1.25, -3, "1"), (2.5, 0, "3"), (0.123456789012, 30, "0.123456789"), (-0.0, 2, "0.00")])
  func places(value: Double, places: Int, text: String) {
    #expect(NumberText.decimal(value, places: places) == text)
  }

  @Test(
    "Whole numbers have no fraction, others the fewest digits",
    arguments: [(0.0, "0"), (-3, "-3"), (0.1, "0.1"), (1e16, "1e+16"), (100, "100"), (-0.05, "-0.05"), (20.0, "20")])
  func shortest(value: Double, text: String) {
    #expect(NumberText.shortest(value) == text)
  }

  @Test(
    "Durations change their form at a minute and an hour, and refuse what is none",
    arguments: [
      (0.0, "0 s"), (59.49, "59 s"), (59.5, "1:00"), (60, "1:00"), (599, "9:59"), (3599.4, "59:59"),
      (3600, "1:00:00"), (86_399, "23:59:59"), (360_000, "100:00:00"), (1e9, "-"), (.infinity, "-"), (-0.001, "-"),
    ] as [(Double, String)])
  func durations(seconds: Double, text: String) {
    #expect(NumberText.duration(seconds: seconds) == text)
  }
}

/// Ranges of numbers as typed.
@Suite struct NumberRangeTests {
  @Test("Each number of a decimal range is the nearest double to its decimal")
  func decimals() throws {
    let up = try #require(NumberList("0:1:0.01")).values
    #expect(up.count == 101)
    for (position, value) in up.enumerated() {
      let digits = "000\(position)".suffix(3)
      #expect(value == Double("\(digits.prefix(1)).\(digits.suffix(2))"))
    }
    #expect(NumberList("1:0:-0.01")?.values == up.reversed())
    #expect(NumberList("-1:0:0.01")?.values == up.reversed().map { $0 == 0 ? 0 : -$0 })
  }

  @Test("Each number of a range of 255ths is that quotient, up and down")
  func quotients() {
    let expected = (0...255).map { Double($0) / 255 }
    #expect(NumberList("0:1:1/255")?.values == expected)
    #expect(NumberList("0:255/255:1/255")?.values == expected)
    #expect(NumberList("1:0:-1/255")?.values == expected.reversed())
    #expect(NumberList("0:16/255:2/255")?.numbers.map(\.text).last == "0.06274509803921569")
  }

  @Test(
    "Ranges end at or before their last number",
    arguments: [
      ("0:9:4", [0, 4, 8]), ("9:0:-4", [9, 5, 1]), ("0:-0.3:-0.1", [0, -0.1, -0.2, -0.3]), ("-5:-5:-1", [-5]),
      ("5:4.99:-1", [5]), ("1:2:7", [1]), ("0:0.3:0.15", [0, 0.15, 0.3]), ("2:-2:-2,7,0:1:1", [2, 0, -2, 7, 0, 1]),
      ("1e-3:3e-3:1e-3", [0.001, 0.002, 0.003]),
    ] as [(String, [Double])])
  func ends(text: String, values: [Double]) {
    #expect(NumberList(text)?.values == values)
    #expect(NumberList(text)?.description == text)
  }

  @Test("A list has at most 10,000 numbers, in ranges and one by one")
  func limit() {
    #expect(NumberList("1:10000:1")?.values.count == 10_000)
    #expect(NumberList("0:10000:1") == nil)
    #expect(NumberList("1:9999:1,7")?.values.count == 10_000)
    #expect(NumberList("1:10000:1,7") == nil)
    #expect(NumberList("10000:1:-1")?.values.last == 1)
    #expect(NumberList(Array(repeating: "3", count: 10_000).joined(separator: ","))?.values.count == 10_000)
    #expect(NumberList(Array(repeating: "3", count: 10_001).joined(separator: ",")) == nil)
  }

  @Test(
    "Ranges that go nowhere, the wrong way or on for ever are refused",
    arguments: [
      "0:1:0", "1:1:0", "0:1:-0.1", "1:0:0.1", "0:1e300:1", "0:1:1e-300", "-1e308:1e308:1e300", "0:1", "0:1:1:1", "::",
      ":1:1", "0:nan:1", "0:1:inf", "0:1:1,", ",0:1:1", "0 :1:1", "0:1/0:1",
    ])
  func refusals(text: String) {
    #expect(NumberList(text) == nil)
    #expect(throws: Failure.self) { try NumberList.typed(text) }
  }

  @Test("Numbers typed differently are different, even if they mean the same")
  func equality() {
    #expect(ExactNumber("0.5") == (try? ExactNumber.typed("0.5")))
    #expect(ExactNumber("0.5") != ExactNumber("1/2"))
    #expect(ExactNumber("1/2")?.value == 0.5)
    #expect(ExactNumber("8/255")?.description == "8/255")
    #expect(NumberList("1,2") == NumberList("1,2"))
    #expect(NumberList("1,2") != NumberList("1:2:1"))
  }

  @Test(
    "Of one there is one image, of others there are images",
    arguments: [(0, "0 images"), (1, "1 image"), (2, "2 images")])
  func counts(number: Int, text: String) { #expect(NumberText.count(number, "image") == text) }
}
