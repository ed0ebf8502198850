import Checkpoints
import Failures
import Foundation
import Records
import TestSupport
import Testing

@Suite("Provenance")
struct ProvenanceTests {
  private let digest = String(repeating: "0123456789abcdef", count: 4)
  private let training = Provenance.Step(tool: "cusp-train", version: "0.1.0", arguments: ["--seed=7"])

  @Test("one step is one object, keys sorted")
  func oneStep() throws {
    let provenance = Provenance(training)
    #expect(try provenance.json() == #"{"arguments":["--seed=7"],"tool":"cusp-train","version":"0.1.0"}"#)
    #expect(try Provenance(json: provenance.json()) == provenance)
  }

  @Test("a derived file keeps the steps of its parent, the first one first")
  func chain() throws {
    let steps = [
      training,
      .init(tool: "cusp-convert", version: "1", arguments: ["a b", "é"], parent: .model(digest: digest)),
      .init(tool: "x", version: "2", arguments: [], engine: "onednn", parent: .file(sha256: digest)),
    ]
    let last = Provenance(steps[2], after: Provenance(steps[1], after: Provenance(steps[0])))
    #expect(last.steps == steps)
    let json = try last.json()
    #expect(
      json == """
        {"ancestors":[{"arguments":["--seed=7"],"tool":"cusp-train","version":"0.1.0"},\
        {"arguments":["a b","é"],"parent":{"model":"\(digest)"},"tool":"cusp-convert","version":"1"}],\
        "arguments":[],"engine":"onednn","parent":{"file":"\(digest)"},"tool":"x","version":"2"}
        """)
    #expect(Provenance(json: json) == last)
    #expect(try RecordSchemas.schema(of: "provenance")?.problems(JSON(parsing: json)) == [])
  }

  @Test("the page's example is what its schema allows and read, its last step last")
  func page() throws {
    let block = try #require(MarkdownBlock.blocks(of: "formats/provenance.md").first { $0.language == "json" })
    let text = block.lines.joined(separator: "\n")
    let schema = try #require(try RecordSchemas.schema(of: "provenance"))
    #expect(try schema.problems(JSON(parsing: text)) == [])
    let steps = try #require(Provenance(json: text)).steps
    #expect(steps.map(\.arguments) == [["trained.h5", "vgg.pt"], ["vgg.pt", "vgg.h5"]])
  }

  @Test("a step without arguments has none, and keys nobody knows are ignored")
  func older() throws {
    let provenance = try #require(Provenance(json: #"{"tool":"a","version":"1","colour":"blue"}"#))
    #expect(provenance.steps == [.init(tool: "a", version: "1", arguments: [])])
  }

  @Test(
    "other documents are none",
    arguments: [
      "", "[]", "{}", "null", #"{"author":"caf\u00e9"}"#, #"{"tool":"a"}"#, #"{"tool":1,"version":"1"}"#,
      #"{"tool":"a","version":"1","parent":{}}"#, #"{"tool":"a","version":"1","ancestors":[{}]}"#,
      #"{"tool":"a","version":"1""#, String(repeating: "[", count: 100_000),
    ])
  func others(json: String) { #expect(Provenance(json: json) == nil) }

  @Test("a file's parent is the SHA-256 of its bytes, as hashlib takes it")
  func files() throws {
    // hashlib.sha256(b"abc"), of nothing, and of bytes(range(256)) * 10000, which takes several pieces.
    let known: [([UInt8], String)] = [
      (Array("abc".utf8), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
      ([], "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
      (
        (0..<2_560_000).map { UInt8(truncatingIfNeeded: $0) },
        "2350b445eb01b3dc3c68b3e42b5b5678349472e2cbf75539fd75172f931ad1ee"
      ),
    ]
    try Fixture.withTemporaryFolder { folder in
      for (bytes, sha256) in known {
        try Data(bytes).write(to: URL(fileURLWithPath: "\(folder)/file"))
        #expect(try Provenance.Parent(fileAt: "\(folder)/file") == .file(sha256: sha256))
        #expect(Provenance.Parent(bytes: bytes) == .file(sha256: sha256))
      }
      let missing = "\(folder)/missing"
      #expect(throws: Failure(.noInput, "\(missing): no such file; check the path")) {
        try Provenance.Parent(fileAt: missing)
      }
    }
  }
}
