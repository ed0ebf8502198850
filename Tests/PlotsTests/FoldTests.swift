import Failures
import Foundation
import Plots
import Records
import TestSupport
import Testing

/// How records become lines, and what is refused.
@Suite struct FoldTests {
  @Test("Models are called by the file of their checkpoint, alike ones by their digest as well")
  func names() throws {
    let (first, second) = (String(repeating: "a1", count: 32), String(repeating: "b2", count: 32))
    func checkpoint(_ path: String, _ digest: String) -> [UInt8] {
      CheckpointRecord(path: path, digest: digest, epoch: 1, architecture: "x", data: "digits").line
    }
    let scores = [first, second].map { Drawing.score($0, rotation: 30, right: 50) }
    #expect(try Drawing.figure(.profile, scores).names == ["a1a1a1a1a1a1", "b2b2b2b2b2b2"])
    let named = [checkpoint("/a/n.h5", first)] + scores + [checkpoint("/b/p.h5", second)]
    #expect(try Drawing.figure(.profile, named).names == ["n.h5", "p.h5"])
    let alike = [checkpoint("/a/n.h5", first), checkpoint("/b/n.h5", second)] + scores
    #expect(try Drawing.figure(.profile, alike).names == ["n.h5 a1a1a1a1a1a1", "n.h5 b2b2b2b2b2b2"])
  }

