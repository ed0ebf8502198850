internal import Records

/// Claims of what grows or falls as a budget of training grows, over models of one network and data set.
struct SlopeClaims {
  /// Trainings in which one budget grows and all else is equal.
  private struct Series {
    var budget: String
    var isSpatial: Bool
    /// The models with what each trained with.
    var members: [(model: TrainedModel, budget: Double)]
  }

  private let models: [TrainedModel]
  private(set) var notes: [String] = []

  init(_ models: [TrainedModel]) { self.models = models }

  /// A claim of each series, setting and metric that all its models have.
  mutating func records() -> [PaperClaimRecord] {
    var found: [PaperClaimRecord] = []
    for series in allSeries {
      let levels = Set(series.members.map(\.budget)).sorted()
      let all = Set(series.members.map(\.model.seed))
      let seeds = all.filter { seed in
        Set(series.members.filter { $0.model.seed == seed }.map(\.budget)).count == levels.count
      }.sorted(by: Self.isBefore)
      guard levels.count > 1 else { continue }
      if seeds.count < all.count {
        let missing = all.subtracting(seeds).sorted(by: Self.isBefore).joined(separator: ", ")
        notes.append("\(series.budget): left out, since not trained with every budget: seed \(missing)")
      }
      guard !seeds.isEmpty else { continue }
      var whole = series
      whole.members = series.members.filter { seeds.contains($0.model.seed) }.sorted { $0.budget < $1.budget }
      found += records(whole, levels: levels, seeds: seeds)
    }
    return found
  }

  private var allSeries: [Series] {
    let natural = models.filter { $0.kind == "natural" && $0.training.isConstant && $0.training.epsilon == 0 }
    func series(
      _ budget: String, _ models: [TrainedModel], isSpatial: Bool = true, _ value: (Training) -> Double
    ) -> Series {
      Series(budget: budget, isSpatial: isSpatial, members: models.map { ($0, value($0.training)) })
    }
    let attacked = models.filter { model in
      ["natural", "pgd"].contains(model.kind) && model.training.isConstant && !model.training.isSpatial
    }
    return [
      series("rotation", natural.filter { $0.training.translation == 0 }) { $0.rotation },
      series("translation", natural.filter { $0.training.rotation == 0 }) { $0.translation },
      series(
        "rotation and translation",
        natural.filter { ($0.training.rotation > 0) == ($0.training.translation > 0) }
      ) { $0.rotation },
      series("epsilon", attacked, isSpatial: false) { $0.epsilon },
    ]
  }

  private mutating func records(_ series: Series, levels: [Double], seeds: [String]) -> [PaperClaimRecord] {
    var found: [PaperClaimRecord] = []
    var partial = 0
    for setting in settings(of: series) {
      for metric in ClaimMetric.allCases {
        guard let claim = Self.claim(series, setting, metric) else { continue }
        let values = series.members.map { metric.value(of: $0.model, in: setting) }
        guard !values.contains(where: { $0 == nil }) else {
          partial += values.contains { $0 != nil } ? 1 : 0
          continue
        }
        let points = zip(series.members, values).map { ($0.model, $0.budget, $1 ?? 0) }
        let slopes = seeds.compactMap { seed in
          leastSquaresSlope(points.filter { $0.0.seed == seed }.map { ($0.1, $0.2) })
        }
        guard slopes.count == seeds.count, let first = series.members.first?.model.training else { continue }
        found.append(
          PaperClaimRecord(
            claim: claim.name, architecture: first.architecture, data: first.data, budget: series.budget,
            metric: metric.rawValue, settings: [setting], count: count(series, setting), isRise: claim.isRise,
            points: levels.map { level in
              let own = points.filter { $0.1 == level }
              return PaperClaimRecord.Point(
                method: own.first?.0.method ?? "", budget: level,
                means: [own.reduce(0) { $0 + $1.2 } / Double(max(1, own.count))])
            }, seeds: seeds, values: slopes))
      }
    }
    if partial > 0 {
      notes.append("\(series.budget): left out, since not measured of all its models: \(partial) figures")
    }
    return found
  }

  /// What was measured of any model, in the order of texts, so that no order of reading shows.
  private func settings(of series: Series) -> [Setting] {
    let all = series.members.flatMap { Array($0.model.tallies.keys) + Array($0.model.distances.keys) }
    return Set(all).sorted { PerturbationOrder($0) < PerturbationOrder($1) }
  }

  private func count(_ series: Series, _ setting: Setting) -> Int {
    series.members.map { $0.model.tallies[setting]?.count ?? $0.model.distances[setting]?.count ?? 0 }.min() ?? 0
  }

  /// What the paper says of `metric` in `setting` as the budget grows, and whether it is to rise; nil for nothing.
  private static func claim(
    _ series: Series, _ setting: Setting, _ metric: ClaimMetric
  ) -> (name: PaperClaimRecord.Claim, isRise: Bool)? {
    guard setting.parameters?["corruption"] == nil else { return nil }
    let isTurned = setting.rotation != 0 || setting.translation != 0
    let isAttacked = setting.attack != "none"
    if metric.isDistance {
      return series.isSpatial && isAttacked && !isTurned ? (.spatialShortensDistance, false) : nil
    }
    switch (isTurned, isAttacked && setting.epsilon != 0) {
    case (true, false):
      return series.isSpatial ? (.spatialRaisesSpatial, false) : (.adversarialLowersSpatial, true)
    case (false, true):
      return series.isSpatial ? (.spatialLowersAdversarial, true) : (.adversarialRaisesAdversarial, false)
    default: return nil
    }
  }

  /// Seeds as numbers, where they are some.
  static func isBefore(_ one: String, _ other: String) -> Bool {
    (one.count, one) < (other.count, other)
  }
}

/// Settings without their model in a fixed order: attacks, then budgets, then all else.
struct PerturbationOrder: Comparable {
  private let setting: Setting
  private let text: String

  init(_ setting: Setting) {
    self.setting = setting
    text = Facet.all(of: setting).map(\.text).joined(separator: ",")
  }

  static func < (one: PerturbationOrder, other: PerturbationOrder) -> Bool {
    let names = [one, other].map { $0.setting.attack == "none" ? "" : $0.setting.attack }
    if names[0] != names[1] { return names[0] < names[1] }
    let budgets = [one, other].map { [$0.setting.rotation, $0.setting.translation, $0.setting.epsilon ?? -1] }
    return budgets[0] == budgets[1] ? one.text < other.text : budgets[0].lexicographicallyPrecedes(budgets[1])
  }
}
