import Foundation
import Plots
import Records
import TestSupport
import Testing

/// Every text of a figure of each kind, in the order of the document.
@Suite struct ExpectedTextTests {
  private func texts(_ figure: Figure, theme: Theme = .screen, width: Double) throws -> [String] {
    let document = try figure.svg(theme: theme, width: width).document
    return try PlacedText.all(in: String(decoding: document, as: UTF8.self), em: theme.fontSize).map(\.text)
  }

  private let levels = ["0 %", "10 %", "20 %", "30 %", "40 %", "50 %", "60 %", "70 %", "80 %", "90 %", "100 %"]
  private let fifths = ["0 %", "20 %", "40 %", "60 %", "80 %", "100 %"]

  @Test("A profile of two models")
  func profile() throws {
    let figure = try Drawing.figure(.profile, Drawing.profile(models: 2)) { $0.title = "Turned digits" }
    let end = [
      "rotation (degrees)", "accuracy", "model-0", "model-1",
      "accuracy, digits, test, n = 100. Bands: 95 % intervals (Wilson).",
    ]
    #expect(
      try texts(figure, width: 400)
        == ["Turned digits"] + fifths + ["0", "30", "60", "90", "120", "150", "180"] + end)
    #expect(
      try texts(figure, width: 1600)
        == ["Turned digits"] + levels
        + ["0", "15", "30", "45", "60", "75", "90", "105", "120", "135", "150", "165", "180"] + end)
    #expect(
      try texts(figure, theme: .paper, width: 240)
        == ["Turned digits"] + fifths + ["0", "30", "60", "90", "120", "150", "180"] + end)
  }

  @Test("A profile of epsilons in levels, of one model")
  func epsilons() throws {
    let lines = [0, 2.0, 4, 8].map { Drawing.score("m", epsilon: $0 / 255, right: 90 - Int($0)) }
    let figure = try Drawing.figure(.profile, lines) { $0.y = "fooling-rate" }
    #expect(
      try texts(figure, width: 400).joined(separator: " ")
        == (fifths + [
          "0", "2/255", "4/255", "6/255", "8/255", "epsilon (pixel units)", "fooling rate", "m",
          "fooling rate, pgd, linf, digits, test, n = 100. Bands: 95 % intervals (Wilson).",
        ]).joined(separator: " "))
  }

  @Test("A heat map of two models with a cell that is missing")
  func heatmap() throws {
    var lines: [[UInt8]] = []
    for model in ["a", "b"] {
      lines.append(Drawing.score(model, rotation: 0, right: 90))
      lines.append(Drawing.score(model, rotation: 30, right: 60))
      lines.append(Drawing.score(model, rotation: 0, epsilon: 0.1, right: 60))
      if model == "a" { lines.append(Drawing.score(model, rotation: 30, epsilon: 0.1, right: 30)) }
    }
    let figure = try Drawing.figure(.heatmap, lines)
    func panel(_ name: String, _ cells: [String]) -> [String] {
      [name] + cells + ["0", "30", "0.1", "0", "100 %", "0 %", "rotation (degrees)", "epsilon (pixel units)"]
    }
    #expect(
      try texts(figure, width: 400)
        == panel("a", ["60 %", "30 %", "90 %", "60 %"]) + panel("b", ["60 %", "90 %", "60 %"])
        + ["accuracy, pgd, linf, digits, test, n = 100."])
  }

  @Test("A pareto of three models")
  func pareto() throws {
    let lines = [("a", 40, 60), ("b", 50, 50), ("c", 45, 45)].flatMap { name, x, y in
      [
        Drawing.score(name, rotation: 30, right: x, of: 1000),
        Drawing.score(name, epsilon: 8 / 255, right: y, of: 1000),
      ]
    }
    let figure = try Drawing.figure(.pareto, lines)
    let all = try texts(figure, width: 800)
    #expect(
      all.suffix(6) == [
        "accuracy, rotation 30", "accuracy, epsilon 8/255", "a", "b", "c",
        "n = 1000. Bars: 95 % intervals (Wilson). Pale: another model is better in both.",
      ])
    let turned = try Drawing.figure(.pareto, lines) { $0.value = "fooling-rate" }
    #expect(try texts(turned, width: 800).contains("fooling rate, epsilon 8/255"))
  }

  @Test("A curve of two models")
  func curve() throws {
    let figure = try Drawing.figure(.curve, path: Fixture.path("plots/distances.ndjson"))
    let all = try texts(figure, width: 800)
    #expect(
      all.suffix(5) == [
        "epsilon (l2, pixel units)", "accuracy", "5f5f5f5f5f5f", "d4d4d4d4d4d4",
        "accuracy, ddn, l2, digits, test, steps 50, n = 40. Bands: 95 % intervals (Wilson).",
      ])
  }

  @Test("Training, held out images and budgets")
  func training() throws {
    let lines = (1...4).map {
      EpochRecord(
        epoch: $0, epochs: 4, learningRate: 0.1, rotation: 0, translation: Double($0 / 2), epsilon: 0,
        loss: 2 / Double($0), accuracy: 0.2 * Double($0), validation: 0.5, kept: 1, imagesPerSecond: 1, seconds: 1
      ).line
    }
    let figure = try Drawing.figure(.training, lines)
    let epochs = ["1", "2", "3", "4"]
    let all = try texts(figure, width: 400)
    #expect(all.filter { ["loss", "accuracy", "learning rate", "translation"].contains($0) }.count == 4)
    #expect(all.suffix(4) == ["translation", "training", "training, held out", "4 of 4 epochs"])
    #expect(all.filter { $0 == "epoch" }.count == 1)
    for epoch in epochs { #expect(all.contains(epoch)) }
  }

  @Test("A confusion of three classes, of which one has no image")
  func confusion() throws {
    let setting = Setting(
      model: "m", attack: "none", norm: "none", epsilon: 0, rotation: 30, data: "digits", split: "test")
    let answers = [(0, 0), (0, 0), (0, 2), (2, 2), (2, 1), (2, 2), (2, 2)]
    let lines = answers.enumerated().map { place, answer in
      PredictionRecord(
        setting: setting, index: place, label: answer.0, natural: 0, perturbed: answer.1, distance: 0
      ).line
    }
    let figure = try Drawing.figure(.confusion, lines)
    #expect(
      try texts(figure, width: 400).joined(separator: " ")
        == [
          "m", "2", "0", "1", "0", "1", "3", "0", "1", "2", "0", "1", "2", "100 %", "0 %", "predicted class",
          "true class", "images by class, rotation 30, digits, test, n = 7. Colours: shares of each true class.",
        ].joined(separator: " "))
    let svg = String(decoding: try figure.svg().document, as: UTF8.self)
    #expect(svg.contains("<title>true 2, predicted 1: 1 of 4 images</title>"))
    #expect(svg.components(separatedBy: "<title>no record</title>").count == 4)
  }

  @Test("A caption tells how many images there are, and that some are missing")
  func captions() throws {
    var first = try ScoreRecord(json: JSON(parsing: Drawing.score("m", rotation: 0, right: 5, of: 10).dropLast()))
    var second = first
    (second.setting.rotation, second.tally, second.missing) = (30, Tally(count: 8, correct: 3), 2)
    #expect(try Drawing.figure(.profile, [first.line, second.line]).caption.contains("n = 8 to 10, up to 2 missing. "))
    first.setting.data = nil
    second.setting.data = nil
    let caption = try Drawing.figure(.profile, [first.line, second.line]).caption
    #expect(caption.hasPrefix("accuracy, test, n = 8 to 10"))
  }
}
