import Failures
import Foundation
import Records
import TestSupport
import Testing

@testable import Plots

/// What streams of a study say of a paper's claims, held against NumPy and SciPy: `fixtures/make/claims.py`.
@Suite("Claims of the paper")
struct ClaimTests {
  private let reference: JSON

  init() throws { reference = try JSON(parsing: [UInt8](Fixture.data("records/claims.json"))) }

  private func fold(_ lines: [[UInt8]]) throws -> PaperClaims {
    try Fixture.withTemporaryFolder { folder in
      let url = URL(fileURLWithPath: "\(folder)/records")
      try Data(lines.joined()).write(to: url)
      let file = try FileHandle(forReadingFrom: url)
      var reader = RecordReader(LineReader(descriptor: file.fileDescriptor))
      var claims = PaperClaims()
      try withExtendedLifetime(file) { try claims.take(&reader) }
      return claims
    }
  }

  /// An epoch and the model that it made, as `cusp-train` announces it.
  private func training(
    _ model: String, rotation: Double = 0, translation: Double = 0, epsilon: Double = 0, epochs: Int = 1
  ) -> [[UInt8]] {
    (1...epochs).map { epoch in
      EpochRecord(
        epoch: epoch, epochs: epochs, learningRate: 0.1, rotation: rotation, translation: translation,
        epsilon: epsilon * Double(epoch) / Double(epochs), loss: 1, accuracy: 0.5, imagesPerSecond: 1, seconds: 1
      ).line
    } + [
      CheckpointRecord(
        path: "/m/\(model).h5", digest: model, epoch: epochs, architecture: "small-cnn", data: "mnist:/data/mnist"
      ).line
    ]
  }

  private func setting(_ model: String, kind: String = "natural", rotation: Double = 0, epsilon: Double = 0) -> Setting
  {
    var setting = Setting(
      model: model, attack: epsilon == 0 ? "none" : "pgd", norm: epsilon == 0 ? "none" : "linf", epsilon: epsilon,
      rotation: rotation, data: "mnist:/data/mnist", split: "test", total: 200)
    (setting.method, setting.modelSeed) = (kind, model.split(separator: "-").last.map(String.init))
    return setting
  }

  private func score(_ setting: Setting, fooled: Int, right: Int? = nil) -> [UInt8] {
    ScoreRecord(
      setting: setting,
      tally: Tally(count: 200, fooled: fooled, naturallyCorrect: 190, correct: right ?? 190 - fooled)
    ).line
  }

  /// The study that the reference describes.
  private func study() throws -> [[UInt8]] {
    var lines: [[UInt8]] = []
    for method in try #require(reference["methods"]?.array) {
      let name = try #require(method["name"]?.string)
      func budget(_ key: String) -> Double { method[key]?.number ?? 0 }
      for member in try #require(reference["measured"]?[name]?.members) {
        let model = "\(name)-\(member.key)"
        // CuSP's budgets grow.
        lines += training(
          model, rotation: budget("rotation"), translation: budget("translation"), epsilon: budget("epsilon"),
          epochs: name.hasPrefix("cusp") ? 3 : 1)
        let kind = try #require(method["kind"]?.string)
        for (title, rotation, epsilon) in [("rotation 90", 90.0, 0.0), ("pgd 0.3", 0, 0.3), ("both", 90, 0.3)] {
          let tally = try #require(member.value[title])
          lines.append(
            score(
              setting(model, kind: kind, rotation: rotation, epsilon: epsilon),
              fooled: try #require(tally["fooled"]?.integer), right: tally["right"]?.integer))
        }
      }
    }
    return lines
  }

  private func title(_ setting: Setting) -> String {
    setting.rotation == 0 ? "pgd 0.3" : setting.attack == "none" ? "rotation 90" : "both"
  }

  @Test("Slopes, hypervolumes, differences and verdicts of a study are NumPy's and SciPy's")
  func whole() throws {
    var fold = try fold(study())
    let found = try fold.records(x: BudgetValue("rotation=90"), y: BudgetValue("epsilon=0.3"))
    #expect(fold.notes == [] && fold.errors == [])
    let expected = try #require(reference["claims"]?.array)
    #expect(found.count == expected.count)
    for one in expected {
      let settings = one["settings"]?.array?.compactMap(\.string)
      let methods = one["methods"]?.array?.compactMap(\.string)
      let claims = found.filter {
        $0.budget == one["budget"]?.string && $0.metric == one["metric"]?.string
          && $0.settings.map(title) == settings && $0.points.map(\.method) == methods
      }
      try #require(claims.count == 1, "\(one.text.prefix(200))")
      let values = one["values"]?.array?.compactMap(\.number) ?? []
      #expect(claims[0].seeds == ["1", "2", "10"] && claims[0].values.count == 3)
      #expect(zip(claims[0].values, values).allSatisfy { abs($0 - $1) < 1e-12 }, "\(one.text.prefix(200))")
      #expect(claims[0].verdict.rawValue == one["verdict"]?.string, "\(one.text.prefix(200))")
      let volumes = one["hypervolumes"]?.array?.compactMap(\.number) ?? []
      #expect(zip(claims[0].hypervolumes ?? [], volumes).allSatisfy { abs($0 - $1) < 1e-12 })
      #expect((claims[0].hypervolumes?.count ?? 0) == volumes.count)
    }
    #expect(found.allSatisfy { $0.architecture == "small-cnn" && $0.data == "mnist" && $0.count == 200 })
    // Folders stay out of what is kept.
    #expect(found.allSatisfy { $0.settings.allSatisfy { $0.data == "mnist" } })
  }

