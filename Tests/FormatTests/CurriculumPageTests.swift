import Foundation
import Records
import TestSupport
import Testing

/// `formats/curriculum.md` and its schema say the same; what the program makes of them is with its tests.
@Suite struct CurriculumPageTests {
  private let schema: JSONSchema
  private let examples: [JSON]

  init() throws {
    schema = try #require(try RecordSchemas.schema(of: "curriculum"))
    examples = try MarkdownBlock.blocks(of: "formats/curriculum.md").filter { $0.language == "json" }
      .map { try JSON(parsing: $0.lines.joined(separator: "\n")) }
  }

  @Test("The page's examples fit the schema")
  func fitting() {
    #expect(examples.count == 2)
    for example in examples { #expect(schema.problems(example) == []) }
  }

  @Test("The page's table names the settings of the schema, and which of them are required")
  func table() throws {
    let page = try String(contentsOf: Fixture.repository.appending(path: "formats/curriculum.md"), encoding: .utf8)
    let data = try Data(contentsOf: Fixture.repository.appending(path: "formats/schemas/curriculum.schema.json"))
    let stage = try JSON(parsing: [UInt8](data))["properties"]?["stages"]?["items"]
    let rows = page.split(separator: "\n").filter { $0.hasPrefix("| `") }
    func names(_ rows: [Substring]) -> [String] { rows.map { String($0.split(separator: "`")[1]) } }
    #expect(names(rows) == stage?["properties"]?.members?.map(\.key))
    #expect(names(rows.filter { $0.contains("| yes |") }) == stage?["required"]?.array?.compactMap(\.string))
  }

  @Test("An example with a key too many, without one, or with one of another type, is refused")
  func strictness() throws {
    for example in examples {
      let members = try #require(example.members)
      #expect(schema.problems(.object(members + [.init("epoch", .integer(1))])) != [])
      for position in members.indices {
        var wrong = members
        let removed = wrong.remove(at: position)
        #expect(schema.problems(.object(wrong)) != [], "without \(removed.key)")
        wrong.append(.init(removed.key, .bool(true)))
        #expect(schema.problems(.object(wrong)) != [], "with a mistyped \(removed.key)")
      }
      let stage = try #require(example["stages"]?.array?.first?.members)
      func problems(_ stage: [JSON.Member]) -> [String] {
        schema.problems(.object([.init("epochs", .integer(3)), .init("stages", .array([.object(stage)]))]))
      }
      #expect(problems(stage) == [])
      #expect(problems(stage + [.init("rotations", .integer(1))]) != [])
      #expect(problems(stage.filter { $0.key != "from" }) != [])
      for member in stage {
        #expect(problems(stage.map { $0.key == member.key ? .init($0.key, .object([])) : $0 }) != [], "\(member.key)")
      }
    }
  }
}
