import Records
import ToolSupport

/// Scores, a model after the other: as records at once, as a table of any kind when all are there.
struct ScoreReport {
  private let format: OutputFormat
  /// Whether models are rows and settings columns.
  private let compares: Bool
  /// The models in their order, each by its file; a copy of a model is another one.
  private var models: [(name: String, scores: [ScoreRecord])] = []

  init(format: OutputFormat, compares: Bool) { (self.format, self.compares) = (format, compares) }

  /// Takes in the scores of the model that tables call `name`; records go to `output` now.
  mutating func add(_ name: String, _ scores: [ScoreRecord], to output: StandardOutput) throws {
    models.append((name, scores))
    guard format == .ndjson else { return }
    for score in scores { try output.write(score) }
    try output.flush()
  }

  /// Writes the table of the models so far, if it is to be one.
  func finish(to output: StandardOutput) throws {
    guard !models.isEmpty, format != .ndjson else { return }
    if compares {
      let comparison = Comparison(models)
      let title = "Accuracy, and in brackets the share that is fooled.\n\n"
      try output.write(rows: comparison.rows, as: format, text: title + comparison.text(within: output.columns))
    } else {
      let scores: [ScoreRecord] = models.flatMap(\.scores)
      try output.write(scores, as: format, text: table(within: output.columns))
    }
  }

  private func table(within columns: Int?) -> String {
    let rows = models.flatMap { model in model.scores.map { (model.name, $0) } }
    let distinctions = rows.map(\.1.setting).distinctions { [$0.model] + cells($0) }
    let isMixed = distinctions.contains { !$0.isEmpty }
    var table = TextTable(
      [
        .words("model").setting, .words("attack").setting, .words("norm").setting, .numbers("epsilon").setting,
        .numbers("rotation").setting, .numbers("translation").setting,
      ] + (isMixed ? [.words("settings")] : []) + [
        .numbers("images").setting, .numbers("natural"), .numbers("accuracy"), .words("95 % interval").detail,
        .numbers("fooled"), .words("95 % interval").detail,
      ])
    for (row, distinction) in zip(rows, distinctions) {
      let tally = row.1.tally
      table.add(
        [row.0] + cells(row.1.setting) + (isMixed ? [distinction] : []) + [
          String(tally.count), NumberText.percent(tally.naturalAccuracy), NumberText.percent(tally.accuracy),
          interval(tally.correct, of: tally.count), NumberText.percent(tally.foolingRate),
          interval(tally.fooled, of: tally.count),
        ])
    }
    return table.text(within: columns)
  }

  private func cells(_ setting: Setting) -> [String] {
    [
      setting.attack, setting.norm, setting.epsilon.map(NumberText.pixelDistance) ?? "-", setting.rotationText,
      NumberText.shortest(setting.translation),
    ]
  }

  private func interval(_ successes: Int, of count: Int) -> String {
    let interval = WilsonInterval(successes: successes, count: count)
    return "\(NumberText.percent(interval.lower)) to \(NumberText.percent(interval.upper))"
  }
}
