import Records
import ToolSupport

/// Fooling rates as a table for people.
enum FoolingRateTable {
  static func text(_ rates: [FoolingRateRecord]) -> String {
    var table = TextTable([
      .words("model"), .words("attack"), .words("norm"), .numbers("epsilon"), .numbers("rotation"),
      .numbers("translation"), .numbers("images"), .numbers("natural"), .numbers("accuracy"), .numbers("fooled"),
      .words("95 % interval"),
    ])
    for rate in rates { table.add(cells(rate)) }
    return table.text
  }

  private static func cells(_ rate: FoolingRateRecord) -> [String] {
    let setting =
      rate.setting.map { setting in
        [
          String(setting.model.prefix(12)), setting.attack, setting.norm, NumberText.pixelDistance(setting.epsilon),
          setting.rotationText, NumberText.shortest(setting.translation),
        ]
      } ?? Array(repeating: "-", count: 6)
    let interval = "\(NumberText.percent(rate.interval.lower)) to \(NumberText.percent(rate.interval.upper))"
    return setting + [
      "\(rate.count)", rate.naturalAccuracy.map { NumberText.percent($0) } ?? "-",
      rate.accuracy.map { NumberText.percent($0) } ?? "-", NumberText.percent(rate.rate), interval,
    ]
  }
}
