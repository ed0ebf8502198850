import Checkpoints
import Foundation
import Interchange
import Records
import TestSupport
import Testing

/// Keras files through the programs.
@Suite("Keras files in the programs")
struct KerasToolTests {
  private let convert = BuiltTool("cusp-convert")
  private let separable = Fixture.path("keras/separable.keras")

  private func records(_ outcome: BuiltTool.Outcome) throws -> [JSON] {
    try outcome.text.split(separator: "\n").map { try JSON(parsing: String($0)) }
  }

  @Test("A model is told about in a few lines, and comes back as both kinds of files")
  func thereAndBack() throws {
    try Fixture.withTemporaryFolder { folder in
      let outcome = try convert.run([separable, "m.h5", "--data", "digits"], folder: folder)
      #expect(outcome.problems.isEmpty)
      let lines = outcome.errors.split(separator: "\n").map { $0.replacing("cusp-convert: \(separable): ", with: "") }
      #expect(
        lines == [
          "a functional model of 17 layers, by Keras 3.15.1: images 2x8x8, 3 classes",
          "its last Softmax is taken off, so that it gives logits",
          "the model has no preprocessing, so pixels of 0...1 are taken as they are; --normalise adds one",
        ], "\(lines)")
      let record = try CheckpointRecord(json: JSON(parsing: outcome.text))
      #expect(record.architecture == "keras" && record.data == "digits")
      for ending in ["keras", "keras.h5"] {
        let there = try convert.run(["m.h5", "n.\(ending)"], folder: folder)
        #expect(there.status == 0 && there.output.isEmpty && there.errors.isEmpty, "\(there.errors)")
        let back = try convert.run(["n.\(ending)", "back.h5", "--quiet"], folder: folder)
        #expect(try CheckpointRecord(json: JSON(parsing: back.text)).digest == record.digest)
      }
    }
  }

  @Test("A pipe brings a model, and takes one")
  func pipes() throws {
    try Fixture.withTemporaryFolder { folder in
      let command = """
        cusp-convert - m.h5 --quiet < '\(separable)' > record && cusp-convert m.h5 --to keras > n.keras \
        && cusp-convert m.h5 --to keras-h5 | cusp-convert - back.h5 --quiet > second && cmp record second; \
        cusp-convert n.keras third.h5 --quiet | grep -c '"architecture":"keras"'
        """
      let outcome = try bash(command, folder: folder)
      #expect(outcome.text.hasSuffix("1\n"), "\(outcome.text) \(outcome.errors)")
      let digests = try ["m.h5", "back.h5", "third.h5"].map { try Checkpoint.summary(path: "\(folder)/\($0)").digest }
      #expect(Set(digests).count == 1)
    }
  }

  @Test("A file is inspected, raw and as a network", arguments: ["plain.keras", "plain.h5"])
  func inspected(name: String) throws {
    let inspect = BuiltTool("cusp-inspect")
    let path = Fixture.path("keras/\(name)")
    let record = try JSON(parsing: inspect.run(["--json", path]).text)
    #expect(record["format"]?.string == (name.hasSuffix("h5") ? "keras-h5" : "keras"))
    #expect(record["architecture"]?.string == "keras", "\(record["architecture"] ?? .null)")
    #expect(record["tensors"]?.array?.count == 8)
    let tree = try inspect.run(["--tree", path])
    #expect(tree.status == 0 && tree.text.contains("kernel") == name.hasSuffix("h5"))
    #expect(try inspect.run(["--format", "text", path]).text.contains("dense"))
  }

  @Test("A model is attacked as it comes")
  func attacked() throws {
    try Fixture.withTemporaryFolder { folder in
      let command = """
        cusp-convert '\(Fixture.path("keras/flat.keras"))' flat.h5 --quiet > record
        cusp-attack '\(Fixture.path("keras/flat.keras"))' --data digits --fgsm --limit 4 --quiet > one
        cusp-attack flat.h5 --data digits --fgsm --limit 4 --quiet > two
        cmp one two && wc -l < one
        """
      let outcome = try bash(command, folder: folder)
      #expect(outcome.status == 0, "\(outcome.errors)")
    }
  }

  @Test("What cannot be written or read is one line and 65")
  func refusals() throws {
    try Fixture.withTemporaryFolder { folder in
      let cases = [
        ([Fixture.path("keras/refused-selu.keras"), "x.h5"], "activation selu is not taken"),
        ([Fixture.path("keras/hostile-virtual.keras"), "x.h5"], "virtual datasets, made of other files, are not read"),
        ([Fixture.path("keras/hostile-soft-link.keras"), "x.h5"], "soft links are not followed"),
        ([Fixture.path("interchange/state.pt"), "x.keras"], "fit no architecture"),
      ]
      for (arguments, words) in cases {
        let outcome = try convert.run(arguments, folder: folder)
        #expect(outcome.status == 65 && outcome.output.isEmpty)
        #expect(outcome.errors.contains(words) && outcome.errors.count { $0 == "\n" } == 1, "\(outcome.errors)")
        #expect(!FileManager.default.fileExists(atPath: "\(folder)/\(arguments[1])"))
      }
    }
  }
}
