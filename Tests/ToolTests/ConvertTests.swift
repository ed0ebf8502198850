import Checkpoints
import Foundation
import Interchange
import Networks
import Records
import Tensors
import TestSupport
import Testing

/// `cusp-convert` in pipes, and what it refuses. What formats hold is tested with `Interchange`.
@Suite struct ConvertTests {
  private let tool = BuiltTool("cusp-convert")
  private let half = Fixture.path("interchange/half.pt")
  private let tiny = Fixture.path("checkpoints/tiny.h5")

  private func bytes(_ path: String) throws -> Data { try Data(contentsOf: URL(fileURLWithPath: path)) }

  @Test("A model announced on standard output is the one in the file")
  func announcement() throws {
    try Fixture.withTemporaryFolder { folder in
      let outcome = try tool.run([half, "m.h5", "--data", "mnist:DIR", "--normalise", "0.1307,0.3081"], folder: folder)
      #expect(outcome.problems.isEmpty)
      #expect(outcome.errors.hasPrefix("cusp-convert: \(half): recognised as net-mnist, images 1x28x28, 10 classes\n"))
      let record = try CheckpointRecord(json: JSON(parsing: outcome.text))
      let checkpoint = try Checkpoint(reading: "\(folder)/m.h5")
      #expect(record.digest == checkpoint.digest && record.path.hasSuffix("/m.h5"))
      #expect(record.data == "mnist:DIR" && record.architecture == "net-mnist")
      #expect(checkpoint.definition.preprocessing.mean == [0.1307])
      #expect(checkpoint.definition.preprocessing.standardDeviation == [0.3081])
      #expect(try JSON(parsing: checkpoint.documents.configuration)["data"]?.string == "mnist:DIR")
      let step = try #require(Provenance(json: checkpoint.documents.provenance)?.steps.last)
      let parent = try Provenance.Parent(fileAt: half)
      #expect(step.tool == "cusp-convert" && step.arguments.first == half && step.parent == parent)
    }
  }

  @Test(
    "A wide ResNet is recognised at any depth and width, and its block that nothing uses is kept, which one line says")
  func wideResNet() throws {
    try Fixture.withTemporaryFolder { folder in
      let graph = try NetworkGraph(#require(Architecture(rawValue: "wrn-10-1")).definition())
      let specs = graph.parameters.map { ($0.path.text, $0.shape) }
      let unused = specs.filter { $0.0.hasPrefix("block1.") }.map { ("sub_\($0.0)", $0.1) }
      let tensors = (specs + unused).map { name, shape in
        OutgoingTensor(name: "module.\(name)", shape: shape, values: [Float](repeating: 0.5, count: shape.count))
      }
      try writeTensors(tensors, metadata: OutgoingTexts([:]), format: .pytorch, to: "\(folder)/wide.pt")
      let outcome = try tool.run(["wide.pt", "wide.h5", "--normalise", "none"], folder: folder)
      #expect(outcome.problems.isEmpty)
      let lines = [
        "recognised as wrn-10-1, images 3x32x32, 10 classes",
        "keeps \(unused.count) tensors of sub_block1, which the published code makes and never uses",
      ]
      #expect(outcome.errors == lines.map { "cusp-convert: wide.pt: \($0)\n" }.joined())
      let checkpoint = try Checkpoint(reading: "\(folder)/wide.h5")
      #expect(checkpoint.definition.architecture == "wrn-10-1")
      #expect(checkpoint.definition.unusedParameters.map(\.name) == unused.map(\.0).sorted())
      #expect(Set(checkpoint.parameters.specs.map(\.path.text)) == Set((specs + unused).map(\.0)))
    }
  }

  @Test(
    "Files of every format pass through standard input and output",
    arguments: ["h5", "pt", "safetensors", "npz", "onnx"])
  func streams(format: String) throws {
    try Fixture.withTemporaryFolder { folder in
      let command = "cusp-convert '\(tiny)' --to \(format) | cusp-convert - back.h5 | cusp-inspect --verify"
      let outcome = try bash(command, folder: folder)
      #expect(outcome.status == 0 && outcome.errors.isEmpty)
      let back = try Checkpoint(reading: "\(folder)/back.h5")
      #expect(back.digest == (try Checkpoint.summary(path: tiny).digest))
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["back.h5"])
    }
  }

  @Test("Every checkpoint of a stream is converted, under the name of its epoch")
  func records() throws {
    try Fixture.withTemporaryFolder { folder in
      let train = "cusp-train --quiet --epochs 2 --keep 1 --limit 64 --output m.h5"
      let outcome = try bash("\(train) | cusp-convert - '{epoch}.pt' --quiet", folder: folder)
      #expect(outcome.problems.isEmpty && outcome.errors.isEmpty)
      for (name, source) in [("1.pt", "m-epoch1.h5"), ("2.pt", "m.h5")] {
        let description = try TensorFile(path: "\(folder)/\(name)").description()
        #expect(description.progress.epoch == Int(name.prefix(1)))
        let steps = try #require(Provenance(json: description.documents.provenance)).steps
        let digest = try Checkpoint.summary(path: "\(folder)/\(source)").digest
        #expect(steps.map(\.tool) == ["cusp-train", "cusp-convert"] && steps[1].parent == .model(digest: digest))
      }
      let replaced = try bash("\(train) > records; cp m-epoch1.h5 m.h5; cusp-convert - x.pt < records", folder: folder)
      #expect(replaced.status == 65)
      #expect(replaced.errors.contains("it was replaced since"))
    }
  }

