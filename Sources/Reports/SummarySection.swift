internal import Records
internal import ToolSupport

/// Models by settings: how many images, natural accuracy, accuracy and fooling rate, each with its interval.
struct SummarySection {
  /// The most settings that the table shows.
  static let most = 300

  let html: String
  /// The whole table, beyond what the page shows; nil where nothing was measured.
  let commaSeparated: [UInt8]?
  /// What the table does not show.
  let notes: [String]

  init(_ scores: [ScoreRecord], _ names: Names) {
    guard !scores.isEmpty else {
      (html, commaSeparated, notes) = ("", nil, [])
      return
    }
    html = Self.table(Array(scores.prefix(Self.most)), names).html
    commaSeparated = Self.table(scores, names).commaSeparated
    let missing = scores.filter { $0.missing > 0 }
    notes =
      (scores.count > Self.most
        ? ["The table shows \(Self.most) of \(scores.count) settings; the file below has all."] : [])
      + (missing.isEmpty
        ? []
        : [
          "Images are missing in \(NumberText.count(missing.count, "setting")), up to "
            + "\(missing.map(\.missing).max() ?? 0): shares are of those that came."
        ])
  }

  private static func table(_ scores: [ScoreRecord], _ names: Names) -> HTMLTable {
    var table = HTMLTable([
      .words("model"), .words("data"), .words("attack"), .words("norm"), .numbers("epsilon"), .numbers("rotation"),
      .numbers("translation"), .words("also"), .numbers("images"), .numbers("natural accuracy"), .numbers("accuracy"),
      .numbers("fooling rate"),
    ])
    for score in scores {
      let (setting, tally) = (score.setting, score.tally)
      let isNatural = setting.attack == "none"
      let epsilon = isNatural ? nil : setting.epsilon
      let data = [setting.data, setting.split].compactMap(\.self).joined(separator: " ")
      table.add([
        .init(names.model(setting.model)), .init(data),
        .init(isNatural ? "none" : setting.attack), .init(isNatural ? "" : setting.norm),
        .init(epsilon.map(NumberText.pixelDistance) ?? "", value: epsilon.map(NumberText.shortest)),
        .init(setting.rotationText, value: NumberText.shortest(setting.rotation)),
        .init(NumberText.shortest(setting.translation)), .init(names.distinction(setting)),
        .init(NumberText.grouped(tally.count), value: "\(tally.count)"), share(tally.naturallyCorrect, of: tally.count),
        share(tally.correct, of: tally.count), share(tally.fooled, of: tally.count),
      ])
    }
    return table
  }

  /// A share with its interval.
  static func share(_ successes: Int, of count: Int) -> HTMLTable.Cell {
    guard count > 0, (0...count).contains(successes) else { return .init("-") }
    let share = Double(successes) / Double(count)
    let interval = WilsonInterval(successes: successes, count: count)
    return .init(
      NumberText.percent(share),
      detail: "\(NumberText.percent(interval.lower).dropLast(2)) to \(NumberText.percent(interval.upper))",
      value: "\(share)")
  }
}
