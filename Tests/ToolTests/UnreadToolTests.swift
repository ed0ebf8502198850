import Checkpoints
import Foundation
import Networks
import Records
import Tensors
import TestSupport
import Testing

/// What no program read of a file: the statuses and lines of the programs. What is found is tested with `Interchange`.
@Suite struct UnreadToolTests {
  private func path(_ name: String) -> String { Fixture.path("unread/\(name)") }

  @Test(
    "Files of which something is not read are neither the same nor sound, and do not convert",
    arguments: [
      ("complex.h5", "complex-changed.h5", "x", "complex numbers are not read"),
      ("link.h5", "link.h5", "alias", "soft links are not followed"),
      ("array.pt", "array.pt", "tensor", "arrays of NumPy in a pickle are not read; save tensors"),
    ])
  func unread(first: String, second: String, name: String, reason: String) throws {
    let difference = try BuiltTool("cusp-diff").run([path(first), path(second)])
    #expect(difference.status == 1 && difference.errors.isEmpty)
    #expect(RecordSchemas.problems(inOutput: difference.text) == [])
    let text = try BuiltTool("cusp-diff").run(["--format", "text", path(first), path(second)])
    #expect(text.status == 1)
    #expect(text.text.contains("not read in \(path(first)):\n  \(name): \(reason)\n"))
    let verdict = try BuiltTool("cusp-inspect").run(["--verify", path(first)])
    #expect(verdict.status == 1 && verdict.text == "\(path(first)): not verified: \(name): \(reason)\n")
    let record = try BuiltTool("cusp-inspect").run([path(first)])
    #expect(record.status == 0 && RecordSchemas.problems(inOutput: record.text) == [])
    #expect(try JSON(parsing: record.text)["unread"]?.array?.first?["name"]?.string == name)
    let table = try BuiltTool("cusp-inspect").run(["--format", "text", path(first)])
    #expect(table.text.contains("not read\n  \(name)  \(reason)\n"))
    try Fixture.withTemporaryFolder { folder in
      let refused = try BuiltTool("cusp-convert").run([path(first), "\(folder)/x.npz"])
      #expect(refused.status == 65)
      #expect(
        refused.errors
          == "cusp-convert: \(path(first)): \(name): \(reason); --skip-unreadable leaves them out\n")
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
    }
  }

  @Test("A conversion goes on without what is not read where it is told to, and says so")
  func skipping() throws {
    try Fixture.withTemporaryFolder { folder in
      let outcome = try BuiltTool("cusp-convert").run([path("complex.h5"), "\(folder)/x.npz", "--skip-unreadable"])
      #expect(outcome.status == 0)
      #expect(outcome.errors == "cusp-convert: \(path("complex.h5")): left out x: complex numbers are not read\n")
      let key = try BuiltTool("cusp-inspect").run(["--key", "w", "\(folder)/x.npz"])
      #expect(key.text == "[0,1,2]\n")
    }
  }

  @Test("A data set with an array that is not read is no exception")
  func data() throws {
    try Fixture.withTemporaryFolder { folder in
      let refused = try BuiltTool("cusp-convert").run([path("data.h5"), "\(folder)/x.npz"])
      #expect(refused.status == 65)
      #expect(refused.errors.hasPrefix("cusp-convert: \(path("data.h5")): z: complex numbers are not read"))
      let skipped = try BuiltTool("cusp-convert").run([path("data.h5"), "\(folder)/x.npz", "--skip-unreadable"])
      #expect(skipped.status == 0)
      #expect(skipped.errors.hasSuffix("\(path("data.h5")): left out z: complex numbers are not read\n"))
    }
  }

  @Test("A tensor saved by itself is shown, verified, held against another and converted")
  func bareTensor() throws {
    try Fixture.withTemporaryFolder { folder in
      for format in ["npz", "safetensors", "pt"] {
        let copy = "\(folder)/x.\(format)"
        let outcome = try BuiltTool("cusp-convert").run([path("one.pt"), copy])
        #expect(outcome.status == 0)
        #expect(try BuiltTool("cusp-diff").run([path("one.pt"), copy]).status == 0)
        #expect(try BuiltTool("cusp-diff").run([path("one-changed.pt"), copy]).status == 1)
        #expect(try BuiltTool("cusp-inspect").run(["--key", "tensor", copy]).text == "[[0,1,2],[3,4,5]]\n")
      }
    }
    #expect(try BuiltTool("cusp-inspect").run(["--verify", path("one.pt")]).status == 0)
    #expect(try BuiltTool("cusp-inspect").run(["--verify", path("one-nan.pt")]).status == 1)
  }

  @Test("Files without tensors are not the same, and complex numbers are shown as pairs")
  func odd() throws {
    let nothing = try BuiltTool("cusp-diff").run(["--format", "text", path("nothing.pt"), path("nothing.pt")])
    #expect(
      nothing.status == 1
        && nothing.text == "nothing was compared: no tensor has the same name and shape in both files\n")
    let pairs = try BuiltTool("cusp-inspect").run(["--key", "w", path("complex.pt")])
    #expect(pairs.text == "[[1,2],[0,-0.5]]\n" || pairs.text == "[[1,2],[-0,-0.5]]\n")
  }
}

