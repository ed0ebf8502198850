import Foundation
import Records
import TestSupport
import Testing

/// The pages of `formats/` and the schemas beside them hold what they say.
@Suite struct FormatPageTests {
  private static let types: [any Record.Type] = [
    RunRecord.self, EpochRecord.self, CheckpointRecord.self, PredictionRecord.self, ScoreRecord.self,
    FoolingRateRecord.self, DiagnosisRecord.self, TraceRecord.self, ErrorRecord.self, BenchmarkRecord.self,
    BenchmarkStepRecord.self, ModelRecord.self, TensorFileRecord.self, DifferenceRecord.self, VerificationRecord.self,
    SummaryRecord.self, DataRecord.self, SourceRecord.self, CardRecord.self, FindingRecord.self, ProgressRecord.self,
    NoteRecord.self, FailureRecord.self, PaperClaimRecord.self,
  ]

  @Test(
    "Every example of a record is strict JSON and what its schema allows", arguments: MarkdownBlock.pages(in: "formats")
  )
  func examples(page: String) throws {
    for block in try MarkdownBlock.blocks(of: page) {
      switch block.language {
      case "json": _ = try JSON(parsing: block.lines.joined(separator: "\n"))
      case "ndjson":
        for line in block.lines {
          let json = try JSON(parsing: line)
          // Requests to the service have no type; records do.
          guard json["type"] != nil else { continue }
          #expect(RecordSchemas.problems(inRecord: line) == [], "\(block)")
          try checkRoundTrip(line, json, "\(block)")
        }
      default: break
      }
    }
  }

  @Test("Every page has its headings", arguments: MarkdownBlock.pages(in: "formats"))
  func headings(page: String) throws {
    let text = try String(contentsOf: Fixture.repository.appending(path: page), encoding: .utf8)
    let headings = text.split(separator: "\n").filter { $0.hasPrefix("## ") }.map { String($0.dropFirst(3)) }
    let expected = ["Purpose", "Layout", "Invariants", "Versions", "Example", "Where"]
    #expect(headings.filter(expected.contains) == expected, "\(page)")
  }

  @Test("Every type has a page with an example, whose table names the keys of the schema")
  func tables() throws {
    for type in Self.types.map({ $0.type }) {
      let page = type == "checkpoint" ? "checkpoint-record" : type
      let text = try String(contentsOf: Fixture.repository.appending(path: "formats/\(page).md"), encoding: .utf8)
      let rows = text.split(separator: "\n").filter { $0.hasPrefix("| `") }
      let names = rows.map { $0.split(separator: "`")[1] }.map(String.init)
      let data = try Data(contentsOf: Fixture.repository.appending(path: "formats/schemas/\(type).schema.json"))
      let schema = try JSON(parsing: [UInt8](data))
      #expect(names == schema["properties"]?.members?.map(\.key), "\(page)")
      let required = rows.filter { $0.contains("| yes |") }.map { String($0.split(separator: "`")[1]) }
      #expect(required == schema["required"]?.array?.compactMap(\.string), "\(page)")
      let examples = try MarkdownBlock.blocks(of: "formats/\(page).md").filter { $0.language == "ndjson" }
      #expect(!examples.isEmpty, "\(page)")
    }
  }

  @Test("A record without a required key, with a key too many or of another type is refused")
  func strictness() throws {
    for type in Self.types.map({ $0.type }) {
      let page = type == "checkpoint" ? "checkpoint-record" : type
      let blocks = try MarkdownBlock.blocks(of: "formats/\(page).md")
      let line = try #require(blocks.first { $0.language == "ndjson" }?.lines.first)
      let members = try #require(try JSON(parsing: line).members)
      let schema = try #require(try RecordSchemas.schema(of: type))
      #expect(schema.problems(.object(members)) == [])
      #expect(schema.problems(.object(members + [.init("surplus", .null)])) == ["$.surplus: nothing is allowed here"])
      for position in 2..<4 {
        var fewer = members
        let removed = fewer.remove(at: position)
        #expect(schema.problems(.object(fewer)) != [], "\(type) without \(removed.key)")
        var mistyped = members
        mistyped[position].value = .object([])
        #expect(schema.problems(.object(mistyped)) != [], "\(type) with a mistyped \(removed.key)")
      }
    }
  }

  /// The record, read and written again by this package, is the same line.
  private func checkRoundTrip(_ line: String, _ json: JSON, _ place: String) throws {
    guard let type = Self.types.first(where: { json["type"]?.string == $0.type }) else { return }
    let record = try type.init(json: json)
    #expect(String(decoding: record.line, as: UTF8.self) == line + "\n", "\(place)")
  }
}
