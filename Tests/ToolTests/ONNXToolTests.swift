import Checkpoints
import Foundation
import Networks
import Records
import TestSupport
import Testing

/// Models of other formats in the programs that take one.
@Suite struct ONNXToolTests {
  private let attack = ["--pgd", "--steps", "4", "--epsilon", "0.1", "--limit", "40", "--data", "digits", "--quiet"]

  /// Records without the digest, which differs where counters or names do.
  private func predictions(_ outcome: BuiltTool.Outcome) throws -> [String] {
    try outcome.records().map { record in
      JSON.object((record.members ?? []).filter { !["model", "path", "method", "model_seed"].contains($0.key) }).text
    }
  }

  private func convert(_ arguments: String..., in folder: String) throws {
    let outcome = try BuiltTool("cusp-convert").run(arguments + ["--quiet"], folder: folder)
    #expect(outcome.status == 0, "\(outcome.errors)")
  }

  @Test("A trained model goes there and back as it was, and the same file is written every time")
  func there() throws {
    let model = try TrainedModel.digits.get().path
    try Fixture.withTemporaryFolder { folder in
      for name in ["one.onnx", "two.onnx"] {
        let outcome = try bash("cusp-convert '\(model)' --to onnx > \(name)", folder: folder)
        #expect(outcome.status == 0 && outcome.errors.isEmpty, "\(outcome.errors)")
      }
      let files = try ["one.onnx", "two.onnx"].map { try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\($0)")) }
      #expect(files[0] == files[1])
      try convert("one.onnx", "back.h5", in: folder)
      let (old, new) = (try Checkpoint(reading: model), try Checkpoint(reading: "\(folder)/back.h5"))
      #expect(old.digest == new.digest && old.progress.epoch == new.progress.epoch && old.classNames == new.classNames)
      let compared = try BuiltTool("cusp-diff").run([model, "one.onnx", "--quiet"], folder: folder)
      #expect([0, 1].contains(compared.status), "\(compared.errors)")
    }
  }

  @Test(
    "An ONNX file is attacked as its checkpoint is", arguments: ["network.onnx", "network.pt", "network.safetensors"])
  func attacked(name: String) throws {
    let model = try TrainedModel.digits.get().path
    try Fixture.withTemporaryFolder { folder in
      try convert(model, name, in: folder)
      let (own, other) = (
        try BuiltTool("cusp-attack").run([model] + attack),
        try BuiltTool("cusp-attack").run([name] + attack, folder: folder)
      )
      #expect(other.problems.isEmpty && other.errors.isEmpty, "\(other.errors)")
      #expect(try predictions(own) == predictions(other))
      let piped = try bash("cusp-attack - \(attack.joined(separator: " ")) < \(name)", folder: folder)
      #expect(piped.unnamed == other.unnamed, "\(piped.errors)")
      let score = ["--epsilon", "0.1", "--limit", "40", "--data", "digits"]
      let evaluated = try BuiltTool("cusp-evaluate").run([name] + score, folder: folder)
      let expected = try BuiltTool("cusp-evaluate").run([model] + score + ["--quiet"])
      #expect(evaluated.problems.isEmpty, "\(evaluated.errors)")
      #expect(try predictions(evaluated) == predictions(expected))
      // Files of ours say which network they hold, so nothing is said of that.
      #expect(!evaluated.errors.contains("cusp-evaluate: \(name): "), "\(evaluated.errors)")
    }
  }

  @Test("The service answers for an ONNX file, and cusp-inspect shows its tensors and its network")
  func served() throws {
    let request =
      #"{"op":"predict","image":{"shape":[2,8,8],"values":[\#((0..<128).map { _ in "0.5" }.joined(separator: ","))]}}"#
    let path = Fixture.path("onnx/excited-script.onnx")
    let outcome = try BuiltTool("cusp-serve").run([path, "--quiet"], text: request + "\n")
    #expect(outcome.problems.isEmpty && outcome.errors.isEmpty, "\(outcome.errors)")
    #expect(try outcome.records().last?["logits"]?.array?.count == 3)
    let inspected = try BuiltTool("cusp-inspect").run([path, "--json"])
    let record = try #require(try inspected.records().first)
    #expect(inspected.problems.isEmpty, "\(inspected.errors)")
    #expect(record["format"]?.string == "onnx" && record["architecture"]?.string == "onnx")
    #expect(record["metadata"]?["opset"]?.string == "17")
    let definition = try BuiltTool("cusp-inspect").run([path, "--definition"])
    #expect(try JSON(parsing: definition.text)["classCount"]?.integer == 3)
    let verified = try BuiltTool("cusp-inspect").run([path, "--verify"])
    #expect(verified.status == 0 && verified.text.contains("the parameters of onnx"), "\(verified.text)")
  }

  @Test("cusp-inspect shows tensors, layers, texts and nodes of a graph")
  func shown() throws {
    let path = Fixture.path("onnx/plain-script.onnx")
    let table = try BuiltTool("cusp-inspect").run([path, "--format", "text"])
    let lines = table.text.split(separator: "\n").map { line in
      line.split(separator: " ", omittingEmptySubsequences: true).joined(separator: " ")
    }
    for line in [
      "file \(path), 2,636 bytes", "format onnx", "architecture onnx, by its graph", "tensors 6, 319 numbers",
      "0.Conv convolution 4x8x8 76 23.8 % 4,608 1,024", "5.Clip relu6 6x2x2 - - - 96", "9 dense 3 21 6.6 % 18 12",
      "9.weight float32 3x6", "onnx::Conv_23 float32 4x2x3x3", "opset 17",
    ] {
      #expect(lines.contains(line), "\(line) is not in \(table.text)")
    }
    let tree = try BuiltTool("cusp-inspect").run([path, "--tree"])
    let nodes = tree.text.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
    #expect(nodes.contains("images  input  ?x2x8x8") && nodes.contains("logits  output  ?x3"), "\(tree.text)")
    #expect(nodes.contains { $0.hasPrefix("/0/Conv  Conv  images, onnx::Conv_23, onnx::Conv_24 -> ") }, "\(tree.text)")
    #expect(nodes.contains("4.weight  tensor  float32 6x4x3x3"), "\(tree.text)")
    let statistics = try BuiltTool("cusp-inspect").run([path, "--json", "--stats"])
    let tensors = try #require(try statistics.records().first?["tensors"]?.array)
    #expect(tensors.count == 6 && tensors.allSatisfy { $0["statistics"]?["nans"]?.integer == 0 })
    let key = try BuiltTool("cusp-inspect").run([path, "--key", "metadata.opset"])
    #expect(key.status == 0 && key.text.contains("17"), "\(key.errors)")
  }

  @Test("Text and standard input: a network passes through a pipe of conversions")
  func chain() throws {
    try Fixture.withTemporaryFolder { folder in
      let path = Fixture.path("onnx/windows-script.onnx")
      let steps = ["onnx", "safetensors", "onnx", "npz", "pt", "onnx"].map { "cusp-convert - --quiet --to \($0)" }
      let outcome = try bash(
        "cat '\(path)' | \(steps.joined(separator: " | ")) | cusp-convert - last.h5 --quiet && cusp-convert '\(path)' first.h5 --quiet",
        folder: folder)
      #expect(outcome.problems.isEmpty && outcome.errors.isEmpty, "\(outcome.errors)")
      let (first, last) = (
        try Checkpoint(reading: "\(folder)/first.h5"), try Checkpoint(reading: "\(folder)/last.h5")
      )
      #expect(first.digest == last.digest && first.definition == last.definition)
    }
  }

  @Test("Every program that reads a model reads it from an ONNX file, too")
  func everywhere() throws {
    let model = try TrainedModel.digits.get().path
    try Fixture.withTemporaryFolder { folder in
      try convert(model, "net.onnx", in: folder)
      let command = """
        cusp-attack net.onnx --fgsm --epsilon 0.1 --limit 20 --data digits --quiet --save set.npz > records
        cusp-verify net.onnx set.npz --epsilon 0.1 --data digits --quiet
        cusp-attack '\(model)' --source net.onnx --fgsm --epsilon 0.1 --limit 20 --data digits --quiet | wc -l
        cusp-inspect net.onnx --definition | wc -l
        cusp-inspect net.onnx --key architecture
        cusp-inspect net.onnx --tree | head -1
        cusp-diff net.onnx '\(model)' --tensors > difference; echo $?
        """
      let outcome = try bash(command, folder: folder)
      #expect(outcome.status == 0, "\(outcome.errors)")
      let lines = outcome.text.split(separator: "\n").map { String($0).trimmingCharacters(in: .whitespaces) }
      #expect(lines.first?.contains(#""type":"verification""#) == true, "\(outcome.text)")
      #expect(
        lines.contains("onnx: IR 8, opset 17, by cusp") || outcome.text.contains("IR 8, opset 17"), "\(outcome.text)")
    }
  }

