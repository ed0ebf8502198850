import Records
import TestSupport
import Testing

/// What `cusp-evaluate` says of attacks besides scores, held against `cusp-attack`.
@Suite struct EvaluateWatchTests {
  private func run(_ tool: String, _ arguments: String) throws -> BuiltTool.Outcome {
    let model = try TrainedModel.digits.get().path
    return try BuiltTool(tool).run([model] + arguments.split(separator: " ").map(String.init))
  }

  @Test(
    "Points and predictions are those of cusp-attack, byte for byte",
    arguments: [
      "--trace --epsilon 0.1,0.2 --steps 3", "--trace --fgsm --rotation 30 --seed 4",
      "--trace --ddn --steps 5 --norm l2",
      "--trace --pgd --steps 2 --rotation 20 --worst-of 3",
    ])
  func trace(words: String) throws {
    let attacked = try run("cusp-attack", words + " --limit 12 --quiet")
    let evaluated = try run("cusp-evaluate", words + " --limit 12 --quiet")
    #expect(evaluated.problems.isEmpty && evaluated.output == attacked.output)
    let types = Set(try evaluated.records().map { $0["type"]?.string })
    #expect(types == ["trace", "prediction"])
  }

  @Test("One perturbation for all images is scored, each model its own, and from which images may be said")
  func universal() throws {
    let model = try TrainedModel.digits.get().path
    let words = "--universal --samples 128 --steps 3 --epsilon 0.02,0.4 --limit 60 --quiet"
    let attacked = try run("cusp-attack", words)
    let fold = try BuiltTool("cusp-fooling-rate").run(input: attacked.output).records()
    let scores = try run("cusp-evaluate", words).records()
    #expect(scores.map { $0["attack"]?.string } == ["universal", "universal"])
    #expect(
      scores.map { $0["fooling_rate"] } == fold.map { $0["rate"] } && scores[1]["fooling_rate"]?.number ?? 0 > 0.1)
    #expect(scores[0]["parameters"]?.text == #"{"steps":3,"samples":128}"#)
    #expect(try run("cusp-evaluate", "--predictions \(words)").output == attacked.output)
    let both = try run("cusp-evaluate", "\(model) --compare \(words)")
    #expect(both.status == 0 && both.errors.isEmpty)
    let rows = both.text.split(separator: "\n").suffix(2)
    #expect(Set(rows).count == 1 && both.text.contains("universal 0.4"))
    for (refused, message) in [
      ("--universal --pgd", "--universal is an attack of its own: leave out --pgd"),
      ("--universal --restarts 3", "--restarts: --universal has no such setting; leave it out"),
      ("--universal --diagnose", "--universal is an attack of its own: leave out --diagnose"),
    ] {
      let outcome = try run("cusp-evaluate", refused)
      #expect(outcome.status == 64 && outcome.errors.contains(message), "\(refused)")
    }
  }

  @Test("A diagnosis follows the scores, a table has none but says how much was looked at, and --strict ends with 1")
  func diagnosis() throws {
    let words = "--epsilon 0.1 --limit 40 --diagnose"
    let expected = try run("cusp-attack", words + " --quiet").text.split(separator: "\n").last
    let sound = try run("cusp-evaluate", words + " --strict")
    let lines = sound.text.split(separator: "\n")
    #expect(sound.status == 0 && lines.count == 2 && lines[0].hasPrefix(#"{"type":"score","#) && lines[1] == expected)
    #expect(RecordSchemas.problems(inOutput: sound.text) == [])
    let predictions = try run("cusp-evaluate", words + " --predictions --quiet").text.split(separator: "\n")
    #expect(predictions.count == 41 && predictions.last == expected)
    let short = words + " --steps 2 --step-size 0.001"
    let table = try run("cusp-evaluate", short + " --strict --format text")
    #expect(table.status == 1 && table.text.split(separator: "\n").count == 2 && !table.text.contains("diagnosis"))
    #expect(table.errors.contains("evaluate: 40 images: 10 signs looked at\n"))
    #expect(table.errors.contains("evaluate: budget-out-of-reach 0.9"))
    #expect(try run("cusp-evaluate", short).status == 0)
  }

  @Test(
    "What another project would report is told as cusp-attack tells it, a line a setting",
    arguments: ["art", "foolbox"])
  func conventions(like: String) throws {
    let words = "--like \(like) --epsilon 0.05,0.1 --rotation 0,30 --limit 30"
    func told(_ outcome: BuiltTool.Outcome) -> [Substring] {
      outcome.errors.split(separator: "\n").filter { $0.contains("as \(like) counts") }
        .map { $0.drop { $0 != " " } }
    }
    let evaluated = try run("cusp-evaluate", words)
    let (lines, expected) = (told(evaluated), told(try run("cusp-attack", words)))
    #expect(evaluated.problems.isEmpty && lines == expected)
    #expect(lines.count == 4 && lines.count { $0.contains(", rotation 30: ") } == 2)
    // Of all images, as the scores count; of those that were right, their difference.
    for (line, score) in zip(lines, try evaluated.records().sorted(by: Self.order)) {
      let count = try #require(score["count"]?.integer)
      let right = Int((try #require(score["natural_accuracy"]?.number) * Double(count)).rounded())
      let held = Int((try #require(score["accuracy"]?.number) * Double(count)).rounded())
      let figure =
        like == "foolbox" ? "\(count - held) of all \(count) images" : "\(right - held) of the \(right) images"
      #expect(line.contains(", \(figure) "), "\(line), \(figure)")
    }
    let quiet = try run("cusp-evaluate", words + " --quiet")
    #expect(quiet.errors.isEmpty && quiet.output == evaluated.output)
  }

  /// By rotation, then by budget.
  private static func order(_ one: JSON, _ other: JSON) -> Bool {
    let keys = [one, other].map { ($0["rotation"]?.number ?? 0, $0["epsilon"]?.number ?? 0) }
    return keys[0] < keys[1]
  }

  @Test(
    "What is of attacks is refused without one, and records beside tables",
    arguments: [
      ("--trace", "--trace is of an attack, and there is none; name one, or give --epsilon"),
      ("--diagnose --rotation 30", "--diagnose is of an attack, and there is none; name one, or give --epsilon"),
      (
        "--trace --pgd --compare",
        "--compare prints scores, --predictions, --logits and --trace print records; take one"
      ),
      ("--trace --pgd --format text", "--format text: predictions are records; leave it out"),
      ("--diagnose --epsilon 0.1,0.2", "--diagnose looks at one attack: give one --epsilon"),
      ("--diagnose --like paper", "--diagnose looks at sound attacks: leave out --like paper"),
    ])
  func refusals(words: String, message: String) throws {
    let outcome = try run("cusp-evaluate", words)
    #expect(outcome.status == 64 && outcome.output.isEmpty && outcome.errors.contains(message), "\(outcome.errors)")
  }
}
