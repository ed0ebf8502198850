internal import Failures
internal import Records

/// A kind of perturbation alone, by one budget: `rotation=30`.
public struct BudgetValue: Equatable, Sendable {
  var budget: Budget
  var value: Double

  /// What `text` means: `rotation=30`, `translation=3` or `epsilon=8/255`; nil where it is none of these.
  public init?(_ text: String) {
    let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
    guard parts.count == 2, let budget = Budget(rawValue: parts[0]), let number = ExactNumber(parts[1]) else {
      return nil
    }
    (self.budget, value) = (budget, number.value)
  }

  init(_ budget: Budget, _ value: Double) { (self.budget, self.value) = (budget, value) }

  /// The budget by which `setting` alone perturbs, if it is one.
  init?(of setting: Setting) {
    let used = Budget.allCases.compactMap { budget in
      budget.value(of: setting).flatMap { $0 == 0 ? nil : BudgetValue(budget, $0) }
    }
    guard used.count == 1 else { return nil }
    self = used[0]
  }
}

/// Spatial against adversarial robustness: a dot a model, and the front of those that no other beats in both.
struct Pareto {
  private struct Dot {
    var name: String
    var point: Point
    /// What has this dot's name with `areSeeds`.
    var seeds: [Point] = []
  }

  /// - Parameters:
  ///   - horizontal: what counts as spatial robustness; the largest rotation, or else translation, that all models have.
  ///   - vertical: what counts as adversarial robustness; the largest epsilon that all models have.
  ///   - areSeeds: whether models whose names differ in their last number alone are one, trained with several seeds.
  static func figure(
    _ samples: [Sample], x horizontal: BudgetValue?, y vertical: BudgetValue?, _ measure: Measure, areSeeds: Bool,
    names: ModelNames
  ) throws(Failure) -> Figure {
    var order: [String] = []
    for sample in samples where !order.contains(sample.setting.model) { order.append(sample.setting.model) }
    let x = try shared(horizontal, [.rotation, .translation], samples, order.count, "--x rotation=30")
    let y = try shared(vertical, [.epsilon], samples, order.count, "--y epsilon=8/255")
    let known = names.names(of: order)
    var dots: [Dot] = []
    for model in order {
      let own = samples.filter { $0.setting.model == model }
      let name = bounded(known[model] ?? model)
      guard let first = try only(own, x, name)?.share(measure), let second = try only(own, y, name)?.share(measure)
      else { continue }
      let point = Point(x: first.y, y: second.y, horizontal: first.vertical, vertical: second.vertical)
      dots.append(Dot(name: name, point: point))
    }
    guard !dots.isEmpty else { throw Failure(.data, "no model has both \(text(x)) alone and \(text(y)) alone") }
    if areSeeds { dots = joined(dots) }
    try checkCount(dots.count, "models")
    let left = order.count - dots.reduce(0) { $0 + max(1, $1.seeds.count) }
    let own = samples.filter { BudgetValue(of: $0.setting) == x || BudgetValue(of: $0.setting) == y }
    let facts =
      ["n = \(Numbers.span(own.map(\.tally.count)))"]
      + (left > 0 ? ["\(left) models without both are left out"] : [])
    let bars = areSeeds ? "Bars: from the least to the largest seed." : "Bars: 95 % intervals (Wilson)."
    return Figure(
      title: "", caption: "\(facts.joined(separator: ", ")). \(bars) Pale: another model is better in both.",
      panels: [.chart(try chart(dots, "\(measure.label), \(text(x))", "\(measure.label), \(text(y))"))],
      names: dots.map(\.name))
  }

  private static func text(_ value: BudgetValue) -> String {
    "\(value.budget.rawValue) \(value.budget.text(value.value))"
  }