  @Test("Parameters tell lines apart only where their points would fall together")
  func parameters() throws {
    func score(_ steps: Int64, _ epsilon: Double) -> [UInt8] {
      let parameters = JSON.object([
        .init("steps", .integer(steps)), .init("step_size", .number(epsilon / 4)), .init("seed", .string("0")),
      ])
      return Drawing.score("m", epsilon: epsilon, right: 50 - Int(steps), parameters: parameters)
    }
    let one = try Drawing.figure(.profile, [score(10, 0.1), score(10, 0.2)])
    #expect(one.names == ["m"] && one.caption.contains("pgd, linf"))
    let two = try Drawing.figure(.profile, [score(10, 0.1), score(10, 0.2), score(40, 0.1), score(40, 0.2)])
    #expect(two.names == ["steps 10", "steps 40"])
    let by = Drawing.refusal(.profile, [score(10, 0.1), score(40, 0.1)]) { $0.by = "model" }
    #expect(
      by?.message
        == "two points of one line at epsilon 0.1: they differ in steps; say so with --by")
    let named = try Drawing.figure(.profile, [score(10, 0.1), score(40, 0.1)]) { $0.by = "steps" }
    #expect(named.names == ["steps 10", "steps 40"])
  }

  @Test("Images without an attack begin the line of each attack on the same images")
  func natural() throws {
    let lines = [
      Drawing.score("m", right: 90), Drawing.score("m", epsilon: 0.1, right: 50),
      Drawing.score("m", epsilon: 0.1, right: 70, attack: "fgsm"), Drawing.score("n", right: 80),
    ]
    let figure = try Drawing.figure(.profile, lines)
    #expect(figure.names == ["m, pgd", "m, fgsm", "n, no attack"])
    let values = try #require(figure.vegaLite["vconcat"]?.array?.first?["data"]?["values"]?.array)
    let shares = Dictionary(grouping: values) { $0["series"]?.string ?? "" }
      .mapValues { $0.compactMap { $0["y"]?.number } }
    #expect(shares == ["m, pgd": [0.9, 0.5], "m, fgsm": [0.9, 0.7], "n, no attack": [0.8]])
  }

  @Test("The same record again changes nothing, and records of one setting may be of three types")
  func repeated() throws {
    let score = Drawing.score("m", rotation: 30, right: 50)
    let once = try Drawing.figure(.profile, [score])
    #expect(try Drawing.figure(.profile, [score, score]) == once)
    let parsed = try ScoreRecord(json: JSON(parsing: Array(score.dropLast())))
    let rate = FoolingRateRecord(
      setting: parsed.setting, count: 100, fooled: 50, naturalAccuracy: 1, accuracy: 0.5)
    #expect(try Drawing.figure(.profile, [rate.line]) == once)
    #expect(try Drawing.figure(.profile, [score, rate.line]) == once)
  }

  @Test("Seeds of one model are one dot: their mean, from the least to the largest")
  func seeds() throws {
    let lines = [(1, 40, 60), (2, 44, 70), (3, 48, 80)].flatMap { seed, x, y in
      [
        Drawing.score("cusp-s\(seed).h5", rotation: 30, right: x),
        Drawing.score("cusp-s\(seed).h5", epsilon: 0.1, right: y),
      ]
    }
    #expect(try Drawing.figure(.pareto, lines).names.count == 3)
    let figure = try Drawing.figure(.pareto, lines) { $0.areSeeds = true }
    #expect(figure.names == ["cusp.h5 (3 seeds)"])
    let values = try #require(figure.vegaLite["vconcat"]?.array?.first?["data"]?["values"]?.array)
    let mean = try #require(values.first { $0["x_lower"] != nil })
    for (key, value) in [
      ("x", 0.44), ("y", 0.7), ("x_lower", 0.4), ("x_upper", 0.48), ("y_lower", 0.6), ("y_upper", 0.8),
    ] { #expect(abs((mean[key]?.number ?? .nan) - value) < 1e-12, "\(key)") }
  }

  @Test("Runs of training are told apart, by the file that each wrote where it says so")
  func runs() throws {
    func epoch(_ number: Int, validation: Double? = nil) -> [UInt8] {
      EpochRecord(
        epoch: number, epochs: 2, learningRate: 0.1, rotation: 0, translation: 0, epsilon: 0, loss: 1, accuracy: 0.5,
        validation: validation, kept: validation.map { _ in 1 }, imagesPerSecond: 1, seconds: 1
      ).line
    }
    let end = CheckpointRecord(path: "/x/a.h5", digest: "d", epoch: 2, architecture: "x", data: "digits").line
    let figure = try Drawing.figure(
      .training, [epoch(1), epoch(2), end, epoch(1, validation: 0.4), epoch(2, validation: 0.5)])
    #expect(figure.names == ["a.h5", "run 2", "run 2, held out"] && figure.panels.count == 3)
    #expect(figure.caption == "2 of 2 epochs")
  }

  @Test(
    "What cannot be drawn is refused in one line",
    arguments: [
      (.profile, ["x": "angle"], [], "--x angle: give rotation, epsilon or translation"),
      (.profile, ["y": "loss"], [], "--y loss: give accuracy, fooling-rate or natural-accuracy"),
      (.profile, ["value": "accuracy"], [], "--value means nothing for a profile; leave it out"),
      (.heatmap, ["x": "epsilon", "y": "epsilon"], [], "--x and --y are both epsilon; name two budgets"),
      (.pareto, ["x": "rotation"], [], "give a budget and its value"),
      (.pareto, [:], [Drawing.score("m", rotation: 30, right: 1)], "no epsilon alone that all models have"),
      (
        .pareto, ["y": "epsilon=1"], [Drawing.score("m", rotation: 30, right: 1)], "no model has both rotation 30 alone"
      ),
      (.profile, [:], Drawing.profile(models: 22), "22 lines in one figure, at most 21"),
      (
        .profile, [:], [Drawing.score("m", rotation: 1e308, right: 1), Drawing.score("m", rotation: -1e308, right: 1)],
        "cannot be drawn on one axis"
      ),
      (
        .profile, [:], [Drawing.score("m", right: 1), Drawing.score("m", right: 2)],
        "two answers under the same settings"
      ),
    ] as [(FigureKind, [String: String], [[UInt8]], String)])
  func refusals(kind: FigureKind, options: [String: String], lines: [[UInt8]], message: String) {
    let lines = lines.isEmpty ? [Drawing.score("m", right: 1)] : lines
    let failure = Drawing.refusal(kind, lines) { request in
      (request.x, request.y, request.value) = (options["x"], options["y"], options["value"])
    }
    #expect(failure?.message.contains(message) == true, "\(failure?.message ?? "none")")
  }

  @Test("Predictions of one budget have no place in a curve, and those without one none in a profile")
  func budgets() throws {
    func prediction(_ index: Int, epsilon: Double?, distance: Float = 0.5, perturbed: Int = 1) -> [UInt8] {
      let setting = Setting(model: "m", attack: "ddn", norm: "l2", epsilon: epsilon)
      return PredictionRecord(
        setting: setting, index: index, label: 0, natural: 0, perturbed: perturbed, distance: distance
      ).line
    }
    let figure = try Drawing.figure(.curve, [prediction(0, epsilon: nil), prediction(1, epsilon: 0.5)])
    #expect(figure.caption.contains("n = 1"))
    let profile = Drawing.refusal(.profile, [prediction(0, epsilon: nil)]) { $0.x = "epsilon" }
    #expect(profile?.message.contains("see cusp-plot curve") == true)
    let twice = Drawing.refusal(.curve, [prediction(0, epsilon: nil), prediction(0, epsilon: nil, distance: 1)])
    #expect(twice?.message == "line 2: image 0 came before with another answer; plot each run alone")
    let classes = Drawing.refusal(.confusion, [prediction(0, epsilon: 1, perturbed: 1_000_000)])
    #expect(classes?.message.hasPrefix("line 1: image 0: class 1000000; ") == true)
  }

  /// The fold of `lines`, read to the end, and how many of them it had a use for.
  private func fold(_ kind: FigureKind, _ lines: [[UInt8]]) throws -> (fold: FigureFold, count: Int) {
    try Fixture.withTemporaryFolder { folder in
      let path = "\(folder)/records"
      try Data(lines.joined()).write(to: URL(fileURLWithPath: path))
      let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
      var reader = RecordReader(LineReader(descriptor: file.fileDescriptor))
      var (fold, count) = (FigureFold(kind), 0)
      while try fold.next(&reader) { count += 1 }
      return withExtendedLifetime(file) { (fold, count) }
    }
  }

  @Test("A fold tells what it has taken in, what errors said, and what it could not draw")
  func bookkeeping() throws {
    let error: [UInt8] = ErrorRecord(code: "data", message: "bad\u{7}image").line
    let foreign = Array("{\"type\":\"future\",\"v\":1}\n".utf8)
    let score = Drawing.score("m", rotation: 30, right: 5)
    let scores = try fold(.profile, [error, foreign, score, foreign, score])
    #expect(scores.count == 3 && scores.fold.errors == ["bad?image"])
    #expect(try !scores.fold.isEmpty)
    #expect(scores.fold.leftOut == nil)
    for kind in [FigureKind.curve, .training, .confusion] {
      let others = try fold(kind, [error, foreign, score])
      #expect(others.count == 1 && others.fold.errors.count == 1)
      #expect(try others.fold.isEmpty)
    }
    let setting = Setting(model: "m", attack: "pgd", norm: "linf", epsilon: 0.5)
    let prediction = PredictionRecord(setting: setting, index: 0, label: 0, natural: 0, perturbed: 1, distance: 0.5)
    let budget = try fold(.curve, [prediction.line])
    #expect(try budget.fold.isEmpty)
    #expect(budget.fold.leftOut?.hasPrefix("1 predictions of attacks with a budget are left out") == true)
    #expect(try fold(.profile, [prediction.line]).count == 0)
    #expect(try !fold(.profile, [prediction.line]).fold.isEmpty)
  }

  @Test("Names of any length are bounded, so that a figure does not grow with them")
  func longNames() throws {
    let name = String(repeating: "x", count: 1_000_000)
    let lines = [0.0, 30, 60].flatMap { angle in
      ["a", "b"].map { Drawing.score(name + $0, rotation: angle, right: 50) }
    }
    let figure = try Drawing.figure(.profile, lines)
    #expect(figure.names.count == 2 && figure.names.allSatisfy { $0.count <= 200 && $0.contains("…") })
    #expect(figure.names[0].hasSuffix("xa") && figure.names[1].hasSuffix("xb"))
    #expect(try figure.svg().document.count < 20_000)
    let pareto = try Drawing.figure(
      .pareto, [lines[2], Drawing.score(name + "a", epsilon: 0.1, right: 5)])
    #expect(try pareto.svg().document.count < 20_000)
  }
}
