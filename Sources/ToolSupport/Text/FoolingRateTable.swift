public import Records

/// Fooling rates as a table for people.
public enum FoolingRateTable {
  /// A row a rate, within so many columns of a terminal, if they are told.
  public static func text(_ rates: [FoolingRateRecord], within columns: Int? = nil) -> String {
    let settings = rates.compactMap(\.setting)
    let distinctions = settings.distinctions { settingCells($0) }
    let isMixed = distinctions.contains { !$0.isEmpty }
    let flaws: [(name: String, cell: (FoolingRateRecord) -> String)] = [
      ("missing", { "\($0.missing)" }), ("failed", { "\($0.failed)" }),
      ("zero gradients", { NumberText.percent($0.zeroGradients) }),
    ].filter { flaw in rates.contains { flaw.cell($0) != "0" && flaw.cell($0) != "0.0 %" } }
    let hasClasses = rates.contains { $0.label != nil }
    var table = TextTable(
      [
        .words("model").setting, .words("attack").setting, .words("norm").setting, .numbers("epsilon").setting,
        .numbers("rotation").setting, .numbers("translation").setting,
      ] + (isMixed ? [.words("settings")] : []) + (hasClasses ? [.numbers("class")] : []) + [
        .numbers("images").setting, .numbers("natural"), .numbers("accuracy"), .numbers("fooled"),
        .words("95 % interval").detail,
      ] + flaws.map { .numbers($0.name) })
    for (place, rate) in rates.enumerated() {
      let setting = rate.setting.map(settingCells) ?? Array(repeating: "-", count: 6)
      let distinction = distinctions.indices.contains(place) ? distinctions[place] : ""
      let label = hasClasses ? [rate.label.map { "\($0)" } ?? "-"] : []
      table.add(setting + (isMixed ? [distinction] : []) + label + cells(rate) + flaws.map { $0.cell(rate) })
    }
    return table.text(within: columns)
  }

  private static func settingCells(_ setting: Setting) -> [String] {
    [
      String(setting.model.prefix(12)), setting.attack, setting.norm,
      setting.epsilon.map(NumberText.pixelDistance) ?? "-",
      setting.rotationText, NumberText.shortest(setting.translation),
    ]
  }

  private static func cells(_ rate: FoolingRateRecord) -> [String] {
    [
      "\(rate.count)", rate.naturalAccuracy.map { NumberText.percent($0) } ?? "-",
      rate.accuracy.map { NumberText.percent($0) } ?? "-", NumberText.percent(rate.rate),
      "\(NumberText.percent(rate.interval.lower)) to \(NumberText.percent(rate.interval.upper))",
    ]
  }
}
