internal import Failures
internal import Records

/// Which class was taken for which, image by image.
struct Confusion {
  /// More classes than a figure shows.
  static let maximalClasses = 200

  private var groups: [[Facet]: [Int: (label: Int, predicted: Int)]] = [:]
  private var settings: [(key: [Facet], setting: Setting)] = []

  var isEmpty: Bool { settings.isEmpty }

  /// Takes in a prediction.
  ///
  /// - Throws: `Failure(.data)` for classes that cannot be drawn, and another answer of an image.
  mutating func add(_ record: PredictionRecord) throws(Failure) {
    for place in [record.label, record.perturbed] where !(0..<Self.maximalClasses).contains(place) {
      throw Failure(
        .data, "image \(record.index): class \(place); a confusion shows classes 0 to \(Self.maximalClasses - 1)")
    }
    let key = Facet.all(of: record.setting)
    if groups[key] == nil { settings.append((key, record.setting)) }
    let answer = (record.label, record.perturbed)
    guard groups[key, default: [:]].updateValue(answer, forKey: record.index).map({ $0 == answer }) ?? true else {
      throw Failure(.data, "image \(record.index) came before with another answer; plot each run alone")
    }
  }

  /// A grid a setting: true classes from top to bottom, predicted ones from left to right.
  func figure(by facets: [String]?, names: ModelNames) throws(Failure) -> Figure {
    let samples = settings.map { key, setting in
      Sample(setting: setting, tally: Tally(count: groups[key]?.count ?? 0), missing: 0)
    }
    let sorted = try Lines(samples, along: [], by: facets, names: names, isAlone: true)
    guard settings.count <= 12 else {
      throw Failure(.data, "\(settings.count) settings in one figure, at most 12 can be read; plot some of the records")
    }
    let classes = 1 + (groups.values.flatMap { $0.values.map { max($0.label, $0.predicted) } }.max() ?? 0)
    let panels = zip(sorted.lines, settings).map { line, setting in
      Figure.Panel.grid(
        Grid(
          title: line.name, x: "predicted class", y: "true class", columns: (0..<classes).map(String.init),
          rows: (0..<classes).map(String.init), cells: cells(groups[setting.key] ?? [:], classes)))
    }
    let caption = sorted.caption(of: "images by class", interval: "Colours: shares of each true class.")
    return Figure(title: "", caption: caption, panels: panels, names: [])
  }

  private func cells(_ answers: [Int: (label: Int, predicted: Int)], _ classes: Int) -> [[Grid.Cell?]] {
    var counts = [[Int]](repeating: Array(repeating: 0, count: classes), count: classes)
    for answer in answers.values { counts[answer.label][answer.predicted] += 1 }
    return counts.enumerated().map { label, row in
      let total = row.reduce(0, +)
      guard total > 0 else { return row.map { _ in nil } }
      return row.enumerated().map { predicted, count in
        Grid.Cell(
          shade: Double(count) / Double(total), text: "\(count)",
          hint: "true \(label), predicted \(predicted): \(count) of \(total) images")
      }
    }
  }
}
