import Failures
import Testing

@testable import Records

/// Summaries as records.
@Suite("Summary records")
struct SummaryRecordTests {
  private var setting: Setting {
    var setting = Setting(
      model: "0a", attack: "pgd", norm: "linf", epsilon: 0.1, data: "digits", split: "test", total: 8)
    (setting.path, setting.method, setting.modelSeed) = ("pgd-1.h5", "pgd", "1")
    return setting
  }

  private func tally(_ correct: Int, of count: Int = 8) -> Tally {
    Tally(count: count, fooled: count - correct, naturallyCorrect: count, correct: correct)
  }

  @Test("Each model counts once, and no model's own name, method or seed is left")
  func means() throws {
    let record = SummaryRecord(
      name: "pgd.h5", setting: setting, models: ["0a", "0b"], tallies: [tally(4), tally(2, of: 4)])
    #expect(record.count == 4 && record.accuracy.mean == 0.5 && record.accuracy.deviation == 0)
    #expect(record.naturalAccuracy.bounds == 1...1 && record.foolingRate.mean == 0.5)
    let line = String(decoding: record.line, as: UTF8.self)
    #expect(
      line.hasPrefix(
        #"{"type":"summary","v":1,"name":"pgd.h5","attack":"pgd","norm":"linf","epsilon":0.1,"rotation":0,"#))
    #expect(!line.contains("pgd-1") && !line.contains("model_seed") && !line.contains("method"))
    #expect(try SummaryRecord(json: JSON(parsing: line)).line == record.line)
  }

  @Test("A single model has a mean alone")
  func single() throws {
    let record = SummaryRecord(name: "a", setting: setting, models: ["0a"], tallies: [tally(6)])
    let line = String(decoding: record.line, as: UTF8.self)
    #expect(line.hasSuffix(#""accuracy":{"mean":0.75},"fooling_rate":{"mean":0.25}}"# + "\n"))
  }

  @Test("An attack without a budget has none in its summary, too")
  func budgetless() throws {
    var nearest = setting
    (nearest.attack, nearest.epsilon) = ("ddn", nil)
    let record = SummaryRecord(name: "a", setting: nearest, models: ["0a"], tallies: [tally(0)])
    let json = try JSON(parsing: record.line)
    #expect(json["epsilon"] == .null)
    #expect(record.setting.epsilon == nil && record.setting.path == nil)
    #expect(record.setting.method == nil && record.setting.modelSeed == nil)
    #expect(try SummaryRecord(json: json) == record)
  }

  @Test(
    "What is no summary is refused by its key",
    arguments: [
      (#""models":["0a"]"#, #""models":[]"#, "`models` is empty, or `count` is less than 0"),
      (#""count":8"#, #""count":-1"#, "`models` is empty, or `count` is less than 0"),
      (#""accuracy":{"mean":0.75}"#, #""accuracy":0.75"#, "`accuracy` is not a mean"),
      (#""name":"a","#, "", "without `name`"), (#""v":1"#, #""v":2"#, "of version 2; this program reads version 1"),
    ])
  func refused(old: String, new: String, words: String) throws {
    let record = SummaryRecord(name: "a", setting: setting, models: ["0a"], tallies: [tally(6)])
    let text = String(decoding: record.line, as: UTF8.self)
    try #require(text.contains(old))
    let failure = #expect(throws: Failure.self) {
      try SummaryRecord(json: JSON(parsing: text.replacing(old, with: new)))
    }
    #expect(failure?.kind == .data && failure?.message.contains(words) == true, "\(failure?.message ?? "")")
  }
}
