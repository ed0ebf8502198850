import Datasets
import Files
import Foundation
import Records
import Reports
import SavedSets
import Tensors
import TestSupport

/// Makes reports of records.
enum Reporting {
  /// What the file at `path` folds into.
  static func fold(path: String) throws -> ReportFold {
    var fold = ReportFold()
    try read(&fold, path: path)
    return fold
  }

  /// Has `fold` take in the file at `path`.
  static func read(_ fold: inout ReportFold, path: String) throws {
    let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
    var reader = RecordReader(LineReader(descriptor: file.fileDescriptor))
    try fold.read(&reader, from: path)
    withExtendedLifetime(file) {}
  }

  /// What `lines` fold into.
  static func fold(_ lines: [[UInt8]]) throws -> ReportFold {
    try Fixture.withTemporaryFolder { folder in
      try Data(lines.joined()).write(to: URL(fileURLWithPath: "\(folder)/records"))
      return try fold(path: "\(folder)/records")
    }
  }

  /// The page of `lines`, as text.
  static func page(_ lines: [[UInt8]], _ change: (inout Report) -> Void = { _ in }) throws -> String {
    var report = Report(try fold(lines))
    change(&report)
    return String(decoding: try report.page(), as: UTF8.self)
  }

  /// A prediction of `model`.
  static func prediction(
    _ index: Int, label: Int = 0, natural: Int = 0, perturbed: Int = 0, distance: Float = 0.1, attack: String = "pgd",
    epsilon: Double? = 0.1, rotation: Double = 0, model: String = "model", parameters: JSON? = nil,
    zeroGradient: Bool = false, failure: String? = nil
  ) -> [UInt8] {
    let isNatural = attack == "none"
    let setting = Setting(
      model: model, attack: attack, norm: isNatural ? "none" : "linf", epsilon: epsilon, rotation: rotation,
      data: "digits", split: "test", total: 100_000, parameters: parameters)
    return PredictionRecord(
      setting: setting, index: index, label: label, natural: natural, perturbed: perturbed, distance: distance,
      hadZeroGradient: zeroGradient, failure: failure
    ).line
  }

  /// The score of `model`, which classifies `right` of 100 images rightly.
  static func score(
    _ model: String, rotation: Double = 0, epsilon: Double = 0, right: Int, attack: String = "pgd"
  ) -> [UInt8] {
    let isNatural = epsilon == 0
    let setting = Setting(
      model: model, attack: isNatural ? "none" : attack, norm: isNatural ? "none" : "linf", epsilon: epsilon,
      rotation: rotation, data: "digits", split: "test", total: 100)
    return ScoreRecord(
      setting: setting, tally: Tally(count: 100, fooled: 100 - right, naturallyCorrect: 100, correct: right)
    ).line
  }

  /// The gallery of a fixture's set, around a fixture's clean images.
  static func gallery(
    _ fold: ReportFold, set: String = Fixture.path("reports/set.npz"), clean: String = Fixture.path("reports/clean.npz")
  ) throws -> Gallery {
    var images = CleanImages(replacement: clean)
    return try fold.gallery(of: set, clean: &images) { shape in
      try SavedSet(InputFile(onDisk: set), imageShape: shape)
    }
  }
}

/// What fixtures/make/reports.py counted.
struct ExpectedReport: Decodable {
  struct Class: Decodable {
    let label, count, natural, correct, taken: Int
    let taken_for: Int?
  }
  struct Setting: Decodable {
    let classes: [Class]
    let nearest, farthest: [Int]
    let fooled, natural, correct: Int
  }
  struct Picture: Decodable { let clean, perturbed, difference: String }

  let settings: [Setting]
  let pictures: [String: Picture]

  static func read() throws -> ExpectedReport {
    try JSONDecoder().decode(ExpectedReport.self, from: Fixture.data("reports/expected.json"))
  }
}
