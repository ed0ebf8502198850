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
    while let record = try reader.next() { fold.add(try record.decode()) }
    #expect(!fold.isEmpty)
    let expected = try Fixture.data("records/fooling-rates.ndjson").split(separator: 0x0A)
      .map { try FoolingRateRecord(json: JSON(parsing: Array($0))) }
    #expect(fold.records == expected)
    #expect(fold.tallies.map(\.tally.count) == expected.map(\.count))
  }

  @Test("Settings that differ in one key only are kept apart")
  func keys() {
    let setting = Setting(model: "m", attack: "a", norm: "n", epsilon: 1)
    var others = [Setting](repeating: setting, count: 8)
    others[0].model = "x"
    others[1].attack = "x"
    others[2].norm = "x"
    others[3].epsilon = 2
    others[4].rotation = 2
    others[5].translation = 2
    others[6].isRotationExact = true
    others[7].interpolation = "bilinear"
    var fold = FoolingRateFold()
    for setting in [setting] + others + others + [setting] {
      fold.add(PredictionRecord(setting: setting, index: 0, label: 1, natural: 1, perturbed: 0, distance: 0))
    }
    #expect(fold.records.map(\.setting) == [setting] + others)
    #expect(fold.records.allSatisfy { $0.count == 2 && $0.fooled == 2 && $0.naturalAccuracy == 1 && $0.accuracy == 0 })
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
