import Records
import ToolSupport

/// Scores under construction, one a model and setting, in the order they first came up.
struct ScoreReport {
  private let format: OutputFormat
  private var fold = FoolingRateFold()

  init(format: OutputFormat) { self.format = format }

  mutating func add(_ record: PredictionRecord) { fold.add(record) }

  /// Writes the scores as records, or as a table.
  func write(to output: StandardOutput) throws {
    let scores = fold.tallies.map { ScoreRecord(setting: $0.setting, tally: $0.tally) }
    switch format {
    case .ndjson: for score in scores { try output.write(score) }
    case .text: try output.write(table(scores))
    }
  }

  private func table(_ scores: [ScoreRecord]) -> String {
    var table = TextTable([
      .words("model"), .words("attack"), .words("norm"), .numbers("epsilon"), .numbers("images"), .numbers("natural"),
      .numbers("accuracy"), .words("95 % interval"), .numbers("fooled"),
    ])
    for score in scores {
      let (setting, tally) = (score.setting, score.tally)
      let interval = WilsonInterval(successes: tally.correct, count: tally.count)
      table.add([
        String(setting.model.prefix(12)), setting.attack, setting.norm, NumberText.pixelDistance(setting.epsilon),
        String(tally.count), NumberText.percent(tally.naturalAccuracy), NumberText.percent(tally.accuracy),
        "\(NumberText.percent(interval.lower)) to \(NumberText.percent(interval.upper))",
        NumberText.percent(tally.foolingRate),
      ])
    }
    return table.text
  }
}
