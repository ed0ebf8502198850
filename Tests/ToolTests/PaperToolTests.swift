import Checkpoints
import Foundation
import Networks
import Records
import TestSupport
import Testing

/// What `--like paper` does, and says that it does.
@Suite struct PaperToolTests {
  /// A model of the built-in digits that normalises its pixels; `-1...1` are pixels of 0.2 to 0.6.
  private func withModel(_ options: [String] = ["--normalise", "0.4/0.2"], _ body: (String) throws -> Void) throws {
    try Fixture.withTemporaryFolder { folder in
      let path = "\(folder)/model.h5"
      let outcome = try BuiltTool("cusp-train").run(["--epochs", "1", "--output", path, "--quiet"] + options)
      try #require(outcome.status == 0, "\(outcome.errors)")
      try body(path)
    }
  }

  private func share(_ part: Int, of whole: Int) -> Double { (Double(part) / Double(whole) * 1000).rounded() / 10 }

  /// How many records have a changed prediction, and how many a right one, in percent.
  private func rates(_ records: [JSON]) -> (changed: Double, right: Double) {
    (
      share(records.count { $0["natural"] != $0["perturbed"] }, of: records.count),
      share(records.count { $0["label"] == $0["perturbed"] }, of: records.count)
    )
  }

  @Test("The figure of the faults is told, beside that of the same attack within the budget in pixels")
  func figures() throws {
    try withModel { model in
      let budgets = ["--limit", "60", "--epsilon", "4/255,0.1"]
      let outcome = try BuiltTool("cusp-attack").run([model, "--like", "paper"] + budgets)
      #expect(outcome.problems.isEmpty)
      let records = try outcome.records()
      #expect(records.count == 120 && records.allSatisfy { $0["attack"]?.string == "paper-pgd" })
      #expect(records.allSatisfy { $0["epsilon"] == .null && $0["parameters"]?["steps"]?.integer == 10 })
      let sound = try BuiltTool("cusp-attack").run(
        [model, "--pgd", "--steps", "10", "--step-size", "2/255", "--quiet"] + budgets
      ).records()
      #expect(
        outcome.errors.contains(
          "as in the paper's code: epsilon and steps in normalised pixels, which are then clipped to -1...1; from "
            + "true labels\n"))
      for (text, epsilon) in [("4/255", 4.0 / 255), ("0.1", 0.1)] {
        let own = records.filter { $0["parameters"]?["normalised_epsilon"]?.number == epsilon }
        let (found, meant) = (rates(own), rates(sound.filter { $0["epsilon"]?.number == epsilon }))
        let distances = own.compactMap { $0["distance"]?.number }
        let levels = { (distance: Double) in "\((distance * 2550).rounded() / 10)/255" }
        #expect(distances.count == 60 && distances.allSatisfy { $0 > 0.15 })
        #expect(
          outcome.errors.contains(
            "as paper counts, epsilon \(text): fooling rate \(found.changed) %, accuracy \(found.right) %, of all 60 "
              + "images; pixels moved by \(levels(distances.reduce(0, +) / 60)) on average and "
              + "\(levels(distances.max() ?? 0)) at most, those of 100.0 % of the images by more than \(text)\n"))
        #expect(
          outcome.errors.contains(
            "within \(text) in pixels the same attack has fooling rate \(meant.changed) %, accuracy \(meant.right) %: "
              + "the faults change these by "))
      }
      #expect(!outcome.errors.contains("not reproduced"))
      let evaluation = try BuiltTool("cusp-evaluate").run([model, "--like", "paper", "--limit", "60"])
      #expect(
        evaluation.problems.isEmpty && evaluation.errors.contains("as paper counts, epsilon 8/255: fooling rate "))
      #expect(try evaluation.records().map { $0["attack"]?.string } == ["paper-pgd"])
    }
  }

  @Test("Without a normalisation there is nothing to change, and what that code leaves to chance is told")
  func plain() throws {
    try withModel([]) { model in
      let outcome = try BuiltTool("cusp-attack").run([model, "--like", "paper", "--limit", "20"])
      #expect(outcome.problems.isEmpty)
      #expect(
        outcome.errors.contains("not reproduced: pixels outside 0...1, where -1...1 leads here; they stay within\n"))
      #expect(outcome.errors.contains(": the faults change these by 0.0 and 0.0 points\n"))
    }
  }

  @Test("A network over a group is attacked by batch statistics, and of one with dropout it is told that it is not")
  func batchStatistics() throws {
    // Lifted to p4, norm and ReLU.
    let first = Array(Architecture.p4CNN.definition().nodes.prefix(3))
    let definition = NetworkDefinition(
      architecture: "over p4", imageShape: [1, 8, 8], classCount: 10,
      nodes: first + [
        Node(name: "flatten", inputs: [first[2].name], layer: .flatten),
        Node(name: "linear", inputs: ["flatten"], layer: .dense(Dense(outputs: 10))),
      ])
    try Fixture.withTemporaryFolder { folder in
      let path = "\(folder)/group.h5"
      let parameters = Parameters(initializing: try NetworkGraph(definition), seed: 1)
      try Checkpoint(definition: definition, parameters: parameters).write(to: path)
      for tool in ["cusp-attack", "cusp-evaluate"] {
        let outcome = try BuiltTool(tool).run([path, "--like", "paper", "--data", "digits", "--limit", "8"])
        #expect(outcome.problems.isEmpty)
        #expect(outcome.errors.contains("from the labels that the model predicts\n"))
        #expect(
          outcome.errors.contains(
            "as in the paper's code: attacked and scored in training mode, by the statistics of each 100 images\n"))
      }
      let cut = try BuiltTool("cusp-attack").run([path, "--like", "paper", "--data", "digits", "--shard", "1/2"])
      #expect(cut.status == 64 && cut.output.isEmpty && cut.errors.contains("let parts be whole hundreds"))
      let searched = try BuiltTool("cusp-attack").run(
        [path, "--like", "paper", "--data", "digits", "--rotation", "30", "--worst-of", "3"])
      #expect(searched.status == 64 && searched.errors.contains("the paper's code searches through no poses"))
      let dropping = try BuiltTool("cusp-train").run(
        [
          "--arch", "p4cnn", "--data", "canvas:28:digits", "--limit", "32", "--epochs", "1", "--quiet", "--output",
          path + ".h5",
        ])
      try #require(dropping.status == 0, "\(dropping.errors)")
      let outcome = try BuiltTool("cusp-attack").run([path + ".h5", "--like", "paper", "--limit", "8"])
      #expect(
        outcome.errors.contains(
          "not reproduced: training mode, in which that code attacks and scores a GCNN: dropouts would be random\n"))
    }
  }

  @Test("What that code does not have is refused", arguments: ["--restarts 3", "--early-stop", "--start clean"])
  func refusals(words: String) throws {
    let model = try TrainedModel.digits.get().path
    for name in ["cusp-attack", "cusp-evaluate"] {
      let outcome = try BuiltTool(name).run([model, "--like", "paper"] + words.split(separator: " ").map(String.init))
      let option = words.prefix { $0 != " " }
      #expect(outcome.status == 64 && outcome.output.isEmpty)
      #expect(
        outcome.errors == "\(name): \(option): the paper's code has no such setting; leave it out beside --like paper\n"
      )
    }
    let outcome = try BuiltTool("cusp-attack").run([model, "--like", "paper", "--diagnose"])
    #expect(outcome.status == 64 && outcome.errors.contains("leave out --like paper"))
  }
}