/// Models with numbers that are not finite.
@Suite struct NonFiniteModelTests {
  /// Writes a model whose bias has a NaN at its second place and which trained for an epoch.
  private func write(_ folder: String) throws {
    let outcome = try BuiltTool("cusp-train").run(
      ["--quiet", "--epochs", "2", "--limit", "64", "--output", "sound.h5"], folder: folder)
    try #require(outcome.status == 0)
    var checkpoint = try Checkpoint(reading: "\(folder)/sound.h5")
    checkpoint.optimizer["momentum.fc2.bias"]?.values[3] = .infinity
    try checkpoint.write(to: "\(folder)/momentum.h5")
    var parameters = checkpoint.parameters
    parameters["fc2.bias"].values[1] = .nan
    let broken = try Checkpoint(
      definition: checkpoint.definition, parameters: parameters, optimizer: checkpoint.optimizer,
      progress: checkpoint.progress, documents: checkpoint.documents)
    try broken.write(to: "\(folder)/broken.h5")
  }

  @Test("are refused by every program that computes with them, by the first tensor's name, and taken where asked")
  func refused() throws {
    try Fixture.withTemporaryFolder { folder in
      try write(folder)
      let fault = "broken.h5: fc2.bias: element 1 is nan, not a finite number"
      for (tool, arguments) in [
        ("cusp-attack", ["broken.h5", "--fgsm", "--limit", "3"]), ("cusp-evaluate", ["broken.h5", "--limit", "3"]),
        ("cusp-serve", ["broken.h5"]), ("cusp-convert", ["broken.h5", "copy.h5"]),
      ] {
        let outcome = try BuiltTool(tool).run(arguments, folder: folder)
        #expect(outcome.status == 65 && outcome.output.isEmpty, "\(tool)")
        #expect(outcome.errors == "\(tool): \(fault); --allow-non-finite takes such a model\n")
        let taken = try BuiltTool(tool).run(arguments + ["--allow-non-finite", "--quiet"], folder: folder)
        #expect(taken.status == 0, "\(tool): \(taken.errors)")
      }
      let resumed = try BuiltTool("cusp-train").run(["--resume", "broken.h5"], folder: folder)
      #expect(resumed.status == 65)
      #expect(resumed.errors == "cusp-train: \(fault); go on with an earlier file\n")
    }
  }

  @Test("a run whose optimiser has such numbers does not go on, while its model is sound")
  func optimizer() throws {
    try Fixture.withTemporaryFolder { folder in
      try write(folder)
      let resumed = try BuiltTool("cusp-train").run(["--resume", "momentum.h5"], folder: folder)
      #expect(resumed.status == 65)
      #expect(
        resumed.errors
          == "cusp-train: momentum.h5: optimizer.momentum.fc2.bias: element 3 is inf, not a finite number; "
          + "go on with an earlier file\n")
      let score = try BuiltTool("cusp-evaluate").run(["momentum.h5", "--limit", "3", "--quiet"], folder: folder)
      #expect(score.status == 0)
    }
  }
}
