import Foundation
import Records
import TestSupport
import Testing

/// The parser and the writer against Python's `json`, from `fixtures/make/records.py`.
@Suite struct JSONReferenceTests {
  @Test("Random strings are read from both of Python's texts and written as its text in full")
  func strings() throws {
    let cases = try Fixture.lines("records/strings.ndjson")
    #expect(cases.count > 250)
    for record in cases {
      let text = try #require(record["text"]?.string)
      let expected = try #require(record["utf8"]?.string)
      for source in [text, try #require(record["ascii"]?.string)] {
        let value = try #require(try JSON(parsing: source).string)
        #expect(hexadecimal(value) == expected, "\(source)")
      }
      // Compared unit by unit, since Swift calls texts equal that look alike.
      #expect(try JSON(parsing: text).bytes == Array(text.utf8))
    }
  }

  @Test("Random documents are the same without their white space and escapes")
  func documents() throws {
    let cases = try Fixture.lines("records/documents.ndjson")
    #expect(cases.count == 120)
    for record in cases {
      let compact = try #require(record["compact"]?.string)
      let value = try JSON(parsing: try #require(record["loose"]?.string))
      #expect(value.bytes == Array(compact.utf8))
      #expect(try JSON(parsing: value.bytes) == value)
    }
  }

  @Test("Of texts with changed characters those are taken that a strict Python takes")
  func mutations() throws {
    let cases = try Fixture.lines("records/mutations.ndjson")
    #expect(cases.count == 700)
    for record in cases {
      let text = try #require(record["text"]?.string)
      let isTaken = (try? JSON(parsing: text)) != nil
      #expect(isTaken == record["valid"]?.bool, "\(text.debugDescription)")
    }
  }

  @Test("No beginning of a document is a document")
  func beginnings() throws {
    let line = Array(#"{"a":[1,-2.5e+3,"x\n\u00e9\ud83d\ude00é"],"b":{"c":null,"d":true}}"#.utf8)
    #expect(try JSON(parsing: line).members?.count == 2)
    for count in line.indices {
      #expect((try? JSON(parsing: Array(line[..<count]))) == nil, "\(count) bytes")
    }
  }

  private func hexadecimal(_ text: String) -> String {
    text.utf8.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
  }
}
