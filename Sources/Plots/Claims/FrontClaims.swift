internal import Records

/// Claims of what CuSP adds to the front of spatial against adversarial robustness, over models of one network and data set.
struct FrontClaims {
  /// How robust a model is: a share of images that hold.
  private enum Robustness: String, CaseIterable {
    /// That are classified rightly, perturbed.
    case accuracy
    /// That are classified as before.
    case foolingRate = "fooling-rate"

    func share(_ tally: Tally) -> Double {
      Double(self == .accuracy ? tally.correct : tally.count - tally.fooled) / Double(max(1, tally.count))
    }
  }

  private let models: [TrainedModel]
  private let horizontal, vertical: BudgetValue?
  private(set) var notes: [String] = []

  init(_ models: [TrainedModel], x horizontal: BudgetValue?, y vertical: BudgetValue?) {
    (self.models, self.horizontal, self.vertical) = (models, horizontal, vertical)
  }

  /// Of ways to measure both kinds of robustness, the front with CuSP and without, and CuSP against each mixture; and of both
  /// perturbations at once, CuSP against each mixture.
  mutating func records() -> [PaperClaimRecord] {
    guard models.contains(where: \.isCuSP) else { return [] }
    guard let x = horizontal ?? largest([.rotation, .translation]), let y = vertical ?? largest([.epsilon]) else {
      notes.append("no front: models were not all turned by the same budget, or not all attacked within the same")
      return []
    }
    let (spatial, adversarial) = (settings { BudgetValue(of: $0) == x }, settings { BudgetValue(of: $0) == y })
    var found: [PaperClaimRecord] = []
    // Every way to measure the one with the first way to measure the other.
    for (place, first) in spatial.enumerated() {
      for (other, second) in adversarial.enumerated() where place == 0 || other == 0 {
        for robustness in Robustness.allCases {
          let (records, isPartial) = fronts([first, second], robustness)
          found += records
          if isPartial { note("a front: left out, since not all its methods have them: some seeds") }
        }
      }
    }
    let joint = settings { setting in
      x.budget.value(of: setting) == x.value && y.budget.value(of: setting) == y.value && setting.attack != "none"
    }
    for setting in joint {
      for robustness in Robustness.allCases { found += differences(setting, robustness) }
    }
    return found
  }

  /// The largest value of the first of `budgets` that all models have alone.
  private func largest(_ budgets: [Budget]) -> BudgetValue? {
    for budget in budgets {
      let values = models.map { model in
        Set(model.tallies.keys.compactMap(BudgetValue.init(of:)).filter { $0.budget == budget }.map(\.value))
      }
      let shared = values.dropFirst().reduce(values.first ?? []) { $0.intersection($1) }
      if let most = shared.max() { return BudgetValue(budget, most) }
    }
    return nil
  }

  /// The settings of any model that are wanted.
  private func settings(_ isWanted: (Setting) -> Bool) -> [Setting] {
    Set(models.flatMap { $0.tallies.keys }).filter { $0.parameters?["corruption"] == nil && isWanted($0) }
      .sorted { PerturbationOrder($0) < PerturbationOrder($1) }
  }

  /// The shares of the methods that have them in all `settings`, by method and seed, and the seeds that all these have.
  private func shares(
    _ settings: [Setting], _ robustness: Robustness
  ) -> (methods: [String: [String: [Double]]], seeds: [String]) {
    var methods: [String: [String: [Double]]] = [:]
    for model in models {
      let shares = settings.compactMap { model.tallies[$0].map(robustness.share) }
      if shares.count == settings.count { methods[model.method, default: [:]][model.seed] = shares }
    }
    let seeds = methods.values.map { Set($0.keys) }
    let shared = seeds.dropFirst().reduce(seeds.first ?? []) { $0.intersection($1) }
    return (methods, shared.sorted(by: SlopeClaims.isBefore))
  }