  /// What was asked for, else the largest value of the first of `budgets` that all models have alone.
  private static func shared(
    _ chosen: BudgetValue?, _ budgets: [Budget], _ samples: [Sample], _ count: Int, _ example: String
  ) throws(Failure) -> BudgetValue {
    if let chosen { return chosen }
    for budget in budgets {
      var models: [Double: Set<String>] = [:]
      for sample in samples {
        guard let value = BudgetValue(of: sample.setting), value.budget == budget else { continue }
        models[value.value, default: []].insert(sample.setting.model)
      }
      if let best = models.filter({ $0.value.count == count }).keys.max() { return BudgetValue(budget, best) }
    }
    let names = budgets.map(\.rawValue).joined(separator: " or ")
    throw Failure(.data, "no \(names) alone that all models have; name one, as in \(example)")
  }

  /// The one sample of a model perturbed by `value` alone.
  private static func only(_ samples: [Sample], _ value: BudgetValue, _ name: String) throws(Failure) -> Sample? {
    let found = samples.filter { BudgetValue(of: $0.setting) == value }
    guard found.count <= 1 else {
      throw Failure(.data, "\(name) has \(found.count) answers for \(text(value)) alone; plot one attack at a time")
    }
    return found.first
  }

  /// Dots whose names differ in their last number alone as one: the mean, from the least to the largest.
  private static func joined(_ dots: [Dot]) -> [Dot] {
    var joined: [Dot] = []
    for dot in dots {
      let name = ModelNames.withoutSeed(dot.name)
      if let place = joined.firstIndex(where: { $0.name == name }) {
        joined[place].seeds.append(dot.point)
      } else {
        joined.append(Dot(name: name, point: dot.point, seeds: [dot.point]))
      }
    }
    return joined.map { dot in
      var dot = dot
      let (xs, ys) = (dot.seeds.map(\.x), dot.seeds.map(\.y))
      let count = Double(dot.seeds.count)
      dot.point = Point(
        x: xs.reduce(0, +) / count, y: ys.reduce(0, +) / count, horizontal: (xs.min() ?? 0)...(xs.max() ?? 0),
        vertical: (ys.min() ?? 0)...(ys.max() ?? 0))
      dot.name += dot.seeds.count > 1 ? " (\(dot.seeds.count) seeds)" : ""
      return dot
    }
  }

  private static func chart(_ dots: [Dot], _ x: String, _ y: String) throws(Failure) -> Chart {
    let front = dots.map(\.point).filter { point in !dots.contains { dominates($0.point, point) } }
    var series = [
      Series(name: "", style: 0, shape: .thread, points: front.sorted { ($0.x, -$0.y) < ($1.x, -$1.y) })
    ]
    for (place, dot) in dots.enumerated() {
      let isPale = !front.contains(dot.point)
      if dot.seeds.count > 1 {
        let links = dot.seeds.flatMap { [$0, dot.point, nil] as [Point?] }
        series.append(Series(name: "", style: place, shape: .thread, points: links))
        let seeds = dot.seeds.map { Point(x: $0.x, y: $0.y, hint: "\(dot.name): one seed") }
        series.append(Series(name: dot.name, style: place, shape: .dots, points: seeds, isPale: true))
      }
      var point = dot.point
      point.hint = "\(dot.name)\n\(x): \(Numbers.percent(point.x))\n\(y): \(Numbers.percent(point.y))"
      series.append(Series(name: dot.name, style: place, shape: .dots, points: [point], isPale: isPale))
    }
    let points = dots.flatMap { [$0.point] + $0.seeds }
    return Chart(
      x: Axis(label: x, range: around(points.flatMap { [$0.x] + ends($0.horizontal) }), unit: .share),
      y: Axis(label: y, range: around(points.flatMap { [$0.y] + ends($0.vertical) }), unit: .share), series: series)
  }

  private static func dominates(_ first: Point, _ second: Point) -> Bool {
    first.x >= second.x && first.y >= second.y && (first.x > second.x || first.y > second.y)
  }

  private static func ends(_ range: ClosedRange<Double>?) -> [Double] {
    range.map { [$0.lowerBound, $0.upperBound] } ?? []
  }

  /// A range of shares with some room around `values`.
  private static func around(_ values: [Double]) -> ClosedRange<Double> {
    let (low, high) = (values.min() ?? 0, values.max() ?? 1)
    let room = max(0.02, 0.05 * (high - low))
    return max(0, low - room)...min(1, high + room)
  }
}
