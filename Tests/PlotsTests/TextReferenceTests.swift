import Plots
import Records
import TestSupport
import Testing

/// Texts of figures are those that another implementation of their rules writes.
@Suite struct TextReferenceTests {
  @Test("Numbers have the decimals asked for, rounded half away from zero")
  func decimals() throws {
    let cases = try #require(try Drawing.json("numbers.json")["decimals"]?.array)
    #expect(cases.count > 200)
    for one in cases {
      let (value, places) = (try #require(one["value"]?.number), try #require(one["places"]?.integer))
      #expect(Numbers.decimal(value, places: places) == one["text"]?.string)
    }
    #expect(Numbers.decimal(-0.001, places: 2) == "0.00" && Numbers.decimal(1e300, places: 2) == "1e+300")
    #expect(Numbers.percent(0.5) == "50.0 %" && Numbers.percent(1, places: 0) == "100 %")
    #expect(Numbers.span([3, 1, 2]) == "1 to 3" && Numbers.span([7, 7]) == "7" && Numbers.span([]) == "")
  }

  @Test("Distances that are whole levels of 255 are shown so where they are long")
  func pixels() throws {
    for one in try #require(try Drawing.json("numbers.json")["pixels"]?.array) {
      #expect(Numbers.pixels(try #require(one["value"]?.number)) == one["text"]?.string)
    }
  }

  @Test("Long texts lose their middle, letter by letter, and no more than they must")
  func shortened() throws {
    let cases = try #require(try Drawing.json("shortened.json")["shortened"]?.array)
    #expect(cases.count > 90)
    for one in cases {
      let (text, room) = (try #require(one["text"]?.string), try #require(one["room"]?.number))
      #expect(TextWidths.shortened(text, to: room) == one["short"]?.string, "\(text) to \(room)")
    }
  }

  @Test("Captions break between words, and the last line is shortened")
  func wrapped() throws {
    for one in try #require(try Drawing.json("shortened.json")["wrapped"]?.array) {
      let (text, room) = (try #require(one["text"]?.string), try #require(one["room"]?.number))
      let lines = TextWidths.wrapped(text, to: room, atMost: try #require(one["most"]?.integer))
      #expect(lines == one["lines"]?.array?.compactMap(\.string), "\(text) to \(room)")
    }
  }

  @Test("A line in a terminal has the dots that another program sets")
  func terminal() throws {
    for one in try #require(try Drawing.json("terminal.json").array) {
      let rights = try #require(one["right"]?.array).compactMap(\.integer)
      let lines = rights.enumerated().map { Drawing.score("m", rotation: 10 * Double($0), right: $1) }
      let figure = try Drawing.figure(.profile, lines)
      let text = figure.text(columns: try #require(one["columns"]?.integer), isColoured: false)
      let rows = text.split(separator: "\n").filter { $0.contains("│") }.map { line in
        String(line[line.index(after: line.firstIndex(of: "│") ?? line.startIndex)...])
      }
      #expect(rows == one["rows"]?.array?.compactMap(\.string))
      // Colours come around the same characters.
      let coloured = figure.text(columns: try #require(one["columns"]?.integer), isColoured: true)
      let plain = coloured.replacing(/\u{1B}\[[0-9;]*m/, with: "")
      #expect(plain.split(separator: "\n").map(trimmed) == text.split(separator: "\n").map(trimmed))
    }
  }

  private func trimmed(_ line: Substring) -> String {
    String(line.reversed().drop { $0 == " " }.reversed())
  }

  @Test("A Vega-Lite specification is, member by member, the one that Python writes")
  func vegaLite() throws {
    let reference = try Drawing.json("vega-lite.json")
    let rotations = try #require(reference["rotations"]?.array).compactMap(\.number)
    let lines = try #require(reference["models"]?.members).flatMap { model in
      zip(rotations, model.value.array ?? []).map { rotation, right in
        Drawing.score(model.key, rotation: rotation, right: right.integer ?? -1)
      }
    }
    let figure = try Drawing.figure(.profile, lines) { $0.title = "A title" }
    let specification = try JSON(parsing: figure.vegaLite.bytes)
    compare(specification, try #require(reference["specification"]), at: "")
  }

  /// Numbers may differ by rounding.
  private func compare(_ found: JSON, _ expected: JSON, at path: String) {
    switch (found, expected) {
    case (.object(let members), .object(let others)):
      #expect(members.map(\.key) == others.map(\.key), "\(path)")
      for (member, other) in zip(members, others) { compare(member.value, other.value, at: "\(path).\(member.key)") }
    case (.array(let elements), .array(let others)):
      #expect(elements.count == others.count, "\(path)")
      for (place, pair) in zip(elements, others).enumerated() { compare(pair.0, pair.1, at: "\(path)[\(place)]") }
    default:
      if let number = found.number, let other = expected.number {
        #expect(abs(number - other) < 1e-12, "\(path)")
      } else {
        #expect(found == expected, "\(path)")
      }
    }
  }

  @Test("Texts of records lose what steers a terminal or turns a line around, and nothing else")
  func printables() {
    #expect(printable("plain, 8/255 é 模型 🙂") == "plain, 8/255 é 模型 🙂")
    for scalar in [
      "\u{0}", "\u{1B}", "\u{7F}", "\u{85}", "\u{9B}", "\u{200E}", "\u{202E}", "\u{2028}", "\u{E000}", "\n", "\t",
    ] {
      #expect(printable("a\(scalar)b") == "a?b", "\(scalar.unicodeScalars.map(\.value))")
    }
  }
}
