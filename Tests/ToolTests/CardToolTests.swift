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
      "3 images of digits test", "natural ", "corruptions, mean of 65", "  fog ", "spatial-grid, 30 degrees, 1 pixels",
      "autoattack, linf 0.3", "Not run:\nsaturate: grey images", "snow: read from files alone",
    ] {
      #expect(outcome.text.contains(part), "\(part): \(outcome.text)")
    }
  }

  @Test(
    "What a card would not heed is refused",
    arguments: [
      "--pgd", "--epsilon 0.1", "--rotation 30", "--corruption fog", "--compare", "--predictions", "--diagnose",
      "--save-predictions x.npy",
    ])
  func refused(option: String) throws {
    let outcome = try evaluate("--card \(option)")
    #expect(outcome.status == 64 && outcome.output.isEmpty)
    #expect(
      outcome.errors.contains("--card has attacks, poses and corruptions of its own: leave out "), "\(outcome.errors)")
  }
}
