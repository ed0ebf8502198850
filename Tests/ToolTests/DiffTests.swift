import Checkpoints
import Foundation
import Networks
import Records
import Tensors
import TestSupport
import Testing

/// `cusp-diff` as a program: statuses, records and tables. What it compares is tested with `Inspection`.
@Suite struct DiffTests {
  private let tool = BuiltTool("cusp-diff")
  private let tiny = Fixture.path("checkpoints/tiny.h5")

  @Test("A file and itself are the same, and the record says so")
  func same() throws {
    let outcome = try tool.run([tiny, tiny])
    #expect(outcome.status == 0)
    #expect(outcome.problems.isEmpty)
    let record = try DifferenceRecord(json: JSON(parsing: outcome.text))
    #expect(record.isSame)
    #expect(record.compared == 9)
    #expect(try tool.run(["--json", tiny, tiny]).text == outcome.text)
    let text = try tool.run(["--format", "text", tiny, tiny])
    #expect(text.status == 0)
    #expect(text.text == "9 of 9 tensors that both files have are the same\n")
  }

  @Test("What differs is a record by its schema, and a table")
  func different() throws {
    try Fixture.withTemporaryFolder { folder in
      let other = "\(folder)/other.h5"
      let checkpoint = try Checkpoint(reading: tiny)
      var parameters = checkpoint.parameters
      parameters["classifier.bias"] = Tensor([3], parameters["classifier.bias"].values.map { $0 + 0.5 })
      parameters["features.0.weight"].values[0] = .infinity
      try Checkpoint(
        definition: checkpoint.definition, parameters: parameters, classNames: checkpoint.classNames,
        documents: .init(configuration: #"{"seed":"8"}"#)
      ).write(to: other)
      let outcome = try tool.run([tiny, other])
      #expect(outcome.status == 1)
      #expect(RecordSchemas.problems(inOutput: outcome.text) == [])
      let record = try DifferenceRecord(json: JSON(parsing: outcome.text))
      #expect(record.facts.map(\.name) == ["configuration.seed", "epoch", "step"])
      #expect(record.tensors.map(\.name) == ["features.0.weight", "classifier.bias"])
      #expect(record.tensors.map(\.incomparable) == [1, 0])
      #expect(record.tensors.map(\.differing) == [1, 3])
      let text = try tool.run(["--format", "text", tiny, other])
      #expect(text.status == 1)
      #expect(text.text.contains("configuration.seed  7      8\n"))
      #expect(text.text.contains("features.0.weight  2x1x3x3  1, not all finite"))
      #expect(text.text.hasSuffix("6 of 8 tensors that both files have are the same\n"))
      #expect(try tool.run(["--tensors", "--tolerance", "0.6", tiny, other]).status == 1)
    }
  }

  @Test("Shapes and names that only one file has are told, at most ten")
  func structure() throws {
    try Fixture.withTemporaryFolder { folder in
      let paths = try [12, 1].map { count in
        let tensors = (0..<count).map {
          (name: "t\($0)", shape: [$0 + count], values: [Float](repeating: 0, count: $0 + count))
        }
        let path = "\(folder)/\(count).safetensors"
        try safetensors(tensors).write(to: URL(fileURLWithPath: path))
        return path
      }
      let text = try tool.run(["--format", "text"] + paths)
      #expect(text.status == 1)
      #expect(
        text.text == """
          tensor  first shape  second shape
          t0      12           1

          nothing was compared: no tensor has the same name and shape in both files

          only in \(paths[0]): t1, t2, t3, t4, t5, t6, t7, t8, t9, t10 and 1 more

          """)
      #expect(RecordSchemas.problems(inOutput: try tool.run(paths).text) == [])
    }
  }

  @Test(
    "What cannot be told is one line and its status",
    arguments: [
      (["tiny", "missing.h5"], 66, "missing.h5: no such file; check the path"),
      (["json", "tiny"], 65, "\(Fixture.path("generator.json")): JSON, no model"),
      (["tiny"], 64, "Missing expected argument '<second>'; see cusp-diff --help"),
      (["tiny", "tiny", "--tolerance=-1"], 64, "--tolerance -1.0: give 0 or more; see cusp-diff --help"),
    ] as [([String], Int32, String)])
  func trouble(arguments: [String], status: Int32, message: String) throws {
    let files = ["tiny": tiny, "json": Fixture.path("generator.json")]
    let outcome = try tool.run(arguments.map { files[$0] ?? $0 })
    #expect(outcome.status == status)
    #expect(outcome.output.isEmpty)
    #expect(outcome.errors == "cusp-diff: \(message)\n")
  }
}
