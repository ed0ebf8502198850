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
      .words("model"), .words("attack"), .words("norm"), .numbers("epsilon"), .numbers("rotation"),
      .numbers("translation"), .numbers("images"), .numbers("natural"), .numbers("accuracy"), .words("95 % interval"),
      .numbers("fooled"), .words("95 % interval"),
    ])
    for score in scores {
      let (setting, tally) = (score.setting, score.tally)
      table.add([
        String(setting.model.prefix(12)), setting.attack, setting.norm, NumberText.pixelDistance(setting.epsilon),
        setting.rotationText, NumberText.shortest(setting.translation), String(tally.count),
        NumberText.percent(tally.naturalAccuracy), NumberText.percent(tally.accuracy),
        interval(tally.correct, of: tally.count), NumberText.percent(tally.foolingRate),
        interval(tally.fooled, of: tally.count),
      ])
    }
    return table.text
  }

  private func interval(_ successes: Int, of count: Int) -> String {
    let interval = WilsonInterval(successes: successes, count: count)
    return "\(NumberText.percent(interval.lower)) to \(NumberText.percent(interval.upper))"
  }
}
