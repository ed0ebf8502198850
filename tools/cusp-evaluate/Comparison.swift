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

  /// What the columns are called.
  private var titles: [String] { columns.perturbationTitles }

  /// What the models were scored on, each; empty texts where that is the same for all.
  private var data: [String] {
    let texts = models.map { $0.scores.first?.setting.dataText ?? "" }
    return Set(texts).count > 1 ? texts : texts.map { _ in "" }
  }

  /// The tallies of one model by what happens to images.
  private static func tallies(_ scores: [ScoreRecord]) -> [Setting: Tally] {
    Dictionary(scores.map { ($0.setting.withoutModelAndData, $0.tally) }) { first, _ in first }
  }

  /// The table within so many columns of a terminal, if they are told: a row a setting where that is narrower.
  func text(within limit: Int?) -> String {
    let isMixed = data.contains { !$0.isEmpty }
    var rows = ModelRows((isMixed ? ["data"] : []) + ["images", "natural"] + titles, words: isMixed ? 1 : 0)
    for (model, data) in zip(models, data) {
      let (tallies, first) = (Self.tallies(model.scores), model.scores.first?.tally ?? Tally())
      let start = (isMixed ? [data] : []) + ["\(first.count)", NumberText.percent(first.naturalAccuracy)]
      rows.add(model.name, start + columns.map { Self.text(tallies[$0]) })
    }
    return rows.text(within: limit)
  }

  /// The table as objects, a model each.
  var rows: [JSON] {
    zip(models, data).map { model, data in
      let (tallies, first) = (Self.tallies(model.scores), model.scores.first?.tally ?? Tally())
      var members = [JSON.Member("model", .string(model.name))]
      if !data.isEmpty { members.append(.init("data", .string(data))) }
      members.append(.init("count", .integer(Int64(first.count))))
      members.append(.init("natural_accuracy", .number(first.naturalAccuracy)))
      for (column, title) in zip(columns, titles) { members.append(.init(title, Self.shares(tallies[column]))) }
      return .object(members)
    }
  }

  /// What a cell says.
  private static func shares(_ tally: Tally?) -> JSON {
    guard let tally else { return .null }
    return .object([
      .init("accuracy", .number(tally.accuracy)), .init("fooling_rate", .number(tally.foolingRate)),
    ])
  }

  /// What a cell shows.
  private static func text(_ tally: Tally?) -> String {
    guard let tally else { return "-" }
    return "\(NumberText.percent(tally.accuracy)) (\(NumberText.percent(tally.foolingRate)))"
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
