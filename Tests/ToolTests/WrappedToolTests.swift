import Foundation
import Records
import TestSupport
import Testing

/// Programs on files of other tools: what they say and answer. What is found in the files is tested with `Interchange`.
@Suite struct WrappedToolTests {
  private func path(_ name: String) -> String { Fixture.path("wrapped/\(name)") }

  /// The logits of the clean images in the prediction records `text`.
  private func logits(_ text: String) throws -> [[Double]] {
    try text.split(separator: "\n").map { line in
      try #require(JSON(parsing: String(line))["logits"]?.array).compactMap(\.number)
    }
  }

  @Test(
    "A network in a file of PyTorch answers as in PyTorch, without a conversion",
    arguments: ["sequence.pt", "lenet5.pt --image 1x28x28"])
  func answers(command: String) throws {
    let words = command.split(separator: " ").map(String.init)
    let data = ["--data", path("images.npz"), "--predictions", "--logits"]
    let outcome = try BuiltTool("cusp-evaluate").run([path(words[0])] + words.dropFirst() + data)
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.errors.hasPrefix("cusp-evaluate: \(path(words[0])): recognised as "))
    let expected = try #require(
      JSON(parsing: [UInt8](Fixture.data("wrapped/expected.json")))["logits"]?[command]?.array)
    let found = try logits(outcome.text)
    #expect(found.count == expected.count && found.count == 4)
    for (row, wanted) in zip(found, expected) {
      for (logit, value) in zip(row, (wanted.array ?? []).compactMap(\.number)) {
        #expect(abs(logit - value) < 1e-5 * max(1, abs(value)))
      }
    }
  }

  @Test("An attack on a file of another tool is the attack on the model that it converts to")
  func attack() throws {
    try Fixture.withTemporaryFolder { folder in
      let settings = ["--fgsm", "--data", path("images.npz"), "--quiet"]
      let direct = try BuiltTool("cusp-attack").run([path("last-best.pt"), "--group", "last"] + settings)
      let convert = try BuiltTool("cusp-convert").run([
        path("last-best.pt"), "\(folder)/m.h5", "--group", "last", "--quiet",
      ])
      #expect(direct.status == 0 && convert.status == 0, "\(direct.errors)\(convert.errors)")
      let converted = try BuiltTool("cusp-attack").run(["\(folder)/m.h5"] + settings)
      #expect(direct.unnamed == converted.unnamed && direct.text.split(separator: "\n").count == 4)
      let other = try BuiltTool("cusp-attack").run([path("last-best.pt")] + settings)
      #expect(other.unnamed != direct.unnamed)
    }
  }

  @Test("The service takes a file of another tool, and what does not fit is refused in one line")
  func service() throws {
    let request = #"{"id":1,"op":"predict","image":{"data":"\#(path("images.npz"))","index":0}}"#
    let outcome = try BuiltTool("cusp-serve").run([path("sequence.pt"), "--quiet"], input: Array("\(request)\n".utf8))
    #expect(outcome.status == 0 && outcome.text.contains(#""architecture":"net-mnist""#), "\(outcome.errors)")
    for (arguments, status) in [
      (["--arch", "vgg11"], Int32(65)), (["--arch", "nobodys"], 64), (["--group", "nobodys"], 65),
      (["--image", "1"], 64),
      (["--rename", "("], 64), (["--prefix", "x"], 64), (["--normalise", "1"], 64),
    ] {
      for program in ["cusp-serve", "cusp-attack", "cusp-evaluate", "cusp-inspect"] {
        let outcome = try BuiltTool(program).run([path("averaged.pt")] + arguments)
        #expect(outcome.status == status, "\(program) \(arguments): \(outcome.errors)")
        #expect(outcome.errors.hasPrefix("\(program): ") && outcome.errors.count { $0 == "\n" } == 1)
      }
    }
  }

  @Test(
    "What is no model is said by all programs",
    arguments: ["cusp-attack", "cusp-evaluate", "cusp-serve", "cusp-inspect"])
  func others(program: String) throws {
    for (name, words) in [
      ("pointer.pt", "a Git LFS pointer in place of the file, no model; git lfs pull fetches the file"),
      ("tied.safetensors", "fit no architecture; --arch takes a name or a file with a definition"),
    ] where program != "cusp-inspect" || name != "tied.safetensors" {
      let outcome = try BuiltTool(program).run([path(name)])
      #expect(outcome.status == 65 && outcome.errors.hasPrefix("\(program): \(path(name)): "), "\(outcome.errors)")
      #expect(outcome.errors.contains(words) && outcome.errors.count { $0 == "\n" } == 1, "\(outcome.errors)")
    }
  }

  @Test("The dictionary and the part that are asked for are those that are shown")
  func inspection() throws {
    let inspect = BuiltTool("cusp-inspect")
    for (group, bias) in [("last", "[-0.09375,0.0625,"), ("best", "[-0.046875,0.03125,")] {
      let outcome = try inspect.run([path("last-best.pt"), "--group", group, "--key", "fc2.bias"])
      #expect(outcome.text.hasPrefix(bias), "\(outcome.text)")
    }
    let verdict = try inspect.run(["--verify", path("student.pt"), "--prefix", "teacher."])
    #expect(verdict.status == 0 && verdict.text.hasSuffix("the parameters of net-mnist\n"))
    let index = try inspect.run(["--verify", path("model.safetensors.index.json")])
    #expect(index.status == 0 && index.text.contains(": ok: "), "\(index.text)\(index.errors)")
    let record = try inspect.run([path("text.npz")])
    #expect(RecordSchemas.problems(inOutput: record.text) == [])
    #expect(record.text.contains(#""unread":[{"name":"classes","reason":"text is no tensor"}"#))
  }

  @Test("A definition of one's own converts, and no shard or definition is written over")
  func files() throws {
    try Fixture.withTemporaryFolder { folder in
      let definition = try bash(
        "cusp-convert --quiet '\(path("sequence.pt"))' m.h5 && cusp-inspect --definition m.h5 > mine.json",
        folder: folder)
      #expect(definition.status == 0)
      let named = try BuiltTool("cusp-convert").run(
        [path("numbered.npz"), "n.h5", "--arch", "./mine.json", "--quiet"], folder: folder)
      #expect(named.status == 0, "\(named.errors)")
      let same = try BuiltTool("cusp-convert").run(
        [path("sequence.pt"), "mine.json", "--to", "pt", "--arch", "./mine.json"], folder: folder)
      #expect([64, 73].contains(same.status), "\(same.errors)")
      for name in [
        "model.safetensors.index.json", "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors",
      ] {
        try FileManager.default.copyItem(atPath: path(name), toPath: "\(folder)/\(name)")
      }
      let shards = try BuiltTool("cusp-convert").run(
        ["model.safetensors.index.json", "model-00001-of-00002.safetensors"], folder: folder)
      #expect([64, 73].contains(shards.status), "\(shards.errors)")
      let whole = try BuiltTool("cusp-convert").run(["model.safetensors.index.json", "whole.pt"], folder: folder)
      #expect(whole.status == 0, "\(whole.errors)")
    }
  }
}
