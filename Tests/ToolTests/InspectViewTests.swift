import Checkpoints
import Foundation
import Networks
import Records
import Tensors
import TestSupport
import Testing

/// What `cusp-inspect` shows beside a model's record: values, structure, statistics, commands, files of other tools.
@Suite struct InspectViewTests {
  private let tool = BuiltTool("cusp-inspect")
  private let tiny = Fixture.path("checkpoints/tiny.h5")

  /// Writes a file of float tensors as another tool would.
  private func write(
    _ tensors: [(name: String, shape: [Int], values: [Float])], metadata: [String: String] = [:], to path: String
  ) throws {
    try safetensors(tensors, metadata: metadata).write(to: URL(fileURLWithPath: path))
  }

  @Test("A file of another tool is told with the network recognised in it")
  func foreign() throws {
    try Fixture.withTemporaryFolder { folder in
      let graph = try NetworkGraph(Architecture.digitsCNN.definition())
      let parameters = Parameters(initializing: graph, seed: 1)
      let path = "\(folder)/digits.safetensors"
      let tensors = zip(parameters.specs, parameters.tensors).map { spec, tensor in
        (name: "module.\(spec.path.text)", shape: tensor.shape.sizes, values: tensor.values)
      }
      try write(tensors, metadata: ["note": "by hand"], to: path)
      let outcome = try tool.run(["--json", path])
      #expect(outcome.problems.isEmpty)
      let record = try TensorFileRecord(json: JSON(parsing: outcome.text))
      #expect(record.format == "safetensors")
      #expect(record.architecture == "digits-cnn")
      #expect(record.elements == parameters.tensors.reduce(0) { $0 + $1.values.count })
      #expect(Set(record.tensors.map(\.name)) == Set(tensors.map(\.name)))
      #expect(record.metadata == .object([.init("note", .string("by hand"))]))
      let table = try tool.run(["--format", "text", path]).text
      #expect(table.contains("architecture  digits-cnn, by the names and shapes of its tensors\n"))
      #expect(table.contains("\nlayer"))
      #expect(table.hasSuffix("\nmetadata\n  note  by hand\n"))
      #expect(try tool.run(["--definition", path]).text.hasPrefix(#"{"architecture":"digits-cnn""#))
      #expect(try tool.run(["--history", path]).text == "# \(path): does not say how it was made\n")
    }
  }

