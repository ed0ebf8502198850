import Records
import ToolSupport

/// Claims as a table for people: a row each.
enum ClaimTable {
  static func text(_ claims: [PaperClaimRecord], within limit: Int?) -> String {
    var table = TextTable([
      .words("claim"), .words("network").setting, .words("data").setting, .words("of"), .words("measured by"),
      .words("metric"), .numbers("difference"), .numbers("95 % interval"), .numbers("seeds").setting, .words("verdict"),
    ])
    let titles = Dictionary(
      zip(settings(of: claims), settings(of: claims).perturbationTitles), uniquingKeysWith: { first, _ in first })
    for claim in claims {
      let interval = claim.interval
      let bounds = interval.bounds.map {
        "\(number($0.lowerBound, of: claim)) to \(number($0.upperBound, of: claim))"
      }
      table.add([
        claim.claim.rawValue.replacing("-", with: " "), claim.architecture, claim.data, compared(claim),
        claim.settings.map { titles[$0] ?? $0.perturbationText }.joined(separator: " and "), claim.metric,
        number(interval.mean, of: claim), bounds ?? "-", "\(claim.seeds.count)", claim.verdict.rawValue,
      ])
    }
    return table.text(within: limit)
  }

  private static func settings(of claims: [PaperClaimRecord]) -> [Setting] {
    claims.flatMap(\.settings).reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
  }

  /// What a claim compares: a budget's ends, two methods, or all with CuSP and all without.
  private static func compared(_ claim: PaperClaimRecord) -> String {
    if let budget = claim.budget, let first = claim.points.first?.budget, let last = claim.points.last?.budget {
      let ends = [first, last].map { budget == "epsilon" ? NumberText.pixelDistance($0) : NumberText.shortest($0) }
      return "\(budget) \(ends.joined(separator: " to "))"
    }
    guard claim.claim == .cuspBeatsMixture, claim.points.count == 2 else { return "\(claim.points.count) methods" }
    return claim.points.map(\.method).joined(separator: " over ")
  }

  /// A slope over the whole range of its budget, or a difference; shares in hundredths.
  private static func number(_ value: Double, of claim: PaperClaimRecord) -> String {
    var value = value
    if let first = claim.points.first?.budget, let last = claim.points.last?.budget { value *= last - first }
    let isDistance = claim.metric.hasSuffix("distance")
    let text = isDistance ? NumberText.decimal(value, places: 3) : NumberText.decimal(100 * value, places: 1)
    return value > 0 ? "+\(text)" : text
  }
}
