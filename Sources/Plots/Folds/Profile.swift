internal import Failures
internal import Records

/// Accuracy or fooling rate against one budget: a line a model.
enum Profile {
  static func figure(
    _ samples: [Sample], along budget: Budget?, _ measure: Measure, by facets: [String]?, names: ModelNames
  ) throws(Failure) -> Figure {
    let budget = budget ?? mostVarying(samples)
    let unbound = samples.filter { budget.value(of: $0.setting) == nil }
    guard unbound.isEmpty else {
      throw Failure(
        .data, "\(unbound[0].setting.attack) has no epsilon: it looks for the nearest image; see cusp-plot curve")
    }
    let sorted = try Lines(samples, along: [budget], by: facets, names: names)
    try checkCount(sorted.lines.count, "lines")
    let values = Set(samples.compactMap { budget.value(of: $0.setting) }).sorted()
    guard values.count <= 100_000 else {
      throw Failure(.data, "\(values.count) values of \(budget.rawValue) in a profile, at most 100000; plot fewer")
    }
    let series = sorted.lines.enumerated().map { place, line in
      Series(name: line.name, style: place, shape: .line, points: points(line, at: values, budget, measure))
    }
    let chart = Chart(
      x: try budget.axis(over: values), y: Axis(label: measure.label, range: 0...1, unit: .share), series: series)
    return Figure(
      title: "", caption: sorted.caption(of: measure.label, interval: "Bands: 95 % intervals (Wilson)."),
      panels: [.chart(chart)], names: sorted.lines.map(\.name))
  }

  /// The budget that takes most values.
  static func mostVarying(_ samples: [Sample]) -> Budget {
    // Where nothing varies, what is not zero.
    let counts = Budget.allCases.map { budget in
      Set(samples.compactMap { budget.value(of: $0.setting) } + [0]).count
    }
    return zip(Budget.allCases, counts).max { $0.1 < $1.1 || ($0.1 == $1.1 && $0.0 != .rotation) }?.0 ?? .rotation
  }

  /// The points of a line, broken where other lines have values in between that it lacks.
  private static func points(_ line: Line, at values: [Double], _ budget: Budget, _ measure: Measure) -> [Point?] {
    var known: [Double: Sample] = [:]
    for (value, sample) in line.samples { known[value] = sample }
    let points = values.map { value -> Point? in
      guard let sample = known[value] else { return nil }
      var point = sample.share(measure)
      point.x = value
      point.hint = hint(line.name, "\(budget.rawValue) \(budget.text(value))", point, sample, measure)
      return point
    }
    return points
  }

  static func hint(_ name: String, _ place: String, _ point: Point, _ sample: Sample, _ measure: Measure) -> String {
    let (low, high) = (point.vertical?.lowerBound ?? 0, point.vertical?.upperBound ?? 1)
    return "\(name)\n\(place): \(measure.label) \(Numbers.percent(point.y)) "
      + "(\(Numbers.percent(low)) to \(Numbers.percent(high))), \(sample.tally.count) images"
  }
}
