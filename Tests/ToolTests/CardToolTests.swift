import Foundation
import Records
import TestSupport
import Testing

@Suite struct CardToolTests {
  private func evaluate(_ arguments: String) throws -> BuiltTool.Outcome {
    let model = try TrainedModel.digits.get().path
    return try BuiltTool("cusp-evaluate").run([model, "--quiet"] + arguments.split(separator: " ").map(String.init))
  }

  @Test("A card has the scores of all that is customary, the same as one by one")
  func record() throws {
    let outcome = try evaluate("--card --limit 12")
    #expect(outcome.problems.isEmpty)
    let records = try outcome.records()
    try #require(records.count == 1)
    let card = try CardRecord(json: records[0])
    #expect(
      card.parts.map(\.name) == [
        "natural", "corruptions", "spatial-worst-of-10", "spatial-grid", "spatial-worst-of-10-pgd", "autoattack",
      ])
    #expect((card.data, card.split, card.total) == ("digits", "test", 12))
    // 13 kinds: grey images have no saturation.
    #expect(card.parts.map(\.scores.count) == [1, 65, 1, 1, 1, 1])
    #expect(card.parts.allSatisfy { $0.seconds >= 0 && $0.scores.allSatisfy { $0.tally.count == 12 } })
    #expect(card.notRun.map(\.name) == ["saturate", "motion_blur", "snow", "frost", "spatter", "elastic_transform"])
    for (part, command) in [
      (1, "--corruption contrast --severity 5"), (2, "--rotation 30 --translation 1 --worst-of 10"),
      (3, "--rotation 30 --translation 1 --grid 5x5x31"), (4, "--pgd --rotation 30 --translation 1 --worst-of 10"),
      (5, "--autoattack"),
    ] {
      let single = try evaluate("\(command) --limit 12").records().map { try ScoreRecord(json: $0) }
      let expected = try #require(single.first, "\(command)")
      #expect(card.parts[part].scores.contains(expected), "\(command)")
    }
    #expect(card.parts[5].accuracy <= card.parts[0].accuracy)
  }

  @Test("As text it is a page with every part, and with what was not run")
  func page() throws {
    let outcome = try evaluate("--card --limit 3 --format text")
    #expect(outcome.status == 0)
    for part in [
      "3 images of digits test", "natural ", "corruptions, mean of 65", "  fog ", "spatial-grid, 30 degrees, 1 pixel ",
      "autoattack, linf 0.3", "Not run:\nsaturate: grey images", "snow: read from files alone",
    ] {
      #expect(outcome.text.contains(part), "\(part): \(outcome.text)")
    }
  }

  /// A card of `model` with these accuracies in 100 images, a part each.
  private func card(_ path: String, _ parts: [(name: String, correct: Int)]) -> String {
    let cards = parts.map { part in
      let score =
        #"{"type":"score","v":1,"model":"6b3a","attack":"none","norm":"none","epsilon":0,"rotation":0,"#
        + #""translation":0,"data":"digits","split":"test","total":100,"count":100,"natural_accuracy":0.9,"#
        + #""accuracy":0.\#(part.correct),"fooling_rate":0.1}"#
      return #"{"name":"\#(part.name)","accuracy":0.\#(part.correct),"seconds":1,"scores":[\#(score)]}"#
    }
    return #"{"type":"card","v":1,"model":"6b3a","path":"\#(path)","data":"digits","split":"test","total":100,"#
      + #""parts":[\#(cards.joined(separator: ","))],"not_run":[]}"# + "\n"
  }

  @Test("Cards in files are one table: a row a card, a column a kind of trial, a dash where one was not tried")
  func compared() throws {
    try Fixture.withTemporaryFolder { folder in
      try Data(card("a.h5", [("natural", 90), ("autoattack", 25)]).utf8).write(
        to: URL(fileURLWithPath: "\(folder)/a.ndjson"))
      // A stream with other records beside the card.
      let others = #"{"type":"mine","v":1}"# + "\n"
      try Data((others + card("b.h5", [("natural", 80), ("corruptions", 70)])).utf8).write(
        to: URL(fileURLWithPath: "\(folder)/b.ndjson"))
      let tool = BuiltTool("cusp-evaluate")
      let table = try tool.run(["--compare", "a.ndjson", "b.ndjson"], folder: folder)
      #expect(table.status == 0 && table.errors.isEmpty, "\(table.errors)")
      let rows = table.text.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
      #expect(
        rows.suffix(3) == [
          ["model", "images", "natural", "autoattack", "corruptions"],
          ["a.h5", "100", "90.0", "%", "25.0", "%", "-"], ["b.h5", "100", "80.0", "%", "-", "70.0", "%"],
        ])
      let csv = try tool.run(["--compare", "a.ndjson", "b.ndjson", "--format", "csv"], folder: folder)
      #expect(csv.text.hasPrefix("model,data,split,count,natural.accuracy,"))

      let mixed = try tool.run(["--compare", "a.ndjson", "m.h5"], folder: folder)
      #expect(mixed.status == 64)
      #expect(
        mixed.errors
          == "cusp-evaluate: m.h5 is no card and a.ndjson may be one: make cards of all models first, by --card\n")
      try Data(others.utf8).write(to: URL(fileURLWithPath: "\(folder)/none.ndjson"))
      let none = try tool.run(["--compare", "none.ndjson"], folder: folder)
      #expect(none.status == 65)
      #expect(none.errors.hasPrefix("cusp-evaluate: none.ndjson: holds no card; "))
    }
  }

  @Test("Cards of models made now are compared at once")
  func comparedNow() throws {
    let outcome = try evaluate("--card --compare --limit 3")
    #expect(outcome.status == 0)
    let titles = outcome.text.split(separator: "\n").first { $0.hasPrefix("model ") } ?? ""
    for part in ["images", "natural", "corruptions", "spatial-grid", "autoattack"] { #expect(titles.contains(part)) }
  }

  @Test(
    "What a card would not heed is refused",
    arguments: [
      "--pgd", "--epsilon 0.1", "--rotation 30", "--corruption fog", "--predictions", "--diagnose",
      "--save-predictions x.npy",
    ])
  func refused(option: String) throws {
    let outcome = try evaluate("--card \(option)")
    #expect(outcome.status == 64 && outcome.output.isEmpty)
    #expect(
      outcome.errors.contains("--card has attacks, poses and corruptions of its own: leave out "), "\(outcome.errors)")
  }
}
