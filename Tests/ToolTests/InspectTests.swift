import Checkpoints
import Foundation
import Networks
import Records
import Tensors
import TestSupport
import Testing

/// `cusp-inspect` on models and on what is none. The table of the committed model is an example of the tool's page.
@Suite struct InspectTests {
  private let tool = BuiltTool("cusp-inspect")
  private let tiny = Fixture.path("checkpoints/tiny.h5")

  /// The record that the tool writes of the model at `path`.
  private func record(_ path: String) throws -> ModelRecord {
    let outcome = try tool.run(["--json", path])
    #expect(outcome.status == 0)
    #expect(outcome.errors.isEmpty)
    #expect(RecordSchemas.problems(inOutput: outcome.text) == [])
    return try ModelRecord(json: JSON(parsing: outcome.text))
  }

  @Test("The record of a model that Python wrote says what Python put in")
  func record() throws {
    let record = try record(tiny)
    #expect(record.parameters == 2 * 9 + 2 + 2 + 3 * 32 + 3)
    #expect(record.buffers == 2 + 2 + 1)
    #expect(record.multiplyAdds == 2 * 4 * 4 * 9 + 3 * 32)
    #expect(record.activationBytes == 4 * (4 * 32 + 3))
    #expect(record.classNames == ["cat", "dog", "bird"])
    #expect(record.tensors.map(\.name).first == "features.0.weight")
    #expect(record.bytes == (try Fixture.data("checkpoints/tiny.h5")).count)
    #expect(record.path == tiny)
    #expect(try tool.run(["--format", "ndjson", tiny]).text == tool.run(["--json", tiny]).text)
    #expect(try tool.run([tiny]).text == tool.run(["--json", tiny]).text)
  }

  @Test("Sums of the record are those of its layers and tensors", arguments: [Architecture.leNet, .vgg11])
  func sums(architecture: Architecture) throws {
    try Fixture.withTemporaryFolder { folder in
      let graph = try NetworkGraph(architecture.definition())
      let path = "\(folder)/model.h5"
      try Checkpoint(definition: graph.definition, parameters: Parameters(of: graph) { Tensor($0.shape) })
        .write(to: path)
      let record = try record(path)
      #expect(record.parameters == record.layers.reduce(0) { $0 + $1.parameters })
      #expect(record.multiplyAdds == record.layers.reduce(0) { $0 + $1.multiplyAdds })
      #expect(record.activationBytes == record.layers.reduce(0) { $0 + $1.activationBytes })
      let elements = record.tensors.reduce(0) { $0 + $1.shape.reduce(1, *) }
      #expect(record.parameters + record.buffers == elements)
      #expect(record.configuration == nil && record.history == nil && record.provenance == nil)
      #expect(try tool.run(["--format", "text", path]).text.hasSuffix("\n"))
    }
  }

