import Archives
import Foundation
import Records
import TestSupport
import Testing

@Suite struct EvaluateToolTests {
  private let tool = BuiltTool("cusp-evaluate")

  private func evaluate(_ arguments: String, folder: String? = nil) throws -> BuiltTool.Outcome {
    let model = try TrainedModel.digits.get().path
    return try tool.run([model, "--quiet"] + arguments.split(separator: " ").map(String.init), folder: folder)
  }

  /// The share of `records` that have the same class under both keys.
  private func share(_ records: [JSON], _ key: String, _ other: String) -> Double {
    Double(records.count { $0[key]?.integer == $0[other]?.integer }) / Double(records.count)
  }

  @Test("Without a budget it is the natural accuracy, that of the predictions")
  func natural() throws {
    let outcome = try evaluate("")
    #expect(outcome.problems.isEmpty)
    let scores = try outcome.records()
    #expect(scores.count == 1)
    let predictions = try evaluate("--predictions")
    #expect(predictions.problems.isEmpty)
    let records = try predictions.records()
    #expect(records.allSatisfy { $0["attack"]?.string == "none" && $0["distance"]?.number == 0 })
    let accuracy = share(records, "natural", "label")
    #expect(accuracy > 0.7)
    #expect(scores[0]["count"]?.integer == records.count)
    #expect(scores[0]["natural_accuracy"]?.number == accuracy)
    #expect(scores[0]["accuracy"]?.number == accuracy)
    #expect(scores[0]["fooling_rate"]?.number == 0)
    let training = try evaluate("--split train --limit 256").records()
    #expect(training[0]["count"]?.integer == 256)
    #expect(training[0]["accuracy"]?.number ?? 0 > 0.7)
  }

  @Test("A list of budgets is a score each, and accuracy falls")
  func budgets() throws {
    let outcome = try evaluate("--epsilon 0,16/255,0.3 --steps 5 --step-size 0.05 --limit 60")
    #expect(outcome.problems.isEmpty)
    let scores = try outcome.records()
    #expect(scores.map { $0["epsilon"]?.number } == [0, 16.0 / 255, 0.3])
    #expect(Set(scores.map { $0["natural_accuracy"]?.text }).count == 1)
    let accuracies = scores.compactMap { $0["accuracy"]?.number }
    #expect(accuracies[0] == scores[0]["natural_accuracy"]?.number)
    #expect(accuracies[0] > accuracies[2])
    #expect(scores[0]["fooling_rate"]?.number == 0)
  }

  @Test("Its predictions are those of cusp-attack, byte for byte, image by image for a list")
  func predictions() throws {
    let setting = "--steps 3 --restarts 2 --limit 20 --norm l2"
    let model = try TrainedModel.digits.get().path
    let attacked = try BuiltTool("cusp-attack").run(
      [model, "--quiet", "--epsilon", "0.5"] + setting.split(separator: " ").map(String.init))
    #expect(try evaluate("--predictions --epsilon 0.5 \(setting)").output == attacked.output)
    let list = try evaluate("--predictions --epsilon 0.25,0.5 --batch-size 7 \(setting)")
    #expect(list.problems.isEmpty)
    let lines = list.text.split(separator: "\n")
    let halves = [0, 1].map { half in stride(from: half, to: lines.count, by: 2).map { lines[$0] + "\n" }.joined() }
    #expect(halves[1] == attacked.text)
    #expect(halves[0] == (try evaluate("--predictions --epsilon 0.25 \(setting)").text))
  }

  @Test("Logits imply prediction records")
  func logits() throws {
    let outcome = try evaluate("--logits --limit 5")
    #expect(outcome.problems.isEmpty)
    #expect(try outcome.records().map { $0["logits"]?.array?.count } == [10, 10, 10, 10, 10])
  }

