import Records
import ToolSupport

/// Scores, a model after the other: as records at once, as a table when all are there.
struct ScoreReport {
  /// How scores are written.
  enum Layout {
    /// A record each.
    case records
    /// A table for people, a row each.
    case table
    /// A table of one row a model and one column a setting.
    case comparison
  }

  private let layout: Layout
  /// The models in their order, each by its file; a copy of a model is another one.
  private var models: [(name: String, scores: [ScoreRecord])] = []

  init(layout: Layout) { self.layout = layout }

  /// Takes in the scores of the model that tables call `name`; records go to `output` now.
  mutating func add(_ name: String, _ scores: [ScoreRecord], to output: StandardOutput) throws {
    models.append((name, scores))
    guard layout == .records else { return }
    for score in scores { try output.write(score) }
    try output.flush()
  }

  /// Writes the table of the models so far, if it is to be one.
  func finish(to output: StandardOutput) throws {
    guard !models.isEmpty else { return }
    switch layout {
    case .records: break
    case .table: try output.write(table)
    case .comparison:
      try output.write("Accuracy, and in brackets the share that is fooled.\n\n" + Comparison(models).text)
    }
  }

  private var table: String {
    let rows = models.flatMap { model in model.scores.map { (model.name, $0) } }
    let distinctions = rows.map(\.1.setting).distinctions { [$0.model] + cells($0) }
    let isMixed = distinctions.contains { !$0.isEmpty }
    var table = TextTable(
      [
        .words("model"), .words("attack"), .words("norm"), .numbers("epsilon"), .numbers("rotation"),
        .numbers("translation"),
      ] + (isMixed ? [.words("settings")] : []) + [
        .numbers("images"), .numbers("natural"), .numbers("accuracy"), .words("95 % interval"),
        .numbers("fooled"), .words("95 % interval"),
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
    return table.text
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
