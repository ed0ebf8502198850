import Failures
import Files
import Foundation
import Interchange
import Networks
import TestSupport
import Testing

@Suite("Models in several files with an index")
struct ShardTests {
  private let names = [
    "model.safetensors.index.json", "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors",
  ]

  /// Runs `body` in a folder with copies of the files, the index changed by `change`.
  private func withCopies(
    _ change: (inout String) -> Void = { _ in }, _ body: (String) throws -> Void
  ) throws {
    try Fixture.withTemporaryFolder { folder in
      for name in names {
        var data = try Fixture.data("wrapped/\(name)")
        if name == names[0] {
          var text = String(decoding: data, as: UTF8.self)
          change(&text)
          data = Data(text.utf8)
        }
        try data.write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
      }
      try body(folder)
    }
  }

  @Test("The tensors are those of all files, and so are the bytes")
  func whole() throws {
    let file = try openWrapped(names[0])
    #expect(file.format == .safetensors && file.paths.count == 3)
    let byteCount = try names.reduce(0) { try $0 + Fixture.data("wrapped/\($1)").count }
    #expect(file.byteCount == byteCount)
    #expect(file.tensors.map(\.name).sorted().prefix(2) == ["again.bias", "conv.bias"])
    #expect(try file.tree().children.map(\.name) == file.paths.dropFirst().map { $0 })
    try file.verifyOtherMembers()
  }

  @Test(
    "An index that does not agree with its files is refused",
    arguments: [
      (#""conv.weight": "model-00001"#, #""conv.weight": "model-00002"#, "is not named by"),
      (#""conv.weight""#, #""other""#, "is not named by"),
      (#""weight_map": {"#, #""weight_map": {"more": "model-00001-of-00002.safetensors","#, "has no more, which"),
      ("model-00001-of", "../model-00001-of", "lies in what is no file beside the index"),
      ("model-00001-of-00002.safetensors", "..", "lies in what is no file beside the index"),
      ("model-00001-of-00002.safetensors", "model.safetensors.index.json", "an index itself"),
    ])
  func disagreement(old: String, new: String, words: String) throws {
    try withCopies {
      $0 = $0.replacing(old, with: new)
    } _: { folder in
      let message = try #require(refusal { _ = try TensorFile(path: "\(folder)/\(names[0])") })
      #expect(message.contains(words), "\(message)")
    }
  }

  @Test("A file that is not there, and an index without a folder, are told")
  func missing() throws {
    try withCopies { folder in
      try FileManager.default.removeItem(atPath: "\(folder)/\(names[2])")
      let message = refusal { _ = try TensorFile(path: "\(folder)/\(names[0])") }
      #expect(message?.hasPrefix("noInput: \(folder)/\(names[2]): ") == true)
    }
    let pipe = try InputFile(SequentialInput(path: Fixture.path("wrapped/\(names[0])")))
    let words = "an index of shards, which lie beside it; give its path"
    #expect(refusal { _ = try TensorFile(pipe) }?.hasSuffix(words) == true)
  }

  @Test("One file alone is told as a shard")
  func alone() throws {
    let file = try openWrapped(names[1])
    let words =
      "shard 1 of 2, which holds but 3 tensors of the network; give model.safetensors.index.json, which names all"
    #expect(refusal { _ = try file.model() } == "\(file.path): \(words) of them")
  }
}
