import Records
import ToolSupport

/// What a verification found, for people.
struct VerificationText {
  private let record: VerificationRecord

  init(_ record: VerificationRecord) { self.record = record }

  /// The verdict, what was counted, and the first offenders.
  var text: String {
    let verdict = record.holds ? "holds" : "does not hold"
    let first = Diagnostics.printable("\(record.path): \(verdict)") + "\n\n"
    return first + counts + (record.offenders.isEmpty ? "" : "\n" + offenders)
  }

  private var counts: String {
    var table = TextTable([.words("what"), .numbers("images"), .words("")])
    let (tally, breaches) = (record.tally, record.breaches)
    let tolerance = record.tolerance > 0 ? ", tolerance \(NumberText.shortest(record.tolerance))" : ""
    let distance = record.distance.map { ", the largest distance is \(text($0))" } ?? ""
    table.add(["in the set", "\(tally.count)", "of \(record.data) \(record.split)"])
    table.add([
      "outside the ball", "\(breaches.ball)",
      "\(record.norm) \(NumberText.pixelDistance(record.epsilon))\(tolerance)\(distance)",
    ])
    table.add(["outside the range", "\(breaches.range)", "0...\(record.range)"])
    table.add(["not finite", "\(breaches.finite)", ""])
    table.add(["out of order", breaches.order.map(String.init) ?? "-", breaches.order == nil ? "no indices" : ""])
    table.add(["label differs", breaches.label.map(String.init) ?? "-", breaches.label == nil ? "no labels" : ""])
    for (name, successes) in [
      ("clean ones right", tally.naturallyCorrect), ("right", tally.correct), ("fooled", tally.fooled),
    ] { table.add([name, "\(successes)", share(successes)]) }
    return table.text
  }

  private func share(_ successes: Int) -> String {
    let interval = WilsonInterval(successes: successes, count: record.tally.count)
    let share = Double(successes) / Double(record.tally.count)
    return "\(NumberText.percent(share)), 95 % interval \(NumberText.percent(interval.lower)) to "
      + NumberText.percent(interval.upper)
  }

  private var offenders: String {
    var table = TextTable([.numbers("image"), .numbers("index"), .numbers("distance"), .words("what is wrong")])
    for offender in record.offenders {
      var problems = offender.problems.map(words)
      if let near = offender.near { problems.append("near the clean image \(near)") }
      table.add([
        "\(offender.place)", "\(offender.index)", offender.distance.map(text) ?? "-",
        problems.joined(separator: ", "),
      ])
    }
    return table.text
  }

  private func text(_ distance: Float) -> String { NumberText.significant(Double(distance), digits: 6) }

  private func words(_ problem: VerificationRecord.Problem) -> String {
    switch problem {
    case .ball: "outside the ball"
    case .range: "outside the range"
    case .finite: "not finite"
    case .order: "out of order"
    case .label: "another label"
    }
  }
}
