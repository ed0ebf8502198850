import Foundation
import Records
import TestSupport
import Testing

/// `cusp-summarise --claims`; what it says is held against NumPy in `PlotsTests`.
@Suite struct ClaimToolTests {
  private let tool = BuiltTool("cusp-summarise")

  private func epoch(rotation: Double, epsilon: Double) -> EpochRecord {
    EpochRecord(
      epoch: 1, epochs: 1, learningRate: 0.1, rotation: rotation, translation: 0, epsilon: epsilon, loss: 1,
      accuracy: 0.5, imagesPerSecond: 1, seconds: 1)
  }

  /// The stream of a training and scores of its model: so many of 100 images hold where they are turned, and attacked.
  private func lines(
    _ name: String, kind: String = "natural", rotation: Double = 0, epsilon: Double = 0, seed: Int, turned: Int,
    attacked: Int
  ) -> String {
    let checkpoint = CheckpointRecord(
      path: "/m/\(name)-\(seed).h5", digest: "\(name)\(seed)", epoch: 1, architecture: "digits-cnn", data: "digits")
    func score(rotation: Double, epsilon: Double, right: Int) -> ScoreRecord {
      let isStill = epsilon == 0
      var setting = Setting(
        model: checkpoint.digest, attack: isStill ? "none" : "pgd", norm: isStill ? "none" : "linf", epsilon: epsilon,
        rotation: rotation, data: "digits", split: "test", total: 100)
      (setting.method, setting.modelSeed) = (kind, "\(seed)")
      return ScoreRecord(
        setting: setting, tally: Tally(count: 100, fooled: 100 - right, naturallyCorrect: 100, correct: right))
    }
    let scores = [score(rotation: 30, epsilon: 0, right: turned), score(rotation: 0, epsilon: 0.2, right: attacked)]
    let all = epoch(rotation: rotation, epsilon: epsilon).line + checkpoint.line + scores.flatMap(\.line)
    return String(decoding: all, as: UTF8.self)
  }

  /// Of two seeds alike, with a point between them.
  private var study: String {
    (1...2).map { seed in
      lines("natural", seed: seed, turned: 50 + seed, attacked: 40)
        + lines("rotation-30", rotation: 30, seed: seed, turned: 90 + seed, attacked: 20)
        + lines("together", kind: "pgd", rotation: 30, epsilon: 0.2, seed: seed, turned: 70, attacked: 70)
        + lines("cusp", kind: "curriculum", rotation: 30, epsilon: 0.2, seed: seed, turned: 80, attacked: 80)
    }.joined()
  }

  @Test("Records are what their schema allows, from pipes and files, and come back as they are")
  func records() throws {
    let outcome = try tool.run(["--claims", "--x", "rotation=30", "--y", "epsilon=0.2"], text: study)
    #expect(outcome.status == 0 && outcome.errors.isEmpty, "\(outcome.errors)")
    #expect(RecordSchemas.problems(inOutput: outcome.text).isEmpty)
    let verdicts = try outcome.records().compactMap { $0["verdict"]?.string }
    // Two slopes and two fronts by two metrics each.
    #expect(verdicts.count == 8 && verdicts.allSatisfy { $0 == "shown" }, "\(verdicts)")
    try Fixture.withTemporaryFolder { folder in
      try outcome.output.write(to: URL(fileURLWithPath: "\(folder)/claims"))
      #expect(try tool.run(["--claims", "\(folder)/claims"]).output == outcome.output)
      // The axes of the front are those that all have, where none is said.
      #expect(try tool.run(["--claims"], text: study).output == outcome.output)
    }
  }

  @Test("The table has a slope over the whole range of its budget, and shares in hundredths")
  func table() throws {
    let outcome = try tool.run(["--claims", "--format", "text"], text: study)
    let rows = outcome.text.split(separator: "\n").map { row in
      row.split(separator: " ").joined(separator: " ")
    }
    #expect(
      rows.first == "claim network data of measured by metric difference 95 % interval seeds verdict")
    #expect(
      rows.contains(
        "spatial training raises spatial robustness digits-cnn digits rotation 0 to 30 rotation 30 fooling-rate -40.0 "
          + "-40.0 to -40.0 2 shown"), "\(outcome.text)")
    #expect(
      rows.contains(
        "cusp extends the front digits-cnn digits 4 methods rotation 30 and pgd 0.2 accuracy +11.0 +11.0 to +11.0 2 shown"
      ) || rows.contains { $0.hasPrefix("cusp extends the front digits-cnn digits 4 methods rotation 30 and pgd 0.2") },
      "\(outcome.text)")
    #expect(rows.contains { $0.contains("cusp beats a mixture digits-cnn digits cusp over together") })
  }

  @Test("What is left out is told")
  func notes() throws {
    let partial = study + lines("rotation-60", rotation: 60, seed: 1, turned: 95, attacked: 10)
    let outcome = try tool.run(["--claims"], text: partial)
    #expect(outcome.status == 0)
    #expect(
      outcome.errors.contains("digits-cnn, digits: rotation: left out, since not trained with every budget: seed 2\n"))
  }

  @Test(
    "Wrong input is one line and a status",
    arguments: [
      (["--claims"], "", 65, "no claim can be told: give the streams of cusp-train and of cusp-evaluate"),
      (["--x", "rotation=30"], "", 64, "--x means nothing without --claims; leave it out"),
      (["--y", "epsilon=0.1"], "", 64, "--y means nothing without --claims; leave it out"),
      (["--claims", "--x", "30"], "", 64, "--x 30: give a budget and its value, as in rotation=30 or epsilon=8/255"),
      (["--claims"], "hello\n", 65, "line 1, column 1: expected a value"),
      (["--claims"], "{\"type\":\"paper-claim\",\"v\":1}\n", 65, "line 1: paper-claim record without `claim`"),
    ])
  func failures(arguments: [String], input: String, status: Int32, message: String) throws {
    let outcome = try tool.run(arguments, text: input)
    #expect(outcome.status == status && outcome.output.isEmpty)
    #expect(outcome.errors.hasPrefix("cusp-summarise: \(message)"), "\(outcome.errors)")
    #expect(outcome.errors.count { $0 == "\n" } == 1)
  }
}
