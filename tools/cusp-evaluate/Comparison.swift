import Records
import ToolSupport

/// A table of one row a model and one column a setting that changes pixels.
struct Comparison {
  private let models: [(name: String, scores: [ScoreRecord])]
  /// What happens to images in each column, the same for all models that have a number there.
  private var columns: [Setting] = []

  init(_ models: [(name: String, scores: [ScoreRecord])]) {
    self.models = models
    for score in models.flatMap(\.scores) where !score.setting.perturbationText.isEmpty {
      let column = score.setting.withoutModelAndData
      if !columns.contains(column) { columns.append(column) }
    }
  }

  var text: String {
    let data = models.map { $0.scores.first?.setting.dataText ?? "" }
    let isMixed = Set(data).count > 1
    var table = TextTable(
      [.words("model")] + (isMixed ? [.words("data")] : []) + [.numbers("images"), .numbers("natural")]
        + columns.perturbationTitles.map { .numbers($0) })
    for (model, data) in zip(models, data) {
      let tallies = Dictionary(model.scores.map { ($0.setting.withoutModelAndData, $0.tally) }) { first, _ in first }
      let first = model.scores.first?.tally ?? Tally()
      table.add(
        [model.name] + (isMixed ? [data] : []) + [String(first.count), NumberText.percent(first.naturalAccuracy)]
          + columns.map { column in
            tallies[column].map {
              "\(NumberText.percent($0.accuracy)) (\(NumberText.percent($0.foolingRate)))"
            } ?? "-"
          })
    }
    return table.text
  }
}

extension Setting {
  /// What is done, to whichever images of whichever model.
  fileprivate var withoutModelAndData: Setting {
    var setting = self
    (setting.model, setting.data, setting.split, setting.total) = ("", nil, nil, nil)
    (setting.path, setting.method, setting.modelSeed) = (nil, nil, nil)
    return setting
  }
}
