internal import Failures
internal import Records

/// Accuracy or fooling rate over two budgets: a grid of cells a model.
enum BudgetGrid {
  static func figure(
    _ samples: [Sample], x: Budget, y: Budget, _ measure: Measure, by facets: [String]?, names: ModelNames
  ) throws(Failure) -> Figure {
    guard x != y else { throw Failure(.usage, "--x and --y are both \(x.rawValue); name two budgets") }
    let drawn = samples.filter { x.value(of: $0.setting) != nil && y.value(of: $0.setting) != nil }
    guard drawn.count == samples.count else {
      throw Failure(.data, "an attack without epsilon has no place on that axis; see cusp-plot curve")
    }
    let sorted = try Lines(samples, along: [x, y], by: facets, names: names)
    guard sorted.lines.count <= 12 else {
      throw Failure(
        .data, "\(sorted.lines.count) grids in one figure, at most 12 can be read; plot some of the records")
    }
    let columns = Set(samples.compactMap { x.value(of: $0.setting) }).sorted()
    let rows = Set(samples.compactMap { y.value(of: $0.setting) }).sorted(by: >)
    guard rows.count * columns.count <= 10_000 else {
      throw Failure(.data, "\(columns.count) x \(rows.count) cells in a grid; plot fewer settings")
    }
    let panels = sorted.lines.map { line -> Figure.Panel in
      var cells = [[Grid.Cell?]](repeating: Array(repeating: nil, count: columns.count), count: rows.count)
      for (value, sample) in line.samples {
        guard let column = columns.firstIndex(of: value), let height = y.value(of: sample.setting),
          let row = rows.firstIndex(of: height)
        else { continue }
        let point = sample.share(measure)
        let place = "\(x.rawValue) \(x.text(value)), \(y.rawValue) \(y.text(height))"
        cells[row][column] = Grid.Cell(
          shade: point.y, text: Numbers.percent(point.y, places: 0),
          hint: Profile.hint(line.name, place, point, sample, measure))
      }
      return .grid(
        Grid(
          title: line.name, x: x.label, y: y.label, columns: columns.map(x.text), rows: rows.map(y.text), cells: cells))
    }
    return Figure(
      title: "", caption: sorted.caption(of: measure.label, interval: ""), panels: panels, names: [])
  }
}