  @Test(
    "A wrong command line is one line and 64",
    arguments: [
      (["a.pt", "b.xyz"], "b.xyz: no format has this ending"), (["a.pt"], "which format?"),
      (["a.pt", "b.pt2"], "b.pt2: torch-export files are not written yet"),
      (["a.pt", "b.h5", "--to", "x"], "--to x: no such"),
      (["a.pt", "b.h5", "--arch", "alexnet"], "--arch alexnet: no such architecture"),
      (["a.pt", "b.h5", "--image", "3x32"], "--image 3x32"),
      (["a.pt", "b.h5", "--normalise", "1,2,3"], "--normalise 1,2,3"), (["digits", "digits"], "digits: are built in"),
      (["digits", "a.pt"], "\"a.pt\": not a data set"),
    ] as [([String], String)])
  func usage(arguments: [String], words: String) throws {
    let outcome = try tool.run(arguments)
    #expect(outcome.status == 64)
    #expect(outcome.errors.hasPrefix("cusp-convert: \(words)"), "\(outcome.errors)")
    #expect(outcome.errors.count { $0 == "\n" } == 1)
    #expect(outcome.output.isEmpty)
  }

  @Test("Several models of a pipe need a name each", arguments: ["- all.pt", "- - --to pt", "- 'all-{epoch}.pt'"])
  func several(arguments: String) throws {
    try Fixture.withTemporaryFolder { folder in
      let train = "cusp-train --quiet --epochs 2 --keep 1 --limit 64 --output m.h5"
      let outcome = try bash("\(train) | cusp-convert --quiet \(arguments) | cat > out", folder: folder)
      let place = arguments.split(separator: " ")[1]
      let words = "cusp-convert: \(place): has an earlier model already; name a file with {epoch} in it\n"
      #expect(outcome.status == (place.contains("epoch") ? 0 : 64))
      #expect(outcome.errors == (place.contains("epoch") ? "" : words))
    }
  }

  @Test("A file does not become its own copy, and a data set no model")
  func own() throws {
    try Fixture.withTemporaryFolder { folder in
      try bytes(tiny).write(to: URL(fileURLWithPath: "\(folder)/m.h5"))
      let outcome = try tool.run(["./m.h5", "m.h5"], folder: folder)
      let words = "m.h5: is the input ./m.h5 by another name; write to another file"
      #expect(outcome.status == 64 && outcome.errors == "cusp-convert: \(words)\n")
      #expect(try bytes("\(folder)/m.h5") == bytes(tiny))
      let data = try tool.run(["m.h5", "mnist:x"], folder: folder)
      #expect(data.status == 64 && data.errors.contains("is no data set"))
    }
  }

  @Test("What cannot be read ends with one line, and leaves nothing behind")
  func refusals() throws {
    try Fixture.withTemporaryFolder { folder in
      for (input, status) in [("archives/named.gz", 65), ("interchange/calls.pt", 65), ("missing.pt", 66)] {
        let outcome = try tool.run([Fixture.path(input), "\(folder)/x.npz"])
        #expect(outcome.status == Int32(status))
        #expect(outcome.errors.count { $0 == "\n" } == 1, "\(outcome.errors)")
      }
      let piped = try tool.run(["-", "\(folder)/x.npz"], input: Fixture.data("interchange/calls.pt"))
      #expect(piped.status == 65 && piped.errors.hasPrefix("cusp-convert: stdin: data.pkl: "))
      let empty = try tool.run(["-", "\(folder)/x.npz"])
      #expect(empty.status == 65 && empty.errors.hasPrefix("cusp-convert: no checkpoint on stdin"))
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
      let full = try bash("cusp-convert '\(tiny)' --to pt > /dev/full")
      #expect(full.status == 74)
    }
  }

  @Test("An architecture that is asked for and does not fit says what does not, and image sizes are taken")
  func mismatch() throws {
    try Fixture.withTemporaryFolder { folder in
      let wrong = try tool.run([half, "\(folder)/x.h5", "--arch", "lenet"])
      #expect(wrong.status == 65)
      #expect(wrong.errors.contains("parameters do not fit lenet: 2 missing: fc3.weight, fc3.bias; "))
      #expect(wrong.errors.contains(" of another shape: conv1.weight [10x1x5x5] for [6x1x5x5], "))
      let small = try tool.run([half, "\(folder)/x.h5", "--arch", "net-mnist", "--image", "1x20x20"])
      #expect(small.status == 65 && small.errors.contains("1 of another shape: fc1.weight [50x320] for [50x80]"))
      let none = try tool.run([tiny, "\(folder)/x.h5", "--normalise", "none"])
      #expect(none.status == 0)
      #expect(try Checkpoint(reading: "\(folder)/x.h5").definition.preprocessing == Preprocessing.none)
    }
  }
}