  @Test("Saved predictions give the fooling rate of the pipe")
  func saved() throws {
    try Fixture.withTemporaryFolder { folder in
      let attack = "--epsilon 0.2 --steps 5 --step-size 0.05 --limit 50"
      #expect(try evaluate("--save-predictions natural.npy --limit 50", folder: folder).problems.isEmpty)
      let outcome = try evaluate("--save-predictions pgd.npy --predictions \(attack)", folder: folder)
      #expect(outcome.problems.isEmpty)
      for (name, key) in [("natural.npy", "natural"), ("pgd.npy", "perturbed")] {
        let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(name)")))
        let classes = try NumPyArray(parsing: bytes, name: name).integers
        #expect(classes == (try outcome.records().compactMap { $0[key]?.integer.map(Int64.init) }))
      }
      let tool = BuiltTool("cusp-fooling-rate")
      let files = try tool.run(["natural.npy", "pgd.npy"], folder: folder).records()
      let piped = try tool.run(input: outcome.output).records()
      #expect(files[0]["fooled"]?.integer ?? 0 > 0)
      for key in ["count", "fooled", "rate", "interval"] { #expect(files[0][key] == piped[0][key]) }
    }
  }

  @Test("Models come by name or through the pipe, each with its scores")
  func models() throws {
    let model = try TrainedModel.digits.get()
    let twice = try tool.run([model.path, model.path, "--limit", "20", "--quiet", "--predictions"])
    #expect(try twice.records().count == 40)
    let piped = try tool.run(["--limit", "20", "--quiet"], input: model.records.utf8)
    #expect(piped.problems.isEmpty)
    #expect(piped.output == (try evaluate("--limit 20").output))
  }

  @Test("A table has one row a setting")
  func table() throws {
    let outcome = try evaluate("--epsilon 0,8/255 --steps 2 --limit 10 --format text")
    let lines = outcome.text.split(separator: "\n").map(String.init)
    #expect(lines.count == 3)
    let model = try TrainedModel.digits.get().path
    #expect(lines[0].hasPrefix("model ") && lines[2].hasPrefix(model))
    #expect(lines[0].contains("  attack  norm  epsilon  rotation  translation  images  natural"))
    #expect(lines[2].contains("  pgd     linf    8/255         0            0      10  "))
  }

  @Test("A comparison has one row a model, one column a setting that changes pixels, and the numbers of the records")
  func comparison() throws {
    let settings = "--epsilon 0,8/255 --steps 2 --rotation 0,30 --limit 40"
    let outcome = try evaluate("\(settings) --compare")
    #expect(outcome.status == 0 && outcome.errors.isEmpty)
    let lines = outcome.text.split(separator: "\n").map(String.init)
    #expect(lines.count == 3)
    let columns = ["images", "natural", "pgd 8/255", "rotation 30", "rotation 30, pgd 8/255"]
    #expect(lines[1].split(separator: "  ").dropFirst().map { $0.drop { $0 == " " } } == columns.map { $0[...] })
    let scores = try evaluate(settings).records()
    func percent(_ score: JSON, _ key: String) -> String {
      String(format: "%.1f %%", (score[key]?.number ?? -1) * 100)
    }
    let cells = scores.dropFirst().map { "\(percent($0, "accuracy")) (\(percent($0, "fooling_rate")))" }
    let row = lines[2].split(separator: "  ").dropFirst().map { String($0.drop { $0 == " " }) }
    #expect(Array(row) == ["40", percent(scores[0], "accuracy")] + cells)
    let refused = try evaluate("--compare --logits")
    #expect(refused.status == 64)
    #expect(refused.errors.contains("--compare prints scores"))
  }

  @Test(
    "Whatever is of an attack means one, with the customary budget",
    arguments: [
      ("--pgd", "pgd"), ("--fgsm", "fgsm"), ("--steps 5", "pgd"), ("--loss margin", "pgd"), ("--restarts 1", "pgd"),
    ])
  func customaryBudget(option: String, attack: String) throws {
    let outcome = try evaluate("\(option) --limit 20")
    #expect(outcome.problems.isEmpty)
    let score = try #require(try outcome.records().first)
    #expect((score["attack"]?.string, score["epsilon"]?.number) == (attack, 0.3))
    #expect(score["accuracy"]?.number ?? 1 < score["natural_accuracy"]?.number ?? 0)
    let attacked = try BuiltTool("cusp-attack").run(
      [TrainedModel.digits.get().path, "--quiet", "--limit", "20"] + option.split(separator: " ").map(String.init))
    #expect(try evaluate("\(option) --limit 20 --predictions").output == attacked.output)
  }

  @Test(
    "What has no effect is refused",
    arguments: [
      ("--norm l2", "--norm l2 has no customary budget: give --epsilon"),
      ("--seed 5", "--seed 5: nothing is drawn here; leave it out; see cusp-evaluate --help"),
      ("--compare --format ndjson", "--format ndjson: --compare prints a table; take one; see cusp-evaluate --help"),
      (
        "--predictions --format text",
        "--format text: predictions are records; leave it out; see cusp-evaluate --help"
      ),
      ("--reuse", "--reuse keeps successes for larger budgets: give --epsilon a list, as in 0.1,0.2,0.3"),
    ])
  func idle(arguments: String, message: String) throws {
    let outcome = try evaluate(arguments)
    #expect(outcome.status == 64)
    #expect(outcome.errors == "cusp-evaluate: \(message)\n")
  }

  @Test("A copy of a model has its own row and its own scores")
  func copies() throws {
    try Fixture.withTemporaryFolder { folder in
      let model = try TrainedModel.digits.get().path
      for name in ["a.h5", "b.h5"] { try FileManager.default.copyItem(atPath: model, toPath: "\(folder)/\(name)") }
      let options = ["--limit", "10", "--quiet", "--epsilon", "0,0.1", "--steps", "2"]
      let table = try tool.run(["a.h5", "b.h5", "--compare"] + options, folder: folder)
      #expect(table.status == 0)
      #expect(table.text.split(separator: "\n").dropFirst(2).map { $0.prefix(4) } == ["a.h5", "b.h5"])
      let scores = try tool.run(["a.h5", "b.h5"] + options, folder: folder).records()
      #expect(scores.map { $0["path"]?.string } == ["a.h5", "a.h5", "b.h5", "b.h5"])
      let unnamed = scores.map { score in (score.members ?? []).filter { $0.key != "path" } }
      #expect(scores.count == 4 && unnamed[0] == unnamed[2] && unnamed[1] == unnamed[3])
    }
  }

  @Test("Models are all checked before the first image; scores are written when they are known")
  func heldBack() throws {
    let model = try TrainedModel.digits.get()
    let missing = try tool.run([model.path, "nope.h5", "--limit", "10"])
    #expect(missing.status == 66)
    #expect(missing.errors == "cusp-evaluate: nope.h5: no such file; check the path\n")
    #expect(missing.output.isEmpty)
    // Records on standard input come one by one: the first model's score is out before the second is refused.
    let forged = CheckpointRecord(
      path: model.path, digest: "00", epoch: 1, architecture: "digits-cnn", data: "digits")
    for (arguments, lines) in [([], 1), (["--format", "text"], 2)] {
      let outcome = try tool.run(
        ["--limit", "10", "--quiet"] + arguments, input: Array(model.records.utf8) + forged.line)
      #expect(outcome.status == 65)
      #expect(outcome.text.count { $0 == "\n" } == lines)
    }
  }

  @Test("What cannot be saved is refused before any work")
  func refusals() throws {
    try Fixture.withTemporaryFolder { folder in
      let unwritable = try evaluate("--save-predictions missing/p.npy", folder: folder)
      #expect(unwritable.status == 73)
      #expect(
        unwritable.errors
          == "cusp-evaluate: missing/p.npy: cannot create: no such folder; make it first\n")
      let several = try evaluate("--save-predictions p.npy --epsilon 0,0.1", folder: folder)
      #expect(several.status == 64)
      #expect(
        several.errors
          == "cusp-evaluate: --save-predictions p.npy: is one file for 2 settings; put {rotation}, {translation} or "
          + "{epsilon} into its name; see cusp-evaluate --help\n")
      let models = try evaluate("--save-predictions p.npy a.h5 b.h5", folder: folder)
      #expect(models.status == 64)
      #expect(
        models.errors == "cusp-evaluate: --save-predictions takes one model; name one; see cusp-evaluate --help\n")
      let records = try TrainedModel.digits.get().records
      let announced = try tool.run(
        ["--save-predictions", "p.npy", "--limit", "5", "--quiet"], input: (records + records).utf8, folder: folder)
      #expect(announced.status == 64)
      #expect(
        announced.errors
          == "cusp-evaluate: --save-predictions takes one model, stdin announced more; name one of them\n")
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
    }
  }

  @Test("Data that are gone are said to be the model's, and what says others")
  func lostData() throws {
    try Fixture.withTemporaryFolder { folder in
      let outcome = try bash(
        """
        cusp-data make digits d.npz --split train --limit 64 --quiet
        cusp-train --data d.npz --epochs 1 --quiet --output m.h5 > /dev/null
        rm d.npz
        cusp-evaluate m.h5 --quiet; echo $?
        cusp-evaluate m.h5 --data gone.npz --quiet; echo $?
        """, folder: folder)
      #expect(outcome.text == "66\n66\n")
      let lines = outcome.errors.split(separator: "\n")
      #expect(lines.first?.hasSuffix("; m.h5 names these data, --data names others") == true, "\(outcome.errors)")
      #expect(lines.last?.contains("names these data") == false)
    }
  }
}
