import Checkpoints
import Foundation
import Networks
import Records
import Tensors
import TestSupport
import Testing

/// `formats/definition.md` and its schema against what this package builds.
@Suite struct DefinitionTests {
  private let schema: JSONSchema

  init() throws { schema = try #require(try RecordSchemas.schema(of: "definition")) }

  private static func examples() throws -> [String] {
    try MarkdownBlock.blocks(of: "formats/definition.md").filter { $0.language == "json" }
      .map { $0.lines.joined(separator: "\n") }
  }

  private func graph(_ json: JSON) throws -> NetworkGraph {
    try NetworkGraph(JSONDecoder().decode(NetworkDefinition.self, from: Data(json.bytes)))
  }

  @Test("The page's examples fit the schema, build, use every kind, and come back as they were")
  func examples() throws {
    var kinds: Set<String> = []
    for text in try Self.examples() {
      let json = try JSON(parsing: text)
      #expect(schema.problems(json) == [])
      let graph = try graph(json)
      kinds.formUnion(graph.vertices.map(\.node.layer.name))
      let encoded = try JSON(parsing: [UInt8](JSONEncoder().encode(graph.definition)))
      #expect(schema.problems(encoded) == [])
      #expect(try self.graph(encoded).definition == graph.definition)
    }
    #expect(kinds == Set(Layer.Kind.allCases.map(\.rawValue)))
  }

  @Test("Every architecture's definition fits the schema", arguments: Architecture.allCases)
  func architectures(architecture: Architecture) throws {
    let definition = architecture.definition(imageShape: [3, 32, 32], classCount: 10, preprocessing: .none)
    #expect(schema.problems(try JSON(parsing: [UInt8](JSONEncoder().encode(definition)))) == [])
  }

  @Test("The page's table and the schema name the same kinds and settings")
  func table() throws {
    let page = try String(contentsOf: Fixture.repository.appending(path: "formats/definition.md"), encoding: .utf8)
    let definitions = try JSON(
      parsing: [UInt8](
        Data(contentsOf: Fixture.repository.appending(path: "formats/schemas/definition.schema.json"))))["$defs"]
    for kind in Layer.Kind.allCases.map(\.rawValue) {
      let row = try #require(page.split(separator: "\n").first { $0.hasPrefix("| `\(kind)` |") }, "\(kind)")
      let settings = definitions?[kind]?["properties"]?.members?.map(\.key) ?? []
      #expect(settings.starts(with: ["name", "inputs", "kind"]), "\(kind)")
      for setting in settings.dropFirst(3) where !row.contains("as `max-pooling`") {
        #expect(row.contains("`\(setting)`"), "\(kind) \(setting)")
      }
    }
  }

  @Test("A node without one of its settings, or with one of another type, is refused by schema and reader")
  func strictness() throws {
    for text in try Self.examples() {
      let json = try JSON(parsing: text)
      for (position, node) in (json["nodes"]?.array ?? []).enumerated() {
        for member in node.members ?? [] {
          let fewer = replacing(json, node: position, with: node.members?.filter { $0.key != member.key } ?? [])
          let mistyped = replacing(
            json, node: position,
            with: node.members?.map { $0.key == member.key ? .init($0.key, .object([])) : $0 } ?? [])
          for wrong in [fewer, mistyped] {
            #expect(schema.problems(wrong) != [], "\(member.key)")
            #expect(throws: (any Error).self, "\(member.key)") { try graph(wrong) }
          }
        }
      }
    }
  }

  @Test(
    "Unused parameters without a name or sizes, or with wrong ones, are refused by schema and reader",
    arguments: [
      #"{"name": "a"}"#, #"{"shape": [1]}"#, #"{"name": 1, "shape": [1]}"#, #"{"name": "a", "shape": [0]}"#,
      #"{"name": "a", "shape": [1.5]}"#, #"{"name": "a", "shape": [1073741825]}"#, "[]",
    ])
  func unusedParameters(text: String) throws {
    let json = try JSON(parsing: try #require(try Self.examples().first))
    func adding(_ parameter: String) throws -> JSON {
      .object((json.members ?? []) + [.init("unusedParameters", .array([try JSON(parsing: parameter)]))])
    }
    let sound = try adding(#"{"name": "a", "shape": [2]}"#)
    #expect(try schema.problems(sound) == [] && graph(sound).parameters.last?.path == "a")
    #expect(schema.problems(try adding(text)) != [])
    #expect(throws: (any Error).self) { try graph(adding(text)) }
  }

  @Test(
    "Schema and graph refuse the same values",
    arguments: [
      ("outputChannels", "0"), ("kernelSize", "0"), ("stride", "0"), ("padding", "-1"), ("groups", "0"),
      ("outputChannels", "1048577"), ("epsilon", "0"), ("momentum", "1.5"), ("rate", "1"), ("outputs", "0"),
      ("initialWeights", "\"ones\""), ("kind", "\"arctan\""), ("bias", "1"), ("inputs", "[]"),
    ] as [(String, String)])
  func values(key: String, value: String) throws {
    let json = try JSON(parsing: try #require(try Self.examples().first))
    let nodes = json["nodes"]?.array ?? []
    let position = try #require(nodes.firstIndex { $0[key] != nil })
    let value = try JSON(parsing: value)
    let members = nodes[position].members?.map { $0.key == key ? JSON.Member(key, value) : $0 } ?? []
    let wrong = replacing(json, node: position, with: members)
    #expect(schema.problems(wrong) != [])
    #expect(throws: (any Error).self) { try graph(wrong) }
  }

  private func replacing(_ json: JSON, node: Int, with members: [JSON.Member]) -> JSON {
    .object(
      (json.members ?? []).map { member in
        guard member.key == "nodes", var nodes = member.value.array else { return member }
        nodes[node] = .object(members)
        return .init(member.key, .array(nodes))
      })
  }
}
