import Checkpoints
import Foundation
import Interchange
import Records
import TestSupport
import Testing

/// A model on its way through formats: nothing is lost, and every file says where it comes from.
@Suite struct DerivedModelTests {
  /// Copies a trained model into `folder` as `trained.h5` and converts it to `model.FORMAT`, and that to `back.h5`.
  private func convert(_ format: String, in folder: String) throws {
    try FileManager.default.copyItem(atPath: try TrainedModel.digits.get().path, toPath: "\(folder)/trained.h5")
    let outcome = try bash(
      "cusp-convert --quiet trained.h5 model.\(format) && cusp-convert --quiet model.\(format) back.h5", folder: folder)
    #expect(outcome.status == 0, "\(outcome.errors)")
  }

  @Test(
    "There and back every tensor is the same, and so is all that both files say",
    arguments: ["pt", "safetensors", "npz"])
  func same(format: String) throws {
    try Fixture.withTemporaryFolder { folder in
      try convert(format, in: folder)
      for pair in [["trained.h5", "model.\(format)"], ["model.\(format)", "back.h5"], ["back.h5", "trained.h5"]] {
        let outcome = try BuiltTool("cusp-diff").run(pair, folder: folder)
        #expect(outcome.problems.isEmpty)
        let record = try DifferenceRecord(json: JSON(parsing: outcome.text))
        #expect(record.isSame && record.compared == 8, "\(record)")
      }
      let verdicts = try BuiltTool("cusp-inspect").run(
        ["--verify", "trained.h5", "model.\(format)", "back.h5"], folder: folder)
      #expect(verdicts.status == 0)
      #expect(verdicts.text.split(separator: "\n").count { $0.contains(": ok: ") } == 3)
    }
  }

  @Test("Tensors that get other names are all there, and with their own names the network's again")
  func renamed() throws {
    try Fixture.withTemporaryFolder { folder in
      try FileManager.default.copyItem(atPath: try TrainedModel.digits.get().path, toPath: "\(folder)/trained.h5")
      let outcome = try bash(
        "cusp-convert --quiet trained.h5 there.safetensors --rename '^conv=features.conv' && "
          + "cusp-convert --quiet there.safetensors back.h5 --arch digits-cnn --rename '^features\\.='", folder: folder)
      #expect(outcome.status == 0, "\(outcome.errors)")
      let names = try TensorFile(path: "\(folder)/there.safetensors").tensors.map(\.name).sorted()
      #expect(
        names == ["fc1", "fc2", "features.conv1", "features.conv2"].flatMap { ["\($0).bias", "\($0).weight"] })
      let difference = try BuiltTool("cusp-diff").run(["trained.h5", "back.h5"], folder: folder)
      #expect(try DifferenceRecord(json: JSON(parsing: difference.text)).compared == 8 && difference.status == 0)
    }
  }

  @Test("The history is the commands from the training on, each of what the one before made", arguments: ["pt", "npz"])
  func history(format: String) throws {
    try Fixture.withTemporaryFolder { folder in
      try convert(format, in: folder)
      let history = try BuiltTool("cusp-inspect").run(["--history", "back.h5"], folder: folder)
      let lines = history.text.split(separator: "\n").map(String.init)
      try #require(lines.count == 3)
      #expect(lines[0].hasPrefix("cusp-train --arch=digits-cnn --data=digits "))
      let digest = try Checkpoint.summary(path: "\(folder)/trained.h5").digest
      #expect(lines[1].hasPrefix("cusp-convert "))
      #expect(lines[1].hasSuffix("  # 0.1.0, of the model \(digest)"))
      let sums = try bash("sha256sum model.\(format)", folder: folder)
      #expect(lines[2].hasSuffix("  # 0.1.0, of the file \(sums.text.prefix(64))"))
      let schema = try #require(try RecordSchemas.schema(of: "provenance"))
      let provenance = try Checkpoint.summary(path: "\(folder)/back.h5").documents.provenance
      #expect(try schema.problems(JSON(parsing: provenance)) == [])
    }
  }

  @Test("Names that a terminal would obey are shown harmless, in tables and trees")
  func names() throws {
    try Fixture.withTemporaryFolder { folder in
      let path = "\(folder)/a.safetensors"
      let tensors = [(name: "evil\u{1B}[31m\nname", shape: [1], values: [Float(1)])]
      try safetensors(tensors, metadata: ["k\u{7}": "v\r\n"]).write(to: URL(fileURLWithPath: path))
      for options in [["--format", "text"], ["--format", "text", "--stats"], ["--tree"], ["--verify"], ["--history"]] {
        let outcome = try BuiltTool("cusp-inspect").run(options + [path])
        #expect(outcome.status == 0)
        let controls = outcome.text.unicodeScalars.filter { $0.properties.generalCategory == .control && $0 != "\n" }
        #expect(controls.isEmpty, "\(options)")
        #expect(!outcome.text.contains("\nname"), "\(options)")
      }
      let record = try BuiltTool("cusp-inspect").run(["--json", path])
      #expect(record.problems.isEmpty)
      #expect(try TensorFileRecord(json: JSON(parsing: record.text)).tensors.map(\.name) == tensors.map(\.name))
    }
  }
}
