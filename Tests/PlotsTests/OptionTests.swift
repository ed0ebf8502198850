import Failures
import Plots
import Records
import TestSupport
import Testing

/// What is asked of a figure beyond its kind.
@Suite struct OptionTests {
  /// Two models, turned, moved, and attacked by two attacks.
  private var scores: [[UInt8]] {
    var lines: [[UInt8]] = []
    for (place, model) in ["a", "b"].enumerated() {
      for angle in [0.0, 15, 30] { lines.append(Drawing.score(model, rotation: angle, right: 90 - Int(angle) - place)) }
      for epsilon in [0.1, 0.2] {
        let right = 60 - Int(100 * epsilon) - place
        lines.append(Drawing.score(model, epsilon: epsilon, right: right))
        lines.append(Drawing.score(model, epsilon: epsilon, right: right - 5, attack: "fgsm"))
      }
    }
    return lines
  }

  private func values(_ figure: Figure) throws -> [JSON] {
    try #require(figure.vegaLite["vconcat"]?.array?.first?["data"]?["values"]?.array)
  }

  @Test("Settings by name tell lines apart, in the order of the records")
  func by() throws {
    let attacked = scores.filter { String(decoding: $0, as: UTF8.self).contains("\"rotation\":0,") }
    let all = try Drawing.figure(.profile, attacked) { $0.x = "epsilon" }
    #expect(all.names == ["a, pgd", "a, fgsm", "b, pgd", "b, fgsm"])
    let pgd = attacked.filter { !String(decoding: $0, as: UTF8.self).contains("fgsm") }
    let models = try Drawing.figure(.profile, pgd) { ($0.x, $0.by) = ("epsilon", "model") }
    #expect(models.names == ["a", "b"])
    let refused = Drawing.refusal(.profile, attacked) { ($0.x, $0.by) = ("epsilon", "model") }
    #expect(refused?.kind == .data && refused?.message.contains("they differ in attack; say so with --by") == true)
    let attacks = Drawing.refusal(.profile, attacked) { ($0.x, $0.by) = ("epsilon", "attack") }
    #expect(attacks?.message.contains("differ in model") == true)
  }

  @Test("Each share is what it is called")
  func shares() throws {
    let setting = Setting(model: "m", attack: "none", norm: "none", epsilon: 0, rotation: 30)
    let score = ScoreRecord(setting: setting, tally: Tally(count: 10, fooled: 7, naturallyCorrect: 9, correct: 4)).line
    for (name, share) in [("accuracy", 0.4), ("fooling-rate", 0.7), ("natural-accuracy", 0.9)] {
      let profile = try Drawing.figure(.profile, [score]) { $0.y = name }
      #expect(try values(profile).first?["y"]?.number == share)
      let heatmap = try Drawing.figure(.heatmap, [score]) { $0.value = name }
      #expect(try values(heatmap).first?["value"]?.number == share)
      #expect(heatmap.caption.hasPrefix(name.replacing("-", with: " ")))
    }
    #expect(Drawing.refusal(.curve, [score]) { $0.y = "natural-accuracy" }?.kind == .usage)
  }

  @Test("A pareto takes the largest budgets that all models have, or those that are named")
  func paretoBudgets() throws {
    let pgd = scores.filter { !String(decoding: $0, as: UTF8.self).contains("fgsm") }
    let usual = try Drawing.figure(.pareto, pgd)
    #expect(try values(usual).map { $0["x"]?.number } == [0.6, 0.59])
    #expect(try values(usual).map { $0["y"]?.number } == [0.4, 0.39])
    let named = try Drawing.figure(.pareto, pgd) { ($0.x, $0.y) = ("rotation=15", "epsilon=0.1") }
    #expect(try values(named).map { $0["x"]?.number } == [0.75, 0.74])
    #expect(try values(named).map { $0["y"]?.number } == [0.5, 0.49])
    let same = try Drawing.figure(.pareto, pgd) { ($0.x, $0.y) = ("rotation=15", "rotation=30") }
    #expect(try values(same).map { $0["y"]?.number } == [0.6, 0.59])
    // Two attacks at one budget are two answers.
    let both = Drawing.refusal(.pareto, scores)
    #expect(both?.message == "a has 2 answers for epsilon 0.2 alone; plot one attack at a time")
  }

  @Test("A model without one of the two is left out of a pareto, and the caption says so")
  func leftOut() throws {
    let lines =
      scores.filter { !String(decoding: $0, as: UTF8.self).contains("fgsm") } + [
        Drawing.score("c", rotation: 30, right: 5)
      ]
    #expect(Drawing.refusal(.pareto, lines)?.message.contains("no epsilon alone that all models have") == true)
    let figure = try Drawing.figure(.pareto, lines) { $0.y = "epsilon=0.2" }
    #expect(figure.names == ["a", "b"] && figure.caption.contains("1 models without both are left out"))
  }

  @Test("Axes of a heat map may be any two budgets, either way around")
  func heatmapAxes() throws {
    let lines = [0.0, 15].flatMap { angle in
      [0.0, 0.1].map { Drawing.score("m", rotation: angle, epsilon: $0, right: 80 - Int(angle) - Int(100 * $0)) }
    }
    let usual = try values(try Drawing.figure(.heatmap, lines))
    let turned = try values(try Drawing.figure(.heatmap, lines) { ($0.x, $0.y) = ("epsilon", "rotation") })
    #expect(usual.count == 4 && turned.count == 4)
    for cell in usual {
      let other = turned.first { $0["row"] == cell["column"] && $0["column"] == cell["row"] }
      #expect(other?["value"] == cell["value"])
    }
    let flat = try values(try Drawing.figure(.heatmap, [lines[0], lines[2]]) { $0.y = "translation" })
    #expect(flat.map { $0["row"]?.string } == ["0", "0"])
  }

  @Test("A kind refuses what means nothing to it", arguments: FigureKind.allCases)
  func meaningless(kind: FigureKind) {
    let takes: [FigureKind: Set<String>] = [
      .profile: ["--x", "--y", "--by"], .curve: ["--y", "--by"], .pareto: ["--x", "--y", "--value", "--seeds"],
      .heatmap: ["--x", "--y", "--value", "--by"], .training: [], .confusion: ["--by"],
    ]
    var requests: [String: FigureRequest] = [:]
    for option in ["--x", "--y", "--value", "--by", "--seeds"] { requests[option] = FigureRequest() }
    requests["--x"]?.x = kind == .pareto ? "rotation=30" : "rotation"
    requests["--y"]?.y = kind == .pareto ? "epsilon=0.1" : kind == .heatmap ? "epsilon" : "accuracy"
    requests["--value"]?.value = "accuracy"
    requests["--by"]?.by = "model"
    requests["--seeds"]?.areSeeds = true
    for (option, request) in requests {
      do {
        try request.check(for: kind)
        #expect(takes[kind]?.contains(option) == true, "\(option)")
      } catch {
        #expect(takes[kind]?.contains(option) == false && error.kind == .usage, "\(option)")
        #expect(error.message == "\(option) means nothing for a \(kind.rawValue); leave it out")
      }
    }
  }
}
