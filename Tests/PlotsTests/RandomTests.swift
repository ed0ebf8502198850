import Failures
import Foundation
import Plots
import Records
import TestSupport
import Testing

/// Whatever comes, a figure holds each record once, or one line says why there is none.
@Suite struct RandomTests {
  /// Scores of random settings, each once.
  private func scores(_ generator: inout Damage) -> [ScoreRecord] {
    var settings: Set<Setting> = []
    let models = (0..<Int.random(in: 1...3, using: &generator)).map { "m\($0)" }
    for _ in 0..<Int.random(in: 1...40, using: &generator) {
      let isNatural = Bool.random(using: &generator)
      let attack = ["pgd", "fgsm"].randomElement(using: &generator) ?? "pgd"
      settings.insert(
        Setting(
          model: models.randomElement(using: &generator) ?? "m", attack: isNatural ? "none" : attack,
          norm: isNatural ? "none" : "linf",
          epsilon: isNatural ? 0 : [0.1, 4 / 255, 8 / 255].randomElement(using: &generator) ?? 0.1,
          rotation: [0, 15, 30, 90].randomElement(using: &generator) ?? 0,
          translation: [0, 3].randomElement(using: &generator) ?? 0, data: "digits", split: "test", total: 50,
          parameters: isNatural
            ? nil : .object([.init("steps", .integer([10, 40].randomElement(using: &generator) ?? 10))])))
    }
    return settings.sorted { "\($0)" < "\($1)" }.map { setting in
      let right = Int.random(in: 0...50, using: &generator)
      return ScoreRecord(
        setting: setting, tally: Tally(count: 50, fooled: 50 - right, naturallyCorrect: 50, correct: right))
    }
  }

  @Test("Every score is a point of a profile, at its budget, along each axis")
  func profiles() throws {
    for seed in 0..<60 {
      var generator = Damage(seed: seed)
      let scores = scores(&generator)
      for axis in ["rotation", "epsilon", "translation"] {
        let figure: Figure
        do {
          figure = try Drawing.figure(.profile, scores.map(\.line)) { $0.x = axis }
        } catch let failure as Failure {
          #expect(failure.message.contains("lines in one figure"), "seed \(seed)")
          continue
        }
        let values = try #require(figure.vegaLite["vconcat"]?.array?.first?["data"]?["values"]?.array)
        #expect(Set(figure.names).count == figure.names.count, "seed \(seed), \(axis): \(figure.names)")
        // Along epsilon those without an attack may stand on several lines.
        func key(_ x: Double, _ y: Double) -> String { "\(x) \(y)" }
        let found = Dictionary(grouping: values) { key($0["x"]?.number ?? .nan, $0["y"]?.number ?? .nan) }
        let expected = Dictionary(grouping: scores) { score in
          let setting = score.setting
          let x = axis == "rotation" ? setting.rotation : axis == "epsilon" ? setting.epsilon ?? 0 : setting.translation
          return key(x, score.tally.accuracy)
        }
        #expect(Set(found.keys) == Set(expected.keys), "seed \(seed), \(axis)")
        for (place, those) in expected {
          let count = found[place]?.count ?? 0
          if axis == "epsilon" {
            #expect(count >= those.count, "seed \(seed), \(place)")
          } else {
            #expect(count == those.count, "seed \(seed), \(axis) \(place)")
          }
        }
        for name in figure.names {
          let xs = values.filter { $0["series"]?.string == name }.compactMap { $0["x"]?.number }
          #expect(xs == xs.sorted() && Set(xs).count == xs.count, "seed \(seed), \(name)")
        }
      }
    }
  }

  @Test("The order of records changes neither what is drawn nor under which name")
  func order() throws {
    for seed in 0..<20 {
      var generator = Damage(seed: seed)
      let lines = scores(&generator).map(\.line)
      func points(_ lines: [[UInt8]]) -> Set<String>? {
        guard let figure = try? Drawing.figure(.profile, lines, { $0.x = "rotation" }) else { return nil }
        let values = figure.vegaLite["vconcat"]?.array?.first?["data"]?["values"]?.array ?? []
        return Set(values.map(\.text))
      }
      let shuffled = lines.shuffled(using: &generator)
      #expect(points(lines) == points(shuffled), "seed \(seed)")
      #expect(points(lines + shuffled) == points(lines), "seed \(seed)")
    }
  }

  @Test("Damaged records end in a figure of finite numbers or in one line", arguments: FigureKind.allCases)
  func damage(kind: FigureKind) throws {
    let names = ["plots/predictions.ndjson", "plots/distances.ndjson", "records/predictions.ndjson"]
    var seeds = try names.map { Array(try Fixture.data($0).prefix(6000)) }
    seeds.append(Array((1...9).map { Drawing.score("m\($0 % 3)", rotation: Double(15 * $0), right: 90 - $0) }.joined()))
    seeds.append(
      Array(
        (1...9).map { number in
          EpochRecord(
            epoch: number, epochs: 9, learningRate: 0.1, rotation: 3, translation: 1, epsilon: 0.1, loss: 1,
            accuracy: 0.5, imagesPerSecond: 1, seconds: 1
          ).line
        }.joined()))
    var (drawn, refused) = (0, 0)
    for seed in 0..<120 {
      var generator = Damage(seed: 1000 + seed)
      let bytes = generator.damage(
        seeds[seed % seeds.count], other: seeds.randomElement(using: &generator) ?? [])
      do {
        let figure = try Drawing.figure(kind, [bytes])
        let text = String(decoding: try figure.svg(width: 600).document, as: UTF8.self)
        #expect(text.firstMatch(of: /[ ",](nan|-?inf)[ ",]/) == nil, "seed \(seed)")
        _ = figure.text(columns: 80, isColoured: false)
        #expect(try JSON(parsing: figure.vegaLite.bytes)["vconcat"]?.array?.isEmpty == false)
        drawn += 1
      } catch let failure as Failure {
        #expect([.data, .usage].contains(failure.kind) && !failure.message.contains("\n"), "seed \(seed)")
        refused += 1
      }
    }
    #expect(refused > 0 && drawn + refused == 120)
  }

  @Test("Budgets of any size have an axis, or a line that says why not")
  func extremes() throws {
    let numbers = [0, 1e-300, .leastNonzeroMagnitude, 1e-9, 0.1, 1, 359.999, 1e6, 1e15, 9.1e18, 1e100, 1e308]
    for first in numbers {
      for second in numbers where second > first {
        let lines = [Drawing.score("m", rotation: first, right: 3), Drawing.score("m", rotation: second, right: 7)]
        do {
          let figure = try Drawing.figure(.profile, lines) { $0.x = "rotation" }
          for width in [400.0, 1600] {
            let text = String(decoding: try figure.svg(width: width).document, as: UTF8.self)
            #expect(text.firstMatch(of: /[ ",](nan|-?inf)[ ",]/) == nil, "\(first) \(second)")
          }
          #expect(figure.text(columns: 80, isColoured: false).contains("│"))
        } catch let failure as Failure {
          #expect(failure.kind == .data && failure.message.contains("cannot be drawn"), "\(failure.message)")
        }
      }
    }
  }
}
