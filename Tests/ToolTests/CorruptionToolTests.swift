import Foundation
import Records
import TestSupport
import Testing

@Suite struct CorruptionToolTests {
  private func evaluate(_ arguments: String) throws -> BuiltTool.Outcome {
    let model = try TrainedModel.digits.get().path
    return try BuiltTool("cusp-evaluate").run([model, "--quiet"] + arguments.split(separator: " ").map(String.init))
  }

  @Test("A score is of a corruption and a severity; the more severe, the fewer images are recognised")
  func scores() throws {
    let outcome = try evaluate("--corruption contrast,gaussian_blur --severity 1:5")
    #expect(outcome.problems.isEmpty)
    let scores = try outcome.records()
    #expect(scores.count == 10)
    let names = scores.compactMap { $0["parameters"]?["corruption"]?.string }
    #expect(names == ["contrast", "gaussian_blur"].flatMap { [String](repeating: $0, count: 5) })
    #expect(scores.map { $0["parameters"]?["severity"]?.integer } == Array(1...5) + Array(1...5))
    #expect(Set(scores.map { $0["natural_accuracy"]?.text }).count == 1)
    let accuracies = scores.compactMap { $0["accuracy"]?.number }
    #expect(accuracies[9] < accuracies[5] && accuracies[5] <= (scores[0]["natural_accuracy"]?.number ?? 0) + 0.02)
  }

  @Test("Shards, batches and the seed: records are functions of image and setting")
  func independence() throws {
    let setting = "--predictions --corruption shot_noise,glass_blur --severity 3 --limit 40 --rotation 20"
    let whole = try evaluate(setting)
    #expect(whole.problems.isEmpty)
    let parts = try ["1/3", "2/3", "3/3"].map { try evaluate("\(setting) --shard \($0) --batch-size 7").text }
    #expect(parts.joined() == whole.text)
    #expect(try evaluate("\(setting) --seed 1").text != whole.text)
  }

  @Test("Tables tell corruptions apart, and --compare has a column each")
  func tables() throws {
    let table = try evaluate("--corruption fog --severity 1,5 --limit 30 --format text")
    #expect(table.text.contains("severity 1") && table.text.contains("severity 5"))
    let compared = try evaluate("--corruption fog,contrast --severity 5 --limit 30 --compare")
    #expect(compared.text.contains("fog 5") && compared.text.contains("contrast 5"))
  }

  @Test("An attack is on the corrupted image, from both programs alike")
  func attacked() throws {
    let setting = "--fgsm --epsilon 0.1 --corruption fog --severity 2 --limit 10"
    let evaluated = try evaluate("--predictions \(setting)")
    #expect(evaluated.problems.isEmpty)
    let model = try TrainedModel.digits.get().path
    let attacked = try BuiltTool("cusp-attack").run(
      [model, "--quiet"] + setting.split(separator: " ").map(String.init))
    #expect(attacked.output == evaluated.output)
  }

  @Test(
    "What cannot be is refused",
    arguments: [
      ("--corruption smog", 64, "--corruption smog: none that is computed"),
      ("--corruption saturate", 64, "saturate: grey images have no colours"),
      ("--corruption fog --corrupted /nowhere", 66, "/nowhere/fog.npy: no such file"), ("--severity 2", 64, "of what?"),
    ])
  func refused(arguments: String, status: Int32, message: String) throws {
    let outcome = try evaluate(arguments)
    #expect(outcome.status == status && outcome.errors.contains(message), "\(outcome.errors)")
    #expect(outcome.output.isEmpty)
  }
}
