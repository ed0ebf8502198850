import TestSupport
import Testing

/// A setting that has no effect where it stands is refused by its name, in every program that has one.
///
/// Those of attacks are in the tests of `cusp-attack` and `cusp-evaluate`, those of training in those of curricula, those of
/// requests in the tests of the service.
@Suite struct IdleSettingTests {
  private static let tiny = Fixture.path("checkpoints/tiny.h5")

  @Test(
    "What would be ignored is refused before any work",
    arguments: [
      ("cusp-bench", ["small-cnn", "--images", "5"], "--images 5: other programs take one batch"),
      (
        "cusp-serve", [tiny, "--batch-size", "1", "--max-delay", "5"], "--max-delay 5: a batch of 1 waits for no other"
      ),
      ("cusp-diff", [tiny, tiny, "--json", "--format", "text"], "--json and --format text: ask for one of them"),
      ("cusp-inspect", [tiny, "--json", "--format", "text"], "--json and --format text: ask for one of them"),
      ("cusp-inspect", [tiny, "--json", "--epochs"], "--epochs: records hold all of them"),
      ("cusp-inspect", [tiny, "--format", "ndjson", "--digests"], "--digests: records hold all of them"),
      (
        "cusp-inspect", [tiny, "--verify", "--format", "text"], "--verify shows just that; leave out --json, --format,"
      ),
      ("cusp-convert", ["digits", "d.npz", "--arch", "lenet"], "--arch is for models, and digits is a data set"),
      ("cusp-convert", ["digits", "d.npz", "--to", "npz"], "--to is for models, and digits is a data set"),
      (
        "cusp-convert", ["digits", "d.npz", "--normalise", "none"],
        "--normalise is for models, and digits is a data set"
      ),
      ("cusp-evaluate", [tiny, "--data", "digits", "--seed", "5"], "--seed 5: nothing is drawn here"),
      ("cusp-attack", [tiny, "--spatial", "--rotation", "5", "--steps", "3"], "--steps is of an attack"),
      ("cusp-train", ["--steps", "3"], "--steps needs --method pgd"),
    ] as [(String, [String], String)])
  func refused(tool: String, arguments: [String], message: String) throws {
    try Fixture.withTemporaryFolder { folder in
      let outcome = try BuiltTool(tool).run(arguments, folder: folder)
      #expect(outcome.status == 64)
      #expect(outcome.errors.hasPrefix("\(tool): \(message)"), "\(outcome.errors)")
      #expect(outcome.errors.count { $0 == "\n" } == 1 && outcome.output.isEmpty)
    }
  }
}