  /// The claims of one front, and whether a seed was left out.
  private func fronts(
    _ settings: [Setting], _ robustness: Robustness
  ) -> (records: [PaperClaimRecord], isPartial: Bool) {
    let (methods, seeds) = shares(settings, robustness)
    let isPartial = seeds.count < Set(models.map(\.seed)).count
    guard !seeds.isEmpty else { return ([], isPartial) }
    func volumes(_ names: [String]) -> [Double] {
      seeds.map { seed in
        hypervolume(names.compactMap { methods[$0]?[seed] }.map { (x: $0[0], y: $0[1]) })
      }
    }
    func record(
      _ claim: PaperClaimRecord.Claim, _ with: [String], _ without: [String], points: [String]
    ) -> PaperClaimRecord {
      let (more, less) = (volumes(with), volumes(without))
      return self.record(
        claim, settings, robustness, points: points.map { point($0, methods, seeds) },
        hypervolumes: [more, less].map { $0.reduce(0, +) / Double(seeds.count) }, seeds: seeds,
        values: zip(more, less).map { $0 - $1 })
    }
    let names = self.names.filter { methods[$0] != nil }
    let (cusp, mixtures) = (names.filter(isCuSP), names.filter(isMixture))
    let simple = names.filter { !cusp.contains($0) && !mixtures.contains($0) }
    guard !cusp.isEmpty, cusp.count < names.count else { return ([], isPartial) }
    let whole = record(.cuspExtendsFront, names, simple + mixtures, points: names)
    let pairs = cusp.flatMap { one in
      mixtures.map { record(.cuspBeatsMixture, simple + [one], simple + [$0], points: [one, $0]) }
    }
    return ([whole] + pairs, isPartial)
  }

  private func differences(_ setting: Setting, _ robustness: Robustness) -> [PaperClaimRecord] {
    let (methods, seeds) = shares([setting], robustness)
    guard !seeds.isEmpty else { return [] }
    let names = self.names.filter { methods[$0] != nil }
    return names.filter(isCuSP).flatMap { one in
      names.filter(isMixture).map { other in
        let values = seeds.map { (methods[one]?[$0]?.first ?? 0) - (methods[other]?[$0]?.first ?? 0) }
        return record(
          .cuspBeatsMixture, [setting], robustness, points: [one, other].map { point($0, methods, seeds) },
          hypervolumes: nil, seeds: seeds, values: values)
      }
    }
  }

  private func record(
    _ claim: PaperClaimRecord.Claim, _ settings: [Setting], _ robustness: Robustness, points: [PaperClaimRecord.Point],
    hypervolumes: [Double]?, seeds: [String], values: [Double]
  ) -> PaperClaimRecord {
    let training = models.first?.training
    let counts = models.flatMap { model in settings.compactMap { model.tallies[$0]?.count } }
    return PaperClaimRecord(
      claim: claim, architecture: training?.architecture ?? "", data: training?.data ?? "", budget: nil,
      metric: robustness.rawValue, settings: settings, count: counts.min() ?? 0, isRise: true, points: points,
      hypervolumes: hypervolumes, seeds: seeds, values: values)
  }

  private func point(
    _ method: String, _ methods: [String: [String: [Double]]], _ seeds: [String]
  ) -> PaperClaimRecord.Point {
    let shares = seeds.compactMap { methods[method]?[$0] }
    let means = (shares.first ?? []).indices.map { place in
      shares.reduce(0) { $0 + $1[place] } / Double(shares.count)
    }
    return PaperClaimRecord.Point(method: method, budget: nil, means: means)
  }

  /// The methods in the order of first appearance.
  private var names: [String] {
    models.map(\.method).reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
  }

  private func isCuSP(_ method: String) -> Bool { models.first { $0.method == method }?.isCuSP ?? false }
  private func isMixture(_ method: String) -> Bool { models.first { $0.method == method }?.isMixture ?? false }

  private mutating func note(_ text: String) {
    if !notes.contains(text) { notes.append(text) }
  }
}
