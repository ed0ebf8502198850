import Failures
import Foundation
import Records
import Reports
import TestSupport
import Testing

/// What is kept of records, and what is not.
@Suite struct FoldTests {
  @Test("Classes, successes and shares of each setting are those of another implementation")
  func reference() throws {
    let expected = try ExpectedReport.read()
    let fold = try Reporting.fold(path: Fixture.path("reports/records.ndjson"))
    #expect(fold.count == 80 && fold.details.count == 2 && fold.data == ["clean.npz"])
    for (details, expected) in zip(fold.details, expected.settings) {
      #expect(details.successes.nearest.map(\.index) == expected.nearest)
      #expect(details.successes.farthest.map(\.index) == expected.farthest)
      #expect(details.classes.rows.count == expected.classes.count)
      for (row, expected) in zip(details.classes.rows, expected.classes) {
        #expect(row.label == expected.label && row.count == expected.count)
        #expect(row.naturallyCorrect == expected.natural && row.correct == expected.correct)
        #expect(row.commonest?.label == expected.taken_for && row.commonest?.count ?? 0 == expected.taken)
      }
    }
  }

  @Test("The nearest and the farthest are those of all, however many come and in whatever order")
  func successes() {
    var generator = Damage(seed: 7)
    for count in [0, 1, 5, 10, 11, 19, 20, 21, 300] {
      let all = (0..<count).map { index in
        Success(
          PredictionRecord(
            setting: Setting(model: "m", attack: "pgd", norm: "linf", epsilon: 1), index: index, label: 0, natural: 0,
            perturbed: 1, distance: Float(Int.random(in: 0..<50, using: &generator)) / 64))
      }
      var kept = Successes()
      for success in all.shuffled(using: &generator) { kept.add(success) }
      let sorted = all.sorted { ($0.distance, $0.index) < ($1.distance, $1.index) }
      #expect(kept.nearest == Array(sorted.prefix(10)))
      #expect(kept.farthest == Array(sorted.dropFirst(10).suffix(10).reversed()))
    }
  }

  @Test("A record that comes twice counts once; another answer for the same image is refused, with its line")
  func repeated() throws {
    let lines = (0..<5).map { Reporting.prediction($0, perturbed: 1) }
    let fold = try Reporting.fold(lines + lines)
    #expect(fold.count == 10 && fold.details[0].successes.nearest.count == 5)
    #expect(fold.details[0].classes.rows.map(\.count) == [5])
    let failure = #expect(throws: Failure.self) {
      try Reporting.fold(lines + [Reporting.prediction(2, perturbed: 3)])
    }
    #expect(
      failure?.kind == .data && failure?.message.hasPrefix("line 6: image 2 came before with another answer") == true)
  }

  @Test("Of very many predictions only a beginning travels along, of other records all that fit beside it")
  func bounds() throws {
    let lines = (0..<3000).map { Reporting.prediction($0, perturbed: $0 % 3) }
    let fold = try Reporting.fold(lines + [Reporting.score("other", right: 50)])
    #expect(fold.kept.bytes.count <= KeptLines.room.predictions + KeptLines.room.others)
    #expect(fold.kept.leftOut.predictions > 1000 && fold.kept.leftOut.others == 0)
    #expect(fold.kept.count + fold.kept.leftOut.predictions == 3001)
    let kept = fold.kept.bytes.split(separator: 0x0A).map { Array($0) + [0x0A] }
    #expect(kept == Array(lines.prefix(kept.count - 1)) + [Reporting.score("other", right: 50)])
    let page = try Report(fold).page()
    #expect(page.count < 1 << 20)
    #expect(
      String(decoding: page, as: UTF8.self).contains("Left out of this file, though counted above, lest it grow: "))
  }

  @Test("Lines are kept in their order, and one that is too long ends its kind")
  func lines() {
    var kept = KeptLines()
    kept.add(Array("a".utf8), isPrediction: true)
    kept.add([UInt8](repeating: 0x62, count: KeptLines.room.predictions), isPrediction: true)
    #expect(!kept.hasRoom(forPrediction: true) && kept.hasRoom(forPrediction: false))
    kept.add(Array("c".utf8), isPrediction: false)
    kept.leaveOut(isPrediction: true)
    #expect(String(decoding: kept.bytes, as: UTF8.self) == "a\nc\n" && kept.count == 2)
    #expect(kept.leftOut.predictions == 2 && kept.leftOut.others == 0)
  }

  @Test(
    "What is no record is refused with its line",
    arguments: [("{", "line 1, column 2"), ("{\"type\":\"score\",\"v\":1}", "line 1: score record without `model`")])
  func refusals(line: String, message: String) {
    let failure = #expect(throws: Failure.self) { try Reporting.fold([Array(line.utf8)]) }
    #expect(failure?.message.hasPrefix(message) == true, "\(failure?.message ?? "")")
  }
}
