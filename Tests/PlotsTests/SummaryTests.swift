import Failures
import Foundation
import Records
import TestSupport
import Testing

@testable import Plots

/// Scores folded over seeds.
@Suite("Summaries over seeds")
struct SummaryTests {
  private func summary(_ lines: [[UInt8]]) throws -> [SummaryRecord] {
    try Fixture.withTemporaryFolder { folder in
      let url = URL(fileURLWithPath: "\(folder)/records")
      try Data(lines.joined()).write(to: url)
      let file = try FileHandle(forReadingFrom: url)
      var reader = RecordReader(LineReader(descriptor: file.fileDescriptor))
      var summary = SeedSummary()
      try withExtendedLifetime(file) { try summary.take(&reader) }
      return try summary.records()
    }
  }

  private func checkpoint(_ digest: String, _ path: String) -> [UInt8] {
    CheckpointRecord(path: path, digest: digest, epoch: 1, architecture: "digits-cnn", data: "digits").line
  }

  @Test("Two seeds are one method's mean in each setting; a model without siblings keeps its name")
  func methods() throws {
    let lines = [
      checkpoint("0a", "/m/pgd-1.h5"), checkpoint("0b", "/m/pgd-2.h5"), checkpoint("0c", "/m/natural-1.h5"),
      Drawing.score("0a", right: 90), Drawing.score("0a", epsilon: 0.1, right: 60),
      Drawing.score("0c", right: 96), Drawing.score("0b", right: 92), Drawing.score("0b", epsilon: 0.1, right: 40),
    ]
    let found = try summary(lines)
    #expect(found.map(\.name) == ["pgd.h5", "pgd.h5", "natural-1.h5"])
    #expect(found.map(\.models) == [["0a", "0b"], ["0a", "0b"], ["0c"]])
    #expect(found.map(\.setting.epsilon) == [0, 0.1, 0])
    #expect(found[1].accuracy == StudentInterval([0.6, 0.4]) && found[1].foolingRate == StudentInterval([0.4, 0.6]))
    #expect(found[2].accuracy == StudentInterval([0.96]))
    #expect(found.allSatisfy { $0.count == 100 && $0.setting.model.isEmpty && $0.setting.data == "digits" })
    // In whatever order, and however often, records come.
    #expect(try summary(lines + lines) == found)
    #expect(try Set(summary(lines.reversed()).map(\.accuracy.mean)) == Set(found.map(\.accuracy.mean)))
  }

  @Test("Other parameters are another setting, however they are written")
  func settings() throws {
    let parameters = ["{\"steps\":5,\"seed\":\"0\"}", "{\"seed\":\"0\",\"steps\":5}", "{\"seed\":\"1\",\"steps\":5}"]
    let lines = try zip(["a-1", "a-2", "a-3"], parameters).map { model, text in
      Drawing.score(model, epsilon: 0.1, right: 50, parameters: try JSON(parsing: text))
    }
    #expect(try summary(lines).map(\.models) == [["a-1", "a-2"], ["a-3"]])
  }

  @Test("Predictions and fooling rates count as scores do; other records are passed over")
  func kinds() throws {
    let setting = Setting(model: "m-1", attack: "pgd", norm: "linf", epsilon: 0.1)
    let predictions = (0..<4).map { index in
      PredictionRecord(setting: setting, index: index, label: 0, natural: 0, perturbed: index % 2, distance: 0.1).line
    }
    var other = setting
    other.model = "m-2"
    let rate = FoolingRateRecord(setting: other, count: 4, fooled: 1, naturalAccuracy: 1, accuracy: 0.75).line
    let found = try summary(predictions + [rate, Array("{\"type\":\"later\",\"v\":9}\n".utf8)])
    #expect(found.count == 1 && found.first?.accuracy == StudentInterval([0.5, 0.75]))
    #expect(found.first?.foolingRate == StudentInterval([0.5, 0.25]))
    #expect(found.first?.naturalAccuracy == StudentInterval([1, 1]))
    #expect(found.first?.models == ["m-1", "m-2"])
    #expect(found.first?.name == "m")
    #expect(try summary([rate, ErrorRecord(code: "data", message: "no").line]).count == 1)
  }

  @Test("Two answers under the same settings are refused with their line")
  func contradiction() {
    let lines = [Drawing.score("m", right: 50), Drawing.score("m", right: 51)]
    #expect(
      throws: Failure.self,
      performing: { try summary(lines) })
    do {
      _ = try summary(lines)
    } catch {
      #expect((error as? Failure)?.message.hasPrefix("line 2: two answers under the same settings") == true)
    }
  }

  @Test(
    "A name loses its last number and what leads to it",
    arguments: [
      ("cusp-1.h5", "cusp.h5"), ("cusp-seed12.h5", "cusp.h5"), ("cusp_s3.h5", "cusp.h5"), ("cusp-s12", "cusp"),
      ("cusp.h5", "cusp.h5"), ("pgd2.h5", "pgd.h5"), ("12.h5", "12.h5"), ("-1.h5", "-1.h5"), ("seed1.h5", "seed.h5"),
      ("a-1-last.h5", "a-last.h5"), ("runs1.h5", "runs.h5"), ("a--2.h5", "a.h5"), ("", ""),
      ("n\u{E9}-1.h5", "n\u{E9}.h5"),
    ])
  func names(name: String, shared: String) {
    #expect(ModelNames.withoutSeed(name) == shared)
  }
}