  @Test("Five epochs are shown, all on request, and records hold them all")
  func history() throws {
    try Fixture.withTemporaryFolder { folder in
      let epochs = (1...7).map { #"{"epoch":\#($0),"loss":\#(0.123456789 / Double($0)),"learning_rate":1e-5}"# }
      let path = try write(
        "\(folder)/m.h5",
        documents: .init(
          configuration: #"{"data":"digits","limit":null}"#, history: "[\(epochs.joined(separator: ","))]"))
      let table = try tool.run(["--format", "text", path]).text
      #expect(
        table.hasSuffix(
          """

          configuration
            data  digits

          epoch    loss  learning_rate
              3  0.0412          1e-05
              4  0.0309          1e-05
              5  0.0247          1e-05
              6  0.0206          1e-05
              7  0.0176          1e-05
          and 2 before: --epochs shows them

          """))
      let all = try tool.run(["--format", "text", "--epochs", path]).text
      #expect(all.contains("\n    1  0.1235          1e-05\n"))
      #expect(!all.contains("before"))
      #expect(try record(path).history?.array?.count == 7)
    }
  }

  @Test("Digests are shown on request, as Python's hashlib has them in the file")
  func digests() throws {
    let table = try tool.run(["--format", "text", "--digests", tiny]).text
    #expect(
      table.contains(
        "features.1.bias                 2        09c165f78d0bca341ffc65792d6f634bf5bdbb272fdb5a749ba20ffa"))
    #expect(try !tool.run(["--format", "text", tiny]).text.contains("09c165f78d0bca34"))
  }

  @Test("The definition is written as it is stored, and fits its schema")
  func definition() throws {
    let outcome = try tool.run(["--definition", tiny])
    #expect(outcome.text == (try CheckpointSummary(path: tiny)).definitionText + "\n")
    let schema = try #require(try RecordSchemas.schema(of: "definition"))
    #expect(schema.problems(try JSON(parsing: outcome.text)) == [])
  }

  @Test("Every damaged byte of a tensor is found, and a number that is not finite")
  func verification() throws {
    let sound = try tool.run(["--verify", tiny])
    #expect(sound.status == 0)
    try Fixture.withTemporaryFolder { folder in
      let weight = try Checkpoint(reading: tiny).parameters["classifier.weight"].values
      var data = try Fixture.data("checkpoints/tiny.h5")
      let place = try #require(data.range(of: weight.withUnsafeBytes { Data($0) }))
      for offset in [place.lowerBound, place.lowerBound + 201, place.upperBound - 1] {
        data[offset] ^= 1
        try data.write(to: URL(fileURLWithPath: "\(folder)/flipped.h5"))
        data[offset] ^= 1
        let outcome = try tool.run(["--verify", "\(folder)/flipped.h5", tiny])
        #expect(outcome.status == 1)
        #expect(
          outcome.text == "\(folder)/flipped.h5: classifier.weight: its bytes do not have its SHA-256; "
            + "it is damaged\n\(sound.text)")
      }
      try data.prefix(3000).write(to: URL(fileURLWithPath: "\(folder)/short.h5"))
      #expect(try tool.run(["--verify", "\(folder)/short.h5"]).status == 1)
      let path = try write("\(folder)/infinite.h5", number: .infinity)
      let infinite = try tool.run(["--verify", path])
      #expect(infinite.status == 1)
      #expect(infinite.text == "\(path): features.0.weight: element 0 is inf, not a finite number\n")
    }
  }

  @Test(
    "A file that is no model is told for what it is, whatever is asked",
    arguments: [
      ("datasets/gray-nhw.npz", "a data set of 10 images of 5x6 (x, y), no model"),
      ("datasets/gray-nhw.h5", "a data set of 10 images of 5x6 (x, y), no model"),
      ("archives/named.gz", "gzip data, no model"), ("archives/float32.npy", "a NumPy array (.npy), no model"),
      ("datasets/mnist/t10k-labels-idx1-ubyte", "a data set in IDX, as MNIST comes in: 6 labels, no model"),
      ("generator.json", "JSON, no model"), ("README.md", "text, no model"),
      ("missing.h5", "no such file; check the path"),
    ] as [(String, String)])
  func otherFiles(name: String, message: String) throws {
    let path = Fixture.path(name)
    for option in ["--json", "--definition", "--tree", "--history", "--verify"] {
      let outcome = try tool.run([option, path])
      #expect(outcome.status == (name == "missing.h5" ? 66 : 65))
      #expect(outcome.errors == "cusp-inspect: \(path): \(message)\n")
      #expect(outcome.output.isEmpty)
    }
  }

  @Test("A file that is damaged does not verify, whatever it was", arguments: ["npz", "h5"])
  func damaged(format: String) throws {
    try Fixture.withTemporaryFolder { folder in
      let path = "\(folder)/damaged.\(format)"
      try Fixture.data("datasets/gray-nhw.\(format)").dropLast(100).write(to: URL(fileURLWithPath: path))
      let verdict = try tool.run(["--verify", path])
      #expect(verdict.status == 1 && verdict.errors.isEmpty)
      #expect(verdict.text.hasPrefix("\(path): ") && verdict.text.count { $0 == "\n" } == 1)
      let table = try tool.run([path])
      #expect(table.status == 65 && table.output.isEmpty)
      #expect(table.errors == "cusp-inspect: \(verdict.text)")
    }
  }

