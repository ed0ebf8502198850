import Foundation
import Records
import TestSupport
import Testing

/// Nearest images, curves and diagnoses through the programs.
@Suite struct CurveToolTests {
  private let attack = BuiltTool("cusp-attack")

  private func records(_ outcome: BuiltTool.Outcome) throws -> [PredictionRecord] {
    try outcome.output.split(separator: 0x0A).map { try PredictionRecord(json: JSON(parsing: Array($0))) }
  }

  @Test("The smallest budget of PGD is none of its parameters, and a budget below it fools fewer")
  func smallest() throws {
    let path = try TrainedModel.digits.get().path
    let words = [path, "--quiet", "--pgd", "--steps", "5", "--limit", "30"]
    let search = try attack.run(words + ["--minimum-epsilon", "--epsilon", "0.05"])
    #expect(search.status == 0 && RecordSchemas.problems(inOutput: search.text) == [])
    let found = try records(search)
    #expect(found.count == 30 && found.allSatisfy { $0.setting.epsilon == nil })
    #expect(found.allSatisfy { $0.setting.parameters?["minimum_epsilon"] == .bool(true) })
    #expect(found.allSatisfy { $0.setting.parameters?["step_size"] == nil })
    let fooled = found.filter { $0.perturbed != $0.natural }
    #expect(!fooled.isEmpty)
    let half = try records(attack.run(words + ["--epsilon", "0.002"]))
    #expect(half.count { $0.perturbed != $0.natural } <= fooled.count { $0.distance <= 0.004 } + 2)
  }

  @Test("A list of budgets of a search has the records of each alone, one search having been made")
  func shared() throws {
    let path = try TrainedModel.digits.get().path
    let words = [path, "--quiet", "--ddn", "--steps", "30", "--limit", "20"]
    let together = try records(attack.run(words + ["--epsilon", "0.1,0.5"]))
    #expect(together.map(\.setting.epsilon) == (0..<40).map { $0 % 2 == 0 ? 0.1 : 0.5 })
    for (place, epsilon) in ["0.1", "0.5"].enumerated() {
      let alone = try records(attack.run(words + ["--epsilon", epsilon]))
      let those = together.enumerated().filter { $0.offset % 2 == place }.map(\.element)
      #expect(those.map(\.perturbed) == alone.map(\.perturbed) && those.map(\.distance) == alone.map(\.distance))
    }
  }

  @Test("What --at is given decides the rows, and what it cannot count is refused")
  func curve() throws {
    let path = try TrainedModel.digits.get().path
    let found = try attack.run([path, "--quiet", "--fmn", "--steps", "20", "--limit", "20"])
    let fold = BuiltTool("cusp-fooling-rate")
    let curve = try fold.run(["--at", "0:0.4:0.1"], input: found.output)
    #expect(curve.status == 0 && RecordSchemas.problems(inOutput: curve.text) == [])
    let rates = try curve.output.split(separator: 0x0A).map { try FoolingRateRecord(json: JSON(parsing: Array($0))) }
    #expect(rates.count == 5 && rates.map(\.fooled) == rates.map(\.fooled).sorted())
    let twice = try fold.run(["--at", "0.1,0.1"], input: found.output)
    #expect(twice.status == 64 && twice.errors.contains("twice"))
    let budget = try attack.run([path, "--quiet", "--fgsm", "--limit", "2"])
    let refused = try fold.run(["--at", "0.1"], input: budget.output)
    #expect(refused.status == 65 && refused.errors.contains("of one budget"))
  }

  @Test("A diagnosis follows the predictions, and --strict ends with 1 where it finds something")
  func diagnosis() throws {
    let path = try TrainedModel.digits.get().path
    let words = [path, "--epsilon", "0.1", "--limit", "40", "--diagnose"]
    let sound = try attack.run(words)
    #expect(sound.status == 0 && RecordSchemas.problems(inOutput: sound.text) == [])
    let lines = sound.text.split(separator: "\n")
    #expect(lines.count == 41 && lines[40].hasPrefix(#"{"type":"diagnosis","v":1,"#))
    let short = try attack.run(words + ["--strict", "--quiet", "--steps", "2", "--step-size", "0.001"])
    #expect(short.status == 1 && short.errors.isEmpty)
    #expect(short.text.contains(#""name":"budget-out-of-reach","value":0.9"#))
    for words in [["--epsilon", "0.1,0.2"], ["--spatial", "--rotation", "3"]] {
      #expect(try attack.run([path, "--diagnose"] + words).status == 64)
    }
  }
}
