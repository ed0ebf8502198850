import Records
import ToolSupport

/// Summaries as a table for people: a row a setting, a column a method.
enum SummaryTable {
  static func text(_ summaries: [SummaryRecord], within limit: Int?) -> String {
    var (names, settings) = ([String](), [Setting]())
    for summary in summaries {
      if !names.contains(summary.name) { names.append(summary.name) }
      let isNatural = summary.setting.perturbationText.isEmpty
      if !isNatural, !settings.contains(summary.setting) { settings.append(summary.setting) }
    }
    let groups = names.map { name in summaries.filter { $0.name == name } }
    var table = TextTable([.words("")] + names.map { .numbers($0) })
    table.add(["seeds"] + groups.map { span($0.map(\.models.count)) })
    table.add(["images"] + groups.map { span($0.map(\.count)) })
    table.add(["natural"] + groups.map { $0.first.map { cell($0.naturalAccuracy) } ?? "-" })
    for (setting, title) in zip(settings, settings.perturbationTitles) {
      table.add(
        [title] + groups.map { group in group.first { $0.setting == setting }.map { cell($0.accuracy) } ?? "-" })
    }
    return table.text(within: limit)
  }

  /// `72.8 ± 1.2 %`: the mean and the standard deviation, if there is one.
  private static func cell(_ interval: StudentInterval) -> String {
    guard let deviation = interval.deviation else { return NumberText.percent(interval.mean) }
    let mean = NumberText.decimal(100 * interval.mean, places: 1)
    return "\(mean) ± \(NumberText.percent(deviation))"
  }

  private static func span(_ values: [Int]) -> String {
    guard let low = values.min(), let high = values.max() else { return "-" }
    return low == high ? "\(low)" : "\(low) to \(high)"
  }
}