  @Test(
    "Hostile HDF5 files are refused by name in one line",
    arguments: [
      "external-storage", "virtual", "shape-bomb", "chunked-bomb", "cycle", "deep", "same-names", "two-datasets",
      "two-groups", "two-attributes", "unfinished",
    ])
  func hostile(name: String) throws {
    let path = Fixture.path("hdf5/\(name).h5")
    for option in ["--json", "--stats", "--tree"] {
      let outcome = try tool.run([option, path])
      #expect(outcome.status == 65)
      #expect(outcome.errors.hasPrefix("cusp-inspect: \(path): "))
      #expect(outcome.errors.count { $0 == "\n" } == 1)
      #expect(outcome.output.isEmpty)
    }
    #expect(try tool.run(["--verify", path]).status == 1)
  }

  @Test(
    "Links and unknown filters are listed, not followed or loaded, and refused by name once their numbers are wanted",
    arguments: [
      ("soft-link", "link", "soft links are not followed"),
      ("user-link", "link", "user-defined links are not followed"),
      ("external-link", "link", "links to other files are not followed"),
      ("unknown-filter", "packed", "filter 511 is not supported; rewrite with h5repack -l CONTI -f NONE"),
    ])
  func unread(file: String, name: String, reason: String) throws {
    let path = Fixture.path("hdf5/\(file).h5")
    for option in ["--json", "--stats"] {
      let outcome = try tool.run([option, path])
      #expect(outcome.status == 0)
      #expect(try JSON(parsing: outcome.text)["unread"]?.array?.map { $0["reason"]?.string } == [reason])
    }
    let outcome = try tool.run(["--key", name, path])
    #expect(outcome.status == 65 && outcome.output.isEmpty)
    #expect(outcome.errors == "cusp-inspect: \(path): \(name): \(reason)\n")
    #expect(try tool.run(["--verify", path]).status == 1)
  }

  @Test("What was just trained can be inspected through the pipe, another file under its name is refused")
  func pipe() throws {
    try Fixture.withTemporaryFolder { folder in
      let path = "\(folder)/digits.h5"
      let records = try BuiltTool("cusp-train").run(
        ["--data", "digits", "--epochs", "2", "--threads", "1", "--quiet", "--output", path])
      #expect(records.status == 0)
      let outcome = try tool.run(["--json"], input: records.output)
      let record = try ModelRecord(json: JSON(parsing: outcome.text))
      #expect(RecordSchemas.problems(inOutput: outcome.text) == [])
      #expect(record.parameters == 16 * 9 + 16 + 32 * 16 * 9 + 32 + 64 * 512 + 64 + 10 * 64 + 10)
      #expect(record.history?.array?.count == 2)
      #expect(record.provenance?["tool"]?.string == "cusp-train")
      #expect(try tool.run(["--verify"], input: records.output).status == 0)
      _ = try write(path)
      for arguments in [["--json"], ["--verify"], ["--definition"]] {
        let refused = try tool.run(arguments, input: records.output)
        #expect(refused.status == 65)
        #expect(refused.errors.hasPrefix("cusp-inspect: \(path): holds model "))
        #expect(refused.errors.hasSuffix("it was replaced since\n"))
      }
      #expect(
        try tool.run().errors
          == "cusp-inspect: no checkpoint on stdin; see what the program before it said, or name a model file\n")
    }
  }

  @Test(
    "Options that contradict each other are refused",
    arguments: [
      ["--verify", "--json"], ["--verify", "--history"], ["--definition", "--digests"], ["--tree", "--stats"],
      ["--key", "input", "--tree"], ["--history", "--epochs"],
    ])
  func contradictions(options: [String]) throws {
    #expect(try tool.run(options + [tiny]).status == 64)
  }

  /// A model of `tiny.h5`'s definition with `number` everywhere, at `path`.
  private func write(
    _ path: String, number: Float = 0.5, documents: Checkpoint.Documents = .init()
  ) throws -> String {
    let graph = try NetworkGraph(CheckpointSummary(path: tiny).definition)
    let parameters = Parameters(of: graph) { Tensor($0.shape, Array(repeating: number, count: $0.shape.count)) }
    try Checkpoint(definition: graph.definition, parameters: parameters, documents: documents).write(to: path)
    return path
  }
}
