import ArgumentParser
import Attacks
import Evaluation
import Failures
import Testing
import ToolOptions
import ToolSupport

/// An option for every setting of the catalogue, and what becomes of it.
@Suite("Options of single attacks")
struct AttackSettingOptionsTests {
  private static let given: [(option: String, word: String, setting: AttackSetting, value: AttackParameter.Value)] = [
    ("--steps", "7", .steps, .integer(7)), ("--step-size", "1/4", .stepSize, .number(0.25)),
    ("--start", "signs", .start, .text("signs")), ("--restarts", "3", .restarts, .integer(3)),
    ("--target", "2", .target, .integer(2)), ("--loss", "margin", .loss, .text("margin")),
    ("--decay", "0.5", .decay, .number(0.5)), ("--targets", "4", .targets, .integer(4)),
    ("--queries", "50", .queries, .integer(50)), ("--overshoot", "0.1", .overshoot, .number(0.1)),
    ("--searches", "6", .searches, .integer(6)), ("--confidence", "2", .confidence, .number(2)),
    ("--learning-rate", "1/128", .learningRate, .number(1.0 / 128)), ("--samples", "9", .samples, .integer(9)),
    ("--projection", "range-last", .projection, .text("range-last")),
    ("--direction", "gradient", .direction, .text("gradient")), ("--kernel", "15", .kernel, .integer(15)),
    ("--quantile", "0.75", .quantile, .number(0.75)),
    ("--diversity", "1/2", .diversity, .number(0.5)),
    ("--ensemble", "pgd,square", .members, .list(["pgd", "square"])),
  ]

  @Test("Every setting but the seed is an option, and arrives", arguments: given.indices)
  func values(index: Int) throws {
    let (option, word, setting, value) = Self.given[index]
    let options = try AttackOptions.parse([option, word])
    #expect(options.settings.values == [setting: value])
    #expect(options.given == [option])
    #expect(Set(Self.given.map(\.setting)).union([.seed]) == Set(AttackSetting.allCases))
  }

  private func attack(_ name: String, _ words: [String], epsilon: String? = nil) throws -> NamedAttack {
    let budgets = try epsilon.map { try NumberList.typed($0) }
    return try AttackOptions.parse(words)
      .attacks(AttackName(rawValue: name), epsilon: budgets, channels: 1, drawsPoses: false)[0]
  }

  @Test("Attacks that have a setting take it, others refuse it by name")
  func taking() throws {
    let cw = try attack("cw", ["--steps", "50", "--searches", "4", "--confidence", "1", "--learning-rate", "0.1"])
    #expect(
      cw.attack as? CarliniWagner == CarliniWagner(steps: 50, searches: 4, confidence: 1, learningRate: 0.1)
        && cw.epsilon == nil)
    let momentum = try attack("vmi-fgsm", ["--samples", "2", "--kernel", "3", "--steps", "4"], epsilon: "0.2")
    #expect((momentum.attack as? MomentumDescent)?.variant == .varianceTuned(neighbours: 2))
    #expect((momentum.attack as? MomentumDescent)?.kernel == 3)
    for (name, words) in [("pgd", ["--searches", "2"]), ("ddn", ["--kernel", "3"]), ("nes", ["--decay", "1"])] {
      let failure = #expect(throws: Failure.self) { try attack(name, words) }
      #expect(failure?.message == "\(words[0]): --\(name) has no such setting; leave it out")
    }
  }

  @Test("The smallest budget is looked for from the first on, by attacks that have one")
  func smallest() throws {
    let search = try attack("pgd", ["--minimum-epsilon", "--steps", "9"], epsilon: "0.1")
    let found = try #require(search.attack as? SmallestBudget)
    #expect(search.epsilon == nil && search.seeksSmallest && found.request.epsilon == 0.1 && found.name == "pgd")
    #expect(try (attack("pgd", ["--minimum-epsilon"]).attack as? SmallestBudget)?.request.epsilon == 0.3)
    for (name, words, epsilon) in [
      ("ddn", ["--minimum-epsilon"], nil), ("pgd", ["--minimum-epsilon"], "0.1,0.2"),
      ("pgd", ["--minimum-epsilon", "--early-stop"], "0.1"),
    ] as [(String, [String], String?)] {
      #expect(throws: Failure.self) { try attack(name, words, epsilon: epsilon) }
    }
  }
}
