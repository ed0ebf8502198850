import ArgumentParser
import Checkpoints
import Datasets
import Evaluation
import Files
import Networks
import PortableBackend
import Records
import Tensors
import TestSupport
import Testing
import ToolOptions
import ToolSupport

/// Two predictions are counted together only if all their settings are equal: whatever is set is in the record.
@Suite("What is counted together")
struct GroupTests {
  /// The values that each option may take; every combination is another setting.
  private static let options: [(name: String, values: [String])] = [
    ("epsilon", ["0.1", "0.2"]), ("steps", ["2", "3"]), ("step-size", ["0.1", "0.11"]),
    ("start", ["random", "noise"]), ("restarts", ["1", "2"]), ("loss", ["cross-entropy", "margin"]),
    ("target", ["", "1", "2"]), ("seed", ["0", "7"]), ("norm", ["linf", "l2"]), ("early-stop", ["", "yes"]),
    ("reuse", ["", "0.05", "0.06"]), ("name", ["pgd", "fgsm", "none"]), ("rotation", ["10", "20"]),
    ("rotation-exact", ["", "yes"]), ("interpolation", ["nearest", "bilinear"]), ("translation", ["0", "1"]),
    ("data", ["digits", "digits.npz"]), ("split", ["test", "train"]), ("total", ["300", "360"]),
    ("algorithms", ["", "direct", "autotune"]), ("model", ["first", "second"]),
  ]

  /// A random choice; most options have their first value, so that many choices are equal or differ in one thing.
  private static func choice(_ random: inout some RandomNumberGenerator) -> [String: String] {
    var choice: [String: String] = [:]
    for (name, values) in options {
      choice[name] = Int.random(in: 0..<12, using: &random) == 0 ? values.randomElement(using: &random) : values[0]
    }
    // What has no effect cannot be asked for.
    if choice["name"] == "fgsm" {
      (choice["steps"], choice["step-size"], choice["start"], choice["restarts"]) = ("1", "", "clean", "1")
      if choice["rotation-exact"] == "yes", choice["translation"] == "0" { choice["seed"] = "0" }
    }
    if choice["name"] == "none" {
      for name in ["epsilon", "steps", "step-size", "start", "restarts", "loss", "target", "norm"] { choice[name] = "" }
      (choice["early-stop"], choice["reuse"]) = ("", "")
    }
    return choice
  }

  /// The record of one image under a choice.
  private func record(_ choice: [String: String], of model: LoadedModel) throws -> PredictionRecord {
    func given(_ name: String) -> String? { choice[name].flatMap { $0.isEmpty ? nil : $0 } }
    func option(_ name: String) -> [String] { given(name).map { ["--\(name)", $0] } ?? [] }
    func flag(_ name: String) -> [String] { given(name) == nil ? [] : ["--\(name)"] }
    let names = ["steps", "step-size", "start", "restarts", "loss", "target", "seed", "norm"]
    let attack = try AttackOptions.parse(names.flatMap(option) + flag("early-stop") + flag("reuse"))
    let poses = try SpatialOptions.parse(
      ["rotation", "interpolation", "translation"].flatMap(option) + flag("rotation-exact"))
    let budgets = [given("reuse"), given("epsilon")].compactMap(\.self).joined(separator: ",")
    let attacks: [NamedAttack?] =
      choice["name"] == "none"
      ? [nil]
      : try attack.attacks(
        given("name").flatMap(AttackName.init(rawValue:)), epsilon: NumberList(budgets), for: model,
        drawsPoses: poses.drawsPoses)
    let split = try #require(given("split").flatMap(Split.init(rawValue:)))
    let images = try LabeledImages(
      name: "tiny", split: split, imageShape: [1, 4, 4], pixels: .floats([Float](repeating: 0.5, count: 16)),
      labels: [0],
      classNames: ["a"], place: "tiny")
    let selection = ImageSelection(images, data: try #require(given("data")), total: given("total").flatMap(Int.init))
    var records: [PredictionRecord] = []
    try Predictions(
      of: model, under: attacks, after: poses.transformations(seed: attack.seed ?? 0), reuses: attack.reuse,
      algorithms: given("algorithms").flatMap(AlgorithmOption.init(rawValue:))
    ).forEach(in: selection) { records.append($0) }
    return try #require(records.last)
  }

  @Test("Groups are the settings, all of them and no others")
  func groups() throws {
    var random = SystemRandomNumberGenerator()
    var fold = FoolingRateFold()
    var expected: [[String: String]: Int] = [:]
    var settings: [[String: String]: Setting] = [:]
    try Fixture.withTemporaryFolder { folder in
      let backend = PortableBackend(threads: 1)
      let first = try Checkpoint(reading: Fixture.path("checkpoints/tiny.h5"))
      let parameters = try Parameters(of: NetworkGraph(first.definition)) { Tensor($0.shape, filledWith: 0.25) }
      try Checkpoint(definition: first.definition, parameters: parameters).write(to: "\(folder)/second.h5")
      let models = try [Fixture.path("checkpoints/tiny.h5"), "\(folder)/second.h5"]
        .map { try LoadedModel(reading: InputFile(onDisk: $0), on: backend) }
      for index in 0..<290 {
        let choice = Self.choice(&random)
        var record = try record(choice, of: models[choice["model"] == "first" ? 0 : 1])
        // Another image each, so that none comes twice.
        record.index = index
        expected[choice, default: 0] += 1
        #expect(settings[choice] ?? record.setting == record.setting)
        settings[choice] = record.setting
        try fold.add(PredictionRecord(json: JSON(parsing: record.line)))
      }
    }
    #expect(fold.tallies.count == expected.count)
    #expect(fold.tallies.map(\.tally.count).sorted() == expected.values.sorted())
    #expect(expected.count > 50 && expected.values.contains { $0 > 1 })
    #expect(Set(settings.values).count == expected.count)
  }
}