  @Test("Hypervolumes and slopes of single sets are NumPy's")
  func formulas() throws {
    func points(_ json: JSON) -> [(x: Double, y: Double)] {
      (json["points"]?.array ?? []).compactMap { pair in
        let numbers = pair.array?.compactMap(\.number) ?? []
        return numbers.count == 2 ? (numbers[0], numbers[1]) : nil
      }
    }
    for one in try #require(reference["hypervolumes"]?.array) {
      #expect(abs(hypervolume(points(one)) - (one["area"]?.number ?? -1)) < 1e-12)
    }
    for one in try #require(reference["slopes"]?.array) {
      let slope = try #require(leastSquaresSlope(points(one)))
      #expect(abs(slope - (one["slope"]?.number ?? .nan)) < 1e-9 * max(1, slope.magnitude))
    }
    #expect(hypervolume([]) == 0 && hypervolume([(1, 1)]) == 1 && hypervolume([(0, 1), (1, 0)]) == 0)
    #expect(leastSquaresSlope([(1, 2), (1, 3)]) == nil && leastSquaresSlope([(1, 2)]) == nil)
    // Of one height, to the bit, though their mean is rounded.
    #expect(leastSquaresSlope([(0, 0.1), (1, 0.1), (3, 0.1)]) == 0)
  }

  @Test("One seed has no interval and shows nothing; a seed that lacks a training is left out and told")
  func seeds() throws {
    func lines(_ models: [(String, Double)]) -> [[UInt8]] {
      models.enumerated().flatMap { place, model in
        training(model.0, rotation: model.1) + [score(setting(model.0, epsilon: 0.3), fooled: 10 * place + 10)]
      }
    }
    var single = try fold(lines([("natural-1", 0), ("rotation-60-1", 60)]))
    let one = try single.records(x: nil, y: nil)
    #expect(one.map(\.metric) == ["fooling-rate", "accuracy-gap"])
    #expect(one.allSatisfy { $0.verdict == .notShown && $0.interval.bounds == nil && $0.seeds == ["1"] })
    #expect(one[0].claim == .spatialLowersAdversarial && one[0].values == [0.05 / 60])
    #expect(one[0].points.map(\.budget) == [0, 60] && one[0].points.map(\.means) == [[0.05], [0.1]])

    var partial = try fold(lines([("natural-1", 0), ("rotation-60-1", 60), ("natural-2", 0)]))
    #expect(try partial.records(x: nil, y: nil).map(\.seeds) == [["1"], ["1"]])
    #expect(partial.notes == ["small-cnn, mnist: rotation: left out, since not trained with every budget: seed 2"])
  }

  @Test("Models of which no stream tells, and measurements of some models alone, are left out and told")
  func partly() throws {
    let lines =
      training("natural-1") + training("rotation-60-1", rotation: 60)
      + [
        score(setting("natural-1", epsilon: 0.3), fooled: 9), score(setting("stranger-1", epsilon: 0.3), fooled: 9),
        ErrorRecord(code: "data", message: "no").line,
      ]
    var fold = try fold(lines + [score(setting("rotation-60-1", rotation: 30), fooled: 3)])
    #expect(try fold.records(x: nil, y: nil) == [])
    #expect(fold.errors == ["no"])
    #expect(fold.notes.count == 2 && fold.notes[0].hasSuffix("or no score of their seed: 1 of 3 models"))
    #expect(fold.notes[1] == "small-cnn, mnist: rotation: left out, since not measured of all its models: 4 figures")
  }

  @Test("Nearest images count where the untouched one is right: the mean of those found, the median of all")
  func distances() throws {
    func predictions(_ model: String, _ distances: [Float?]) -> [[UInt8]] {
      distances.enumerated().map { index, distance in
        var nearest = setting(model)
        (nearest.attack, nearest.norm, nearest.epsilon) = ("ddn", "l2", nil)
        return PredictionRecord(
          setting: nearest, index: index, label: 1, natural: 1, perturbed: distance == nil ? 1 : 2,
          distance: distance ?? 0
        ).line
      } + [
        PredictionRecord(
          setting: Setting(model: model, attack: "ddn", norm: "l2", epsilon: nil), index: 99, label: 1, natural: 3,
          perturbed: 3, distance: 0
        ).line
      ]
    }
    let lines =
      training("natural-1") + predictions("natural-1", [1, 2, 4, nil])
      + training("rotation-60-1", rotation: 60) + predictions("rotation-60-1", [0.5, 1, 1.5])
    var fold = try fold(lines)
    let found = try fold.records(x: nil, y: nil)
    #expect(found.map(\.metric) == ["mean-distance", "median-distance"])
    #expect(found.allSatisfy { $0.claim == .spatialShortensDistance && !$0.isRise && $0.count == 3 })
    #expect(found[0].points.map(\.means) == [[7.0 / 3], [1]] && found[1].points.map(\.means) == [[3], [1]])
    #expect(throws: Failure.self) { try self.fold(lines + predictions("natural-1", [9])) }
  }

  @Test("Claims that were written before come back as they were, in front")
  func earlier() throws {
    var first = try fold(study())
    let claims = try first.records(x: BudgetValue("rotation=90"), y: BudgetValue("epsilon=0.3"))
    var again = try fold(claims.map(\.line))
    #expect(try again.records(x: nil, y: nil) == claims)
    // Where nothing is chosen, a front takes the largest budgets that all have.
    var largest = try fold(study())
    #expect(try largest.records(x: nil, y: nil) == claims)
  }

  @Test(
    "A data set is called without its folder",
    arguments: [
      ("mnist:/a/b", "mnist"), ("digits", "digits"), ("canvas:40:mnist:/a", "canvas:40:mnist"),
      ("canvas:9:digits", "canvas:9:digits"), ("/a/b.npz", "b.npz"),
    ])
  func data(typed: String, name: String) {
    #expect(Trainings.withoutFolder(typed) == name)
  }
}
