import Failures
import Records
import Testing

@Suite("Cards")
struct CardRecordTests {
  private func score(correct: Int, of count: Int, severity: Int? = nil) -> ScoreRecord {
    let parameters = severity.map { severity -> JSON in
      .object([.init("corruption", .string("fog")), .init("severity", .integer(Int64(severity)))])
    }
    return ScoreRecord(
      setting: Setting(
        model: "0f", attack: "none", norm: "none", epsilon: 0, data: "digits", split: "test", total: count,
        parameters: parameters),
      tally: Tally(count: count, fooled: count - correct, naturallyCorrect: count, correct: correct))
  }

  private var card: CardRecord {
    CardRecord(
      model: "0f", path: "m.h5", data: "digits", split: "test", total: 8,
      parts: [
        .init(name: "natural", scores: [score(correct: 8, of: 8)], seconds: 0.5),
        .init(
          name: "corruptions", scores: [score(correct: 6, of: 8, severity: 1), score(correct: 2, of: 8, severity: 2)],
          seconds: 1.25),
      ], notRun: [.init(name: "snow", reason: "no \"files\"")])
  }

  @Test("A card reads back as it was, scores and all")
  func roundTrip() throws {
    let again = try CardRecord(json: JSON(parsing: card.line.dropLast().map { $0 }))
    #expect(again == card)
    #expect(again.line == card.line)
  }

  @Test("A part's accuracy is its score's, with the interval, or the mean of several, without")
  func accuracy() {
    let parts = card.parts
    #expect(parts[0].accuracy == 1 && parts[0].interval == WilsonInterval(successes: 8, count: 8))
    #expect(parts[1].accuracy == 0.5 && parts[1].interval == nil)
    #expect(CardRecord.Part(name: "x", scores: [], seconds: 0).accuracy == 0)
    let text = String(decoding: card.line, as: UTF8.self)
    #expect(text.contains(#"{"name":"corruptions","accuracy":0.5,"seconds":1.25,"scores":[{"type":"score""#))
    #expect(text.hasSuffix(#""not_run":[{"name":"snow","reason":"no \"files\""}]}"# + "\n"))
  }

  @Test(
    "A part without a name, seconds or scores is refused, and so is a score that is none",
    arguments: [
      (#"{"seconds":1,"scores":[]}"#, "a part without `name`"), (#"{"name":"a","scores":[]}"#, "without `seconds`"),
      (#"{"name":"a","seconds":1}"#, "without `scores`"), ("7", "a part: not an object"),
      (#"{"name":"a","seconds":1,"scores":[{"type":"run","v":1}]}"#, "score record expected"),
    ])
  func refused(part: String, message: String) throws {
    let line =
      #"{"type":"card","v":1,"model":"0f","path":"m","data":"d","split":"test","total":1,"parts":[\#(part)],"not_run":[]}"#
    let failure = #expect(throws: Failure.self) { _ = try CardRecord(json: JSON(parsing: line)) }
    #expect(failure?.kind == .data && failure?.message.contains(message) == true, "\(failure?.message ?? "")")
  }
}
