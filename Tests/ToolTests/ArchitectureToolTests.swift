import Checkpoints
import Foundation
import Networks
import Tensors
import TestSupport
import Testing

@Suite("Networks by name and from files")
struct ArchitectureToolTests {
  private let tool = BuiltTool("cusp-train")

  @Test("--list-architectures says parameters, multiply-adds and source of each")
  func list() throws {
    let outcome = try tool.run(["--list-architectures"])
    #expect(outcome.status == 0 && outcome.errors.isEmpty)
    let groups = outcome.text.split(separator: "\n\n").dropFirst().map { $0.split(separator: "\n") }
    #expect(groups.map { String($0[0]) } == ArchitectureFamily.allCases.map(\.name))
    let rows = groups.flatMap { $0.dropFirst() }.map { $0.split(whereSeparator: \.isWhitespace) }
    #expect(rows.map { String($0[0]) } == Architecture.allCases.map(\.name))
    #expect(groups.map(\.count) == ArchitectureFamily.allCases.map { $0.members.count + 1 })
    let row = try #require(rows.first { $0[0] == "p4m-resnet18" }).map(String.init)
    let graph = try NetworkGraph(Architecture.p4mResNet18.definition())
    #expect(row[1...3] == ["3x32x32", "11201415", "\(graph.multiplyAdds)"])
    #expect(row[4...].joined(separator: " ") == Architecture.p4mResNet18.source)
  }

  @Test("The page of cusp-train lists all of them, family by family")
  func page() throws {
    let page = try String(contentsOf: Fixture.repository.appending(path: "tools/cusp-train/README.md"), encoding: .utf8)
    let rows = page.split(separator: "\n").filter { $0.hasPrefix("| ") }
    for family in ArchitectureFamily.allCases {
      let row = try #require(rows.first { $0.hasPrefix("| \(family.name) |") }, "\(family.name)")
      for architecture in family.members { #expect(row.contains("`\(architecture.name)`"), "\(architecture.name)") }
    }
  }

  /// A network over p4m for the built-in digits.
  private static let invariant = """
    {
      "architecture": "my/digits", "imageShape": [1, 8, 8], "classCount": 10,
      "preprocessing": {"mean": [], "standardDeviation": []},
      "nodes": [
        {"name": "lift", "inputs": ["input"], "kind": "group-convolution", "group": "p4m", "lifting": true,
         "outputChannels": 2, "kernelSize": 3, "stride": 1, "padding": 1, "bias": true,
         "initialWeights": "uniform-fan-in"},
        {"name": "bn", "inputs": ["lift"], "kind": "group-batch-normalization", "group": "p4m", "epsilon": 1e-05,
         "momentum": 0.1},
        {"name": "relu", "inputs": ["bn"], "kind": "relu"},
        {"name": "conv", "inputs": ["relu"], "kind": "group-convolution", "group": "p4m", "lifting": false,
         "outputChannels": 4, "kernelSize": 3, "stride": 1, "padding": 0, "bias": true,
         "initialWeights": "uniform-fan-in"},
        {"name": "maximum", "inputs": ["conv"], "kind": "group-max-pooling", "group": "p4m"},
        {"name": "flatten", "inputs": ["maximum"], "kind": "flatten"},
        {"name": "fc", "inputs": ["flatten"], "kind": "dense", "outputs": 10, "bias": true,
         "initialWeights": "uniform-fan-in"}
      ]
    }
    """

  private func train(_ definition: String, in folder: String, _ more: [String] = []) throws -> BuiltTool.Outcome {
    try Data(definition.utf8).write(to: URL(fileURLWithPath: "\(folder)/network.json"))
    let short = ["--epochs", "1", "--limit", "64", "--quiet"]
    return try tool.run(["--arch", "network.json"] + short + more, folder: folder)
  }

  @Test("--arch FILE.json trains the network that the file describes, and goes on with it")
  func file() throws {
    try Fixture.withTemporaryFolder { folder in
      let outcome = try train(Self.invariant, in: folder, ["--normalise", "0.3/0.4"])
      #expect(outcome.status == 0, "\(outcome.errors)")
      let checkpoint = try Checkpoint(reading: "\(folder)/my-digits-natural.h5")
      var expected = try Checkpoints.definition(json: Self.invariant)
      expected.preprocessing = Preprocessing(mean: [0.3], standardDeviation: [0.4])
      #expect(checkpoint.definition == expected)
      #expect(checkpoint.parameters["conv.weight"].shape == [4, 2, 8, 3, 3])
      let again = try tool.run(["--resume", "my-digits-natural.h5", "--quiet"], folder: folder)
      #expect(again.status == 0, "\(again.errors)")
    }
  }

  @Test(
    "A wrong definition is refused in one line that names the layer",
    arguments: [
      (
        #""kind": "relu""#, #""kind": "arctan""#,
        "the definition's nodes.2.kind (node relu) has a value that is not known"
      ),
      (#""inputs": ["bn"]"#, #""inputs": ["conv"]"#, "relu relu: reads conv, which does not stand before it"),
      (#""inputs": ["bn"]"#, #""inputs": ["bm"]"#, "relu relu: reads bm, which no node is"),
      (#""inputs": ["maximum"]"#, #""inputs": ["conv"]"#, "group-max-pooling maximum: is read by no later node"),
      (#""inputs": ["flatten"]"#, #""inputs": ["maximum"]"#, "dense fc: needs [features], has [4x6x6]"),
      (
        #""inputs": ["relu"], "kind": "group-convolution", "group": "p4m""#,
        #""inputs": ["input"], "kind": "group-convolution", "group": "p4m""#,
        "group-convolution conv: needs [8 c, h, w], maps over p4m, has [1x8x8]"
      ),
      (
        #""imageShape": [1, 8, 8]"#, #""imageShape": [1, 9, 8]"#,
        "made for 1x9x8 images of 10 classes, but the data are 1x8x8 of 10"
      ),
      ("{", "", "the definition is not JSON"),
    ] as [(String, String, String)])
  func refusal(part: String, wrong: String, reason: String) throws {
    try Fixture.withTemporaryFolder { folder in
      let outcome = try train(Self.invariant.replacing(part, with: wrong, maxReplacements: 1), in: folder)
      #expect(outcome.status == 65)
      #expect(outcome.errors.hasPrefix("cusp-train: network.json: "))
      #expect(outcome.errors.contains(reason), "\(outcome.errors)")
      #expect(outcome.errors.split(separator: "\n").count == 1)
    }
  }

  @Test("A file that is not there and a name that is none are refused")
  func missing() throws {
    #expect(try tool.run(["--arch", "nowhere.json"]).status == 66)
    for (name, words) in [("resnet19", "Did you mean resnet18?"), ("zzz", ", wrn-DEPTH-WIDTH, FILE.json; see")] {
      let outcome = try tool.run(["--arch", name])
      #expect(outcome.status == 64 && outcome.errors.contains(words), "\(outcome.errors)")
      #expect(outcome.errors.count(where: \.isNewline) == 1)
    }
  }
}