  @Test("What no program takes is refused in one line that says what to do")
  func refused() throws {
    try Fixture.withTemporaryFolder { folder in
      let strange = Fixture.path("interchange/state.pt")
      let attacked = try BuiltTool("cusp-attack").run([strange] + attack)
      #expect(attacked.status == 65 && attacked.errors.count { $0 == "\n" } == 1)
      #expect(attacked.errors.contains(#"torch.onnx.export(model, (images,), "model.onnx")"#), "\(attacked.errors)")
      var bytes = try Fixture.data("onnx/plain-script.onnx")
      // The operator of a node, field 4 of its message, not a name that begins so.
      let place = try #require(bytes.range(of: Data([0x22, 7]) + Data("MaxPool".utf8)))
      bytes.replaceSubrange(place, with: Data([0x22, 7]) + Data("MaxPuul".utf8))
      try bytes.write(to: URL(fileURLWithPath: "\(folder)/other.onnx"))
      for program in ["cusp-attack", "cusp-evaluate", "cusp-convert"] {
        let arguments = program == "cusp-convert" ? ["other.onnx", "other.h5"] : ["other.onnx"]
        let outcome = try BuiltTool(program).run(arguments, folder: folder)
        #expect(outcome.status == 65 && outcome.errors.count { $0 == "\n" } == 1)
        #expect(outcome.errors.contains(", MaxPuul: is an operator that is not taken"), "\(outcome.errors)")
      }
      let shown = try BuiltTool("cusp-inspect").run(["other.onnx", "--json"], folder: folder)
      #expect(shown.status == 0)
      #expect(try shown.records().first?["architecture"]?.string == nil, "\(shown.text)")
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["other.onnx"])
    }
  }

  /// What goes wrong with a file, and how the programs end.
  private struct Fault {
    let name: String
    let status: Int32
    let words: String
    let change: (inout Data) -> Void
  }

  @Test("Faults of files end with their status and one line, and nothing is written")
  func faults() throws {
    func replacing(_ old: String, _ new: String) -> (inout Data) -> Void {
      { data in
        while let place = data.range(of: Data(old.utf8)) { data.replaceSubrange(place, with: Data(new.utf8)) }
      }
    }
    let faults = [
      Fault(name: "outside", status: 66, words: "lies in another file: ") { _ in },
      Fault(
        name: "outside", status: 65, words: "only files beside the model are read",
        change: replacing("outside.data", "../outside.d")),
      Fault(name: "plain-script", status: 65, words: "it is damaged, or no ONNX file") { $0.removeLast(40) },
      Fault(
        name: "plain-script", status: 65, words: ", Gemn: is an operator that is not taken",
        change: replacing("Gemm", "Gemn")),
      Fault(
        name: "plain-script", status: 65, words: ", which nothing before it makes",
        change: replacing("9.weight", "9.wEight")),
    ]
    try Fixture.withTemporaryFolder { folder in
      for (number, fault) in faults.enumerated() {
        var bytes = try Fixture.data("onnx/\(fault.name).onnx")
        fault.change(&bytes)
        if number == 4 {
          // The tensor's own name is the last of them.
          let place = try #require(bytes.range(of: Data("9.wEight".utf8), options: .backwards))
          bytes.replaceSubrange(place, with: Data("9.weight".utf8))
        }
        try bytes.write(to: URL(fileURLWithPath: "\(folder)/fault.onnx"))
        for command in [
          ["cusp-convert", "fault.onnx", "out.h5"], ["cusp-attack", "fault.onnx", "--fgsm", "--epsilon", "0.1"],
        ] {
          let outcome = try BuiltTool(command[0]).run(Array(command.dropFirst()), folder: folder)
          #expect(outcome.status == fault.status && outcome.output.isEmpty, "\(fault.name): \(outcome.errors)")
          #expect(outcome.errors.contains(fault.words) && outcome.errors.count { $0 == "\n" } == 1, "\(outcome.errors)")
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["fault.onnx"])
      }
    }
  }

  @Test("Preprocessing that the command line names is the model's")
  func normalised() throws {
    try Fixture.withTemporaryFolder { folder in
      let path = Fixture.path("onnx/plain-dynamo.onnx")
      let outcome = try BuiltTool("cusp-convert").run(
        [path, "m.h5", "--normalise", "0.5,0.25,0.5,0.5"], folder: folder)
      #expect(outcome.problems.isEmpty && !outcome.errors.contains("preprocessing"), "\(outcome.errors)")
      let definition = try Checkpoint(reading: "\(folder)/m.h5").definition
      #expect(definition.preprocessing.mean == [0.5, 0.25])
      let wrong = try BuiltTool("cusp-convert").run([path, "w.h5", "--image", "2x9x9"], folder: folder)
      #expect(wrong.status == 65 && wrong.errors.contains("is made for images 2x8x8, not 2x9x9"), "\(wrong.errors)")
    }
  }
}
