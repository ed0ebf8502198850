import Failures
import Records
import Testing

/// What single types of records want of values beyond their kind.
@Suite struct RecordValueTests {
  private let setting =
    #""model":"0f","attack":"pgd","norm":"linf","epsilon":0.25,"rotation":30,"translation":3"#

  private func check<Kind: Record>(_ kind: Kind.Type, _ members: String, _ message: String) {
    #expect(throws: Failure(.data, message)) {
      try Kind(json: JSON(parsing: "{\"type\":\"\(Kind.type)\",\"v\":1,\(members)}"))
    }
  }

  @Test(
    "A pose wants its three numbers",
    arguments: [
      ("", "prediction record without `pose`"), (#","pose":null"#, "prediction record without `pose`"),
      (#","pose":[0,0,0]"#, "prediction record: `pose`: not an object"),
      (#","pose":{"dx":0,"dy":0}"#, "prediction record: `pose` without `degrees`"),
      (#","pose":{"degrees":0,"dy":0}"#, "prediction record: `pose` without `dx`"),
      (#","pose":{"degrees":0,"dx":0}"#, "prediction record: `pose` without `dy`"),
      (#","pose":{"degrees":"0","dx":0,"dy":0}"#, "prediction record: `pose`: `degrees` is not a number"),
      (#","pose":{"degrees":0,"dx":true,"dy":0}"#, "prediction record: `pose`: `dx` is not a number"),
      (#","pose":{"degrees":0,"dx":0,"dy":[]}"#, "prediction record: `pose`: `dy` is not a number"),
    ])
  func poses(members: String, message: String) {
    check(PredictionRecord.self, setting + members, message)
  }

  @Test(
    "Shares of a score lie between 0 and 1, and its count is one",
    arguments: [
      (-1, "0", "0", "0", "`count` is not between 0 and 2^53"),
      (9_007_199_254_740_993, "0", "0", "0", "`count` is not between 0 and 2^53"),
      (Int.max, "1", "1", "1", "`count` is not between 0 and 2^53"),
      (4, "1.5", "0", "0", "`natural_accuracy` is not a share between 0 and 1"),
      (4, "0", "-0.25", "0", "`accuracy` is not a share between 0 and 1"),
      (4, "0", "0", "1e300", "`fooling_rate` is not a share between 0 and 1"),
    ])
  func scores(count: Int, natural: String, accuracy: String, fooling: String, message: String) {
    check(
      ScoreRecord.self,
      "\(setting),\"count\":\(count),\"natural_accuracy\":\(natural),\"accuracy\":\(accuracy),"
        + "\"fooling_rate\":\(fooling)", "score record: \(message)")
  }

  @Test("The greatest count of a score is read exactly")
  func greatestCount() throws {
    let count = 1 << 53
    let record = ScoreRecord(
      setting: Setting(model: "m", attack: "none", norm: "none", epsilon: 0),
      tally: Tally(count: count, fooled: 0, naturallyCorrect: count, correct: count / 2))
    #expect(try ScoreRecord(json: JSON(parsing: record.line)) == record)
  }

  @Test(
    "As many are fooled as there are at most",
    arguments: [(4, 5), (4, -1), (0, 1), (-5, 0), (-5, -5), (Int.min, 0), (Int.min, Int.min), (3, Int.max)])
  func fooled(count: Int, fooled: Int) {
    let members = "\"count\":\(count),\"fooled\":\(fooled)"
    check(FoolingRateRecord.self, members, "fooling-rate record: `fooled` is not between 0 and `count`")
  }

  @Test("Without a model a fooling rate has no setting", arguments: ["", #""model":null,"#])
  func noSetting(model: String) throws {
    let json = try JSON(parsing: #"{"type":"fooling-rate","v":1,\#(model)"count":4,"fooled":2}"#)
    let record = try FoolingRateRecord(json: json)
    #expect(record == FoolingRateRecord(setting: nil, count: 4, fooled: 2))
    let text = String(decoding: record.line, as: UTF8.self)
    #expect(text.hasPrefix(#"{"type":"fooling-rate","v":1,"count":4,"fooled":2,"rate":0.5,"interval":[0.15"#))
  }

  @Test("A list of arguments holds texts only", arguments: ["[1]", "[\"a\",null]", "[[\"a\"]]"])
  func arguments(list: String) {
    let members = #""tool":"t","version":"0","arguments":\#(list),"seed":"0""#
    check(RunRecord.self, members, "run record: `arguments` is not a list of texts")
  }

  @Test("Every program of a benchmark has its word, and others are refused")
  func programs() throws {
    let words = BenchmarkRecord.Program.allCases.map(\.rawValue)
    #expect(words == ["inference", "input-gradient", "training", "attack-epoch"])
    check(
      BenchmarkRecord.self, #""architecture":"a","program":"backward""#,
      "benchmark record: `program` is `backward`, which is unknown")
  }

  @Test("An error record tells a failure by its kind, message, line and id")
  func errors() throws {
    let words: [(Failure.Kind, String)] = [
      (.usage, "usage"), (.data, "data"), (.noInput, "no-input"), (.internal, "internal"),
      (.cannotCreate, "cannot-create"), (.inputOutput, "input-output"),
    ]
    for (kind, word) in words {
      let record = ErrorRecord(Failure(kind, "a\nb"), line: 7, id: .string("x"))
      #expect(record == ErrorRecord(code: word, message: "a b", line: 7, id: .string("x")))
      #expect(
        String(decoding: record.line, as: UTF8.self)
          == "{\"type\":\"error\",\"v\":1,\"code\":\"\(word)\",\"message\":\"a b\",\"line\":7,\"id\":\"x\"}\n")
    }
  }

  @Test("Numbers keep their width: singles as singles, doubles as doubles")
  func widths() throws {
    let setting = Setting(model: "m", attack: "a", norm: "l2", epsilon: 0.1)
    var record = PredictionRecord(
      setting: setting, pose: .init(degrees: 1.0 / 3), index: .max, label: 0, natural: .min, perturbed: 0,
      distance: 0.1, logits: [0.1, .leastNonzeroMagnitude, .greatestFiniteMagnitude, -0.0])
    let text = String(decoding: record.line, as: UTF8.self)
    #expect(text.contains(#""degrees":0.3333333333333333,"#))
    #expect(text.contains(#""distance":0.1,"logits":[0.1,1e-45,3.4028235e+38,-0]"#))
    #expect(text.contains(#""index":9223372036854775807,"label":0,"natural":-9223372036854775808,"#))
    #expect(try PredictionRecord(json: JSON(parsing: record.line)) == record)
    record.distance = .nan
    #expect(throws: Failure(.data, "prediction record without `distance`")) {
      try PredictionRecord(json: JSON(parsing: record.line))
    }
  }
}
