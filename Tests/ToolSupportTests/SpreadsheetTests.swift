import Records
import TestSupport
import Testing
import ToolSupport

/// What spreadsheets read of random records, by readers of their own.
@Suite("Spreadsheets hold what records say")
struct SpreadsheetTests {
  private static let signs = [
    "a", "é", "漢", ",", "\"", "\n", "\r", "\t", "\\", " ", ";", "'", "=", "0", "🙂", "\u{301}",
  ]

  private func word(_ random: inout Damage) -> String {
    (0..<Int.random(in: 0...6, using: &random)).map { _ in Self.signs.randomElement(using: &random) ?? "" }.joined()
  }

  /// Rows of some of five keys, with words, numbers and truth values.
  private func rows(_ random: inout Damage) -> [[(key: String, value: JSON)]] {
    (0..<Int.random(in: 1...6, using: &random)).map { _ in
      ["a", "b", "c", "d", "e"].filter { _ in Bool.random(using: &random) }.map { key in
        switch Int.random(in: 0..<4, using: &random) {
        case 0: (key, .number(Double(Int.random(in: -99...99, using: &random)) / 4))
        case 1: (key, .bool(Bool.random(using: &random)))
        case 2: (key, .null)
        default: (key, .string(word(&random)))
        }
      }
    }
  }

  /// The cells that `rows` have under their titles, in the order in which these come up.
  private func cells(_ rows: [[(key: String, value: JSON)]]) -> [[String]] {
    var titles: [String] = []
    for member in rows.joined() where !titles.contains(member.key) { titles.append(member.key) }
    return [titles]
      + rows.map { row in
        titles.map { title in
          guard let value = row.first(where: { $0.key == title })?.value, value != .null else { return "" }
          return value.string ?? value.text
        }
      }
  }

  /// Fields by RFC 4180, code point by code point.
  private func fields(commaSeparated text: String) -> [[String]] {
    var (lines, line, field): ([[String]], [String], String.UnicodeScalarView) = ([], [], .init())
    var (isQuoted, wasQuote) = (false, false)
    for sign in text.unicodeScalars {
      switch (isQuoted, sign) {
      case (true, "\""): (isQuoted, wasQuote) = (false, true)
      case (false, "\"") where wasQuote:
        field.append(sign)
        (isQuoted, wasQuote) = (true, false)
      case (false, "\""): isQuoted = true
      case (false, ","), (false, "\n"):
        line.append(String(field))
        field = .init()
        wasQuote = false
        if sign == "\n" {
          lines.append(line)
          line = []
        }
      default: field.append(sign)
      }
    }
    return lines
  }

  private func fields(tabSeparated text: String) -> [[String]] {
    let escaped: [Unicode.Scalar: Unicode.Scalar] = ["t": "\t", "n": "\n", "r": "\r", "\\": "\\"]
    var (lines, line, field): ([[String]], [String], String.UnicodeScalarView) = ([], [], .init())
    var isEscaped = false
    for sign in text.unicodeScalars {
      if isEscaped {
        field.append(escaped[sign] ?? sign)
        isEscaped = false
      } else if sign == "\\" {
        isEscaped = true
      } else if sign == "\t" || sign == "\n" {
        line.append(String(field))
        field = .init()
        if sign == "\n" {
          lines.append(line)
          line = []
        }
      } else {
        field.append(sign)
      }
    }
    return lines
  }

  @Test("Every cell of random rows comes back, comma- and tab-separated", arguments: 1...200)
  func random(seed: Int) {
    var random = Damage(seed: seed)
    let rows = rows(&random)
    let table = RecordTable(rows.map { row in .object(row.map { JSON.Member($0.key, $0.value) }) })
    let expected = cells(rows)
    // A table without a column has lines without a field.
    guard expected[0].count > 0 else { return }
    #expect(fields(commaSeparated: table.commaSeparated) == expected)
    #expect(fields(tabSeparated: table.tabSeparated) == expected)
  }
}
