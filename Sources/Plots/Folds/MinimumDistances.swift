internal import Failures
internal import Records

/// How far the nearest image that fools is, image by image: predictions of attacks without a budget.
struct MinimumDistances {
  /// What is known of one image.
  private struct Nearest: Equatable {
    var distance: Float
    var isFooled: Bool
    var isRight: Bool
    var isStillRight: Bool
  }

  private var groups: [[Facet]: [Int: Nearest]] = [:]
  private var settings: [(key: [Facet], setting: Setting)] = []
  /// How many predictions were of one budget, which does not say what less would have done.
  private(set) var others = 0

  /// How many places along the axis a curve is drawn at.
  static let resolution = 200

  var isEmpty: Bool { settings.isEmpty }

  /// Takes in a prediction.
  ///
  /// - Throws: `Failure(.data)` for another answer of an image, or a distance that is none.
  mutating func add(_ record: PredictionRecord) throws(Failure) {
    guard record.setting.epsilon == nil else {
      others += 1
      return
    }
    guard record.distance.isFinite, record.distance >= 0 else {
      throw Failure(.data, "image \(record.index): distance \(record.distance); give finite distances from 0 on")
    }
    let key = Facet.all(of: record.setting)
    if groups[key] == nil { settings.append((key, record.setting)) }
    let nearest = Nearest(
      distance: record.distance, isFooled: record.natural != record.perturbed, isRight: record.natural == record.label,
      isStillRight: record.perturbed == record.label)
    guard groups[key, default: [:]].updateValue(nearest, forKey: record.index).map({ $0 == nearest }) ?? true else {
      throw Failure(.data, "image \(record.index) came before with another answer; plot each run alone")
    }
  }

  /// The share of images that hold out against each budget: a curve a model and attack.
  func figure(_ measure: Measure, by facets: [String]?, names: ModelNames) throws(Failure) -> Figure {
    guard measure != .naturalAccuracy else {
      throw Failure(.usage, "--y natural-accuracy: it is the same at every epsilon; take accuracy or fooling-rate")
    }
    let samples = settings.map { key, setting in
      Sample(setting: setting, tally: Tally(count: groups[key]?.count ?? 0), missing: 0)
    }
    // Points of one line never fall together: each setting is a line of its own.
    let sorted = try Lines(samples, along: [.epsilon], by: facets, names: names, isAlone: true)
    try checkCount(sorted.lines.count, "curves")
    let fooled = groups.values.flatMap { $0.values.filter(\.isFooled).map(\.distance) }
    let end = Double(fooled.max() ?? 0)
    let axis = try Budget.epsilon.axis(over: [0, end == 0 ? 1 : end])
    let budgets = (0...Self.resolution).map { axis.range.upperBound * Double($0) / Double(Self.resolution) }
    let series = zip(sorted.lines, settings).enumerated().map { place, pair in
      let images = groups[pair.1.key].map { Array($0.values) } ?? []
      return Series(name: pair.0.name, style: place, shape: .line, points: Self.points(images, budgets, measure))
    }
    let norms = Set(settings.map(\.setting.norm)).sorted().joined(separator: " and ")
    var horizontal = axis
    horizontal.label = "epsilon (\(norms), pixel units)"
    horizontal.unit = .plain
    return Figure(
      title: "",
      caption: sorted.caption(of: measure.label, interval: "Bands: 95 % intervals (Wilson)."),
      panels: [
        .chart(
          Chart(x: horizontal, y: Axis(label: measure.label, range: 0...1, unit: .share), series: series))
      ], names: sorted.lines.map(\.name))
  }

  private static func points(_ images: [Nearest], _ budgets: [Double], _ measure: Measure) -> [Point?] {
    // What changes the count, in the order of where it does.
    let changes = images.filter { image in
      image.isFooled && (measure == .foolingRate || image.isRight != image.isStillRight)
    }.sorted { $0.distance < $1.distance }
    var count = measure == .foolingRate ? 0 : images.count(where: \.isRight)
    var next = 0
    return budgets.map { budget in
      while next < changes.count, Double(changes[next].distance.description) ?? 0 <= budget {
        count += measure == .foolingRate || changes[next].isStillRight ? 1 : -1
        next += 1
      }
      let interval = WilsonInterval(successes: count, count: images.count)
      return Point(
        x: budget, y: Double(count) / Double(max(1, images.count)), vertical: interval.lower...interval.upper)
    }
  }
}
