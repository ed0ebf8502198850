import Failures
import Foundation
import Records
import TestSupport
import Testing

/// Folds against numpy and scipy, from `fixtures/make/records.py`.
@Suite struct FoldTests {
  @Test("Wilson's interval is scipy's")
  func wilson() throws {
    for record in try Fixture.data("records/wilson.ndjson").split(separator: 0x0A) {
      let json = try JSON(parsing: Array(record))
      let interval = WilsonInterval(
        successes: try #require(json["successes"]?.integer), count: try #require(json["count"]?.integer))
      #expect(abs(interval.lower - (json["lower"]?.number ?? .nan)) <= 1e-15, "\(json.text)")
      #expect(abs(interval.upper - (json["upper"]?.number ?? .nan)) <= 1e-15, "\(json.text)")
      #expect(interval.lower >= 0 && interval.upper <= 1)
    }
  }

  @Test("The interval of nothing is everything, and the ends are exact")
  func ends() {
    #expect(WilsonInterval(successes: 0, count: 0).json == .array([.number(0), .number(1)]))
    #expect(WilsonInterval(successes: 0, count: 10_000).lower == 0)
    #expect(WilsonInterval(successes: 10_000, count: 10_000).upper == 1)
  }

  @Test("Interleaved predictions are folded by setting, in order of appearance")
  func fold() throws {
    var reader = RecordReader(LineReader(descriptor: open(Fixture.path("records/predictions.ndjson"), O_RDONLY)))
    var fold = FoolingRateFold()
    #expect(fold.isEmpty)
    while let record = try reader.next() { try fold.add(try record.decode()) }
    #expect(!fold.isEmpty)
    let expected = try Fixture.data("records/fooling-rates.ndjson").split(separator: 0x0A)
      .map { try FoolingRateRecord(json: JSON(parsing: Array($0))) }
    #expect(fold.records == expected)
    #expect(fold.tallies.map(\.tally.count) == expected.map(\.count))
    #expect(fold.repeatedCount == 0)
  }

  @Test("Records of many settings, some missing, failed or there twice, are counted as Python counts them")
  func mixture() throws {
    let lines = try Fixture.data("records/mixed-predictions.ndjson").split(separator: 0x0A)
    var fold = FoolingRateFold()
    for line in lines { try fold.add(PredictionRecord(json: JSON(parsing: Array(line)))) }
    let expected = try Fixture.data("records/mixed-rates.ndjson").split(separator: 0x0A)
      .map { try FoolingRateRecord(json: JSON(parsing: Array($0))) }
    #expect(fold.records == expected)
    #expect(fold.repeatedCount == 12)
    #expect(expected.count == 24 && expected.contains { $0.missing > 0 } && expected.contains { $0.failed > 0 })
  }

  @Test("Settings that differ in one key only are kept apart")
  func keys() throws {
    let setting = Setting(model: "m", attack: "a", norm: "n", epsilon: 1)
    var others = [Setting](repeating: setting, count: 14)
    others[0].model = "x"
    others[1].attack = "x"
    others[2].norm = "x"
    others[3].epsilon = 2
    others[4].rotation = 2
    others[5].translation = 2
    others[6].isRotationExact = true
    others[7].interpolation = "bilinear"
    others[8].data = "digits"
    others[9].split = "train"
    others[10].total = 2
    others[11].parameters = .object([.init("steps", .integer(2))])
    others[12].parameters = .object([.init("steps", .integer(100))])
    others[13].parameters = .object([.init("steps", .integer(2)), .init("target", .integer(3))])
    var fold = FoolingRateFold()
    for (position, setting) in ([setting] + others + others + [setting]).enumerated() {
      let index = position > others.count ? 1 : 0
      try fold.add(PredictionRecord(setting: setting, index: index, label: 1, natural: 1, perturbed: 0, distance: 0))
    }
    #expect(fold.records.map(\.setting) == [setting] + others)
    #expect(fold.records.allSatisfy { $0.count == 2 && $0.fooled == 2 && $0.naturalAccuracy == 1 && $0.accuracy == 0 })
  }

  @Test("How parameters are written keeps nothing apart")
  func writings() throws {
    let texts = [#"{"steps":2,"seed":"0"}"#, #"{"seed":"0","steps":2.0}"#, #"{"seed":"0","target":null,"steps":2}"#]
    var fold = FoolingRateFold()
    for (index, text) in texts.enumerated() {
      let setting = Setting(model: "m", attack: "a", norm: "n", epsilon: 1, parameters: try JSON(parsing: text))
      try fold.add(PredictionRecord(setting: setting, index: index, label: 1, natural: 1, perturbed: 0, distance: 0))
    }
    for (index, parameters) in [nil, JSON.object([])].enumerated() {
      let setting = Setting(model: "m", attack: "b", norm: "n", epsilon: 1, parameters: parameters)
      try fold.add(PredictionRecord(setting: setting, index: index, label: 1, natural: 1, perturbed: 0, distance: 0))
    }
    #expect(fold.records.map(\.count) == [3, 2])
    #expect(fold.records[0].setting?.parameters?.text == texts[0])
  }

  @Test(
    "A line that is no record is named and the next one is read",
    arguments: [
      ("[1]", "line 2: not an object; each line must be one record"),
      ("{\"v\":1}", "line 2: a record without `type`; each line must be one record"),
      ("{\"type\":1}", "line 2: a record without `type`; each line must be one record"),
      ("{", "line 2, column 2: expected a key in quotes"),
      ("{\"type\":\"prediction\",\"v\":1}", "line 2: prediction record without `model`"),
    ])
  func badLines(line: String, message: String) throws {
    try Fixture.withTemporaryFolder { folder in
      let path = "\(folder)/stream"
      try "{\"type\":\"a\"}\n\(line)\n{\"v\":1,\"type\":\"b\"}\n".write(toFile: path, atomically: true, encoding: .utf8)
      var reader = RecordReader(LineReader(descriptor: open(path, O_RDONLY)))
      #expect(try reader.next()?.type == "a")
      var failure: Failure?
      do { _ = try reader.next()?.decode(PredictionRecord.self) } catch let error as Failure { failure = error }
      #expect(failure == Failure(.data, message))
      let last = try reader.next()
      #expect(last?.type == "b")
      #expect(last?.line == 3)
      #expect(last?.isKnown == false)
      #expect(try reader.next() == nil)
    }
  }
}