  @Test("Statistics are those of the numbers, in records and tables")
  func statistics() throws {
    try Fixture.withTemporaryFolder { folder in
      let path = "\(folder)/a.safetensors"
      try write([("a", [2, 2], [0, 1, .nan, 2]), ("b", [1], [.infinity])], to: path)
      let outcome = try tool.run(["--json", "--stats", path])
      #expect(outcome.problems.isEmpty)
      let tensors = try TensorFileRecord(json: JSON(parsing: outcome.text)).tensors
      #expect(
        tensors.map { $0.statistics?.text } == [
          #"{"mean":1,"deviation":0.816496580927726,"minimum":0,"maximum":2,"zeros":1,"nans":1,"infinities":0,"#
            + #""histogram":[1,0,0,0,0,0,0,0,1,0,0,0,0,0,0,1]}"#,
          #"{"mean":null,"deviation":null,"minimum":null,"maximum":null,"zeros":0,"nans":0,"infinities":1,"#
            + #""histogram":[]}"#,
        ])
      let table = try tool.run(["--format", "text", "--stats", path]).text
      #expect(
        table.hasSuffix(
          """
          tensor  element  shape  mean  deviation  minimum  maximum  zeros  NaN  infinite  histogram
          a       float32  2x2       1     0.8165        0        2      1    1         -  █·······█······█
          b       float32  1         -          -        -        -      -    -         1

          """))
      let model = try tool.run(["--json", "--stats", tiny])
      #expect(model.problems.isEmpty)
      let statistics = try ModelRecord(json: JSON(parsing: model.text)).tensors.map(\.statistics)
      #expect(statistics.allSatisfy { $0?["nans"]?.integer == 0 })
    }
  }

  @Test(
    "One value comes alone: text as it is, all else as JSON",
    arguments: [
      ("architecture", "tiny"), ("input", "[1,4,4]"), ("class_names.1", "dog"), ("configuration.seed", "7"),
      ("layers.features.0.multiply_adds", "288"), ("layers.0.kind", "convolution"),
      ("layers.features.1.inputs.0", "features.0"), ("tensors.features.1.num_batches_tracked.shape", "[]"),
      ("preprocessing", #"{"mean":[0.5],"standard_deviation":[0.25]}"#),
    ])
  func keys(path: String, value: String) throws {
    let outcome = try tool.run(["--key", path, tiny])
    #expect(outcome.status == 0)
    #expect(outcome.text == value + "\n")
  }

  @Test("A tensor's numbers come as nested lists, those that are not finite as null")
  func tensorKeys() throws {
    try Fixture.withTemporaryFolder { folder in
      let path = "\(folder)/a.safetensors"
      let many = (0..<600_000).map { Float($0) / 7 }
      try write(
        [
          ("a.b", [2, 2, 1], [0.1, -2, .nan, 1e-20]), ("one", [], [3]), ("none", [0, 2], []),
          ("many", [2, 300_000], many),
        ], to: path)
      func text(_ key: String) throws -> String { try tool.run(["--key", key, path]).text }
      #expect(try text("a.b") == "[[[0.1],[-2]],[[null],[1e-20]]]\n")
      #expect(try text("one") == "3\n")
      #expect(try text("none") == "[]\n")
      let rows = try #require(try JSON(parsing: text("many")).array).map { $0.array?.compactMap(\.number) ?? [] }
      #expect(rows.map(\.count) == [300_000, 300_000])
      #expect(rows.joined().map { Float($0) } == many)
      let missing = try tool.run(["--key", "c", path])
      #expect(missing.status == 65)
      #expect(missing.errors == "cusp-inspect: \(path): has no value and no tensor c; see --json\n")
      let bias = try Checkpoint(reading: tiny).parameters["classifier.bias"].values
      let listed = try JSON(parsing: tool.run(["--key", "classifier.bias", tiny]).text).array
      #expect(listed?.compactMap(\.number).map { Float($0) } == bias)
    }
  }

  @Test("The commands that made a file come one a line, fit for a shell")
  func commands() throws {
    try Fixture.withTemporaryFolder { folder in
      let digest = String(repeating: "ab", count: 32)
      let training = Provenance(.init(tool: "cusp-train", version: "0.1.0", arguments: ["--arch=lenet", "--seed=7"]))
      let provenance = Provenance(
        .init(
          tool: "cusp-convert", version: "0.2.0", arguments: ["it's $HOME.pt", "", "b.h5"],
          parent: .model(digest: digest)),
        after: training)
      var checkpoint = try Checkpoint(reading: tiny)
      checkpoint.documents.provenance = try provenance.json()
      let path = "\(folder)/m.h5"
      try checkpoint.write(to: path)
      let lines = [
        "cusp-train --arch=lenet --seed=7  # 0.1.0",
        #"cusp-convert 'it'\''s $HOME.pt' '' b.h5  # 0.2.0, of the model \#(digest)"#,
      ]
      let text = try tool.run(["--history", path]).text
      #expect(text == lines.map { $0 + "\n" }.joined())
      let words = try bash("cusp-convert() { printf '%s|' \"$@\"; }; cusp-train() { :; }; \(text)")
      #expect(words.text == "it's $HOME.pt||b.h5|")
      let table = try tool.run(["--format", "text", path]).text
      #expect(table.contains("\nprovenance\n" + lines.map { "  \($0)\n" }.joined()))
    }
  }

  @Test("The raw structure is indented, two spaces a level")
  func tree() throws {
    let lines = try tool.run(["--tree", tiny]).text.split(separator: "\n")
    #expect(lines.first == "/  group")
    #expect(lines.contains("    classifier  group"))
    #expect(lines.contains("      bias  dataset  float32 3"))
    #expect(lines.contains { $0.hasPrefix("        sha256  attribute  ") })
  }
}
