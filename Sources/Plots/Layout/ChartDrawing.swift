extension Layout {
  mutating func draw(_ chart: Chart, in frame: Frame) {
    let horizontal = horizontalTicks(chart.x, width: frame.width)
    let vertical = verticalTicks(chart.y, height: frame.height)
    let bottom = frame.y + frame.height
    func x(_ value: Double) -> Double { frame.x + frame.width * chart.x.place(value) }
    func y(_ value: Double) -> Double { bottom - frame.height * chart.y.place(value) }
    for tick in vertical {
      let height = y(tick.value)
      draw(.line([.init(x: frame.x, y: height), .init(x: frame.x + frame.width, y: height)]), "g")
      let text = TextWidths.shortened(tick.text, to: 0.25 * width / em)
      write(text, x: frame.x - 0.6 * em, y: height, .end)
    }
    for tick in horizontal {
      draw(.line([.init(x: x(tick.value), y: bottom), .init(x: x(tick.value), y: bottom + 0.35 * em)]), "a")
      write(below: frame, tick.text, x: x(tick.value), depth: 1.1)
    }
    draw(.line([.init(x: frame.x, y: bottom), .init(x: frame.x + frame.width, y: bottom)]), "a")
    for series in chart.series where series.shape == .line { drawBand(series, x, y) }
    for series in chart.series { drawLines(series, x, y) }
    for series in chart.series { drawMarkers(series, x, y) }
    writeHorizontalLabel(chart.x.label, of: frame)
    writeVerticalLabel(chart.y.label, of: frame)
  }

  private mutating func drawBand(_ series: Series, _ x: (Double) -> Double, _ y: (Double) -> Double) {
    for run in series.runs where run.count > 1 {
      let upper = run.map { Scene.Place(x: x($0.x), y: y($0.vertical?.upperBound ?? $0.y)) }
      let lower = run.map { Scene.Place(x: x($0.x), y: y($0.vertical?.lowerBound ?? $0.y)) }
      draw(.area(upper + lower.reversed()), Style.band(series.style), part: .series(series.style))
    }
  }

  private mutating func drawLines(_ series: Series, _ x: (Double) -> Double, _ y: (Double) -> Double) {
    guard series.shape != .dots else { return }
    let style = series.shape == .thread ? "j" : Style.line(series.style) + (series.isPale ? " p" : "")
    for run in series.runs where run.count > 1 {
      draw(
        .line(run.map { .init(x: x($0.x), y: y($0.y)) }), style, hint: series.hasMarkers ? "" : series.name,
        part: series.shape == .thread ? nil : .series(series.style))
    }
  }

  private mutating func drawMarkers(_ series: Series, _ x: (Double) -> Double, _ y: (Double) -> Double) {
    guard series.shape != .thread else { return }
    let pale = series.isPale ? " p" : ""
    let kind = series.style % Palette.markers
    for run in series.runs where series.hasMarkers || run.count == 1 {
      for point in run {
        // A band has no width at a point that stands alone.
        if let bar = point.vertical, series.shape == .dots || run.count == 1 {
          draw(
            .line([.init(x: x(point.x), y: y(bar.lowerBound)), .init(x: x(point.x), y: y(bar.upperBound))]),
            Style.bar(series.style) + pale, part: .series(series.style))
        }
        if let bar = point.horizontal {
          draw(
            .line([.init(x: x(bar.lowerBound), y: y(point.y)), .init(x: x(bar.upperBound), y: y(point.y))]),
            Style.bar(series.style) + pale, part: .series(series.style))
        }
        draw(
          .marker(.init(x: x(point.x), y: y(point.y)), kind: kind, radius: 0.3 * em),
          Style.fill(series.style) + pale, hint: point.hint, part: .series(series.style))
      }
    }
  }
}

extension Series {
  /// The points between two breaks.
  var runs: [[Point]] {
    points.split(separator: nil, omittingEmptySubsequences: true).map { $0.compactMap(\.self) }
  }

  /// Whether the points are so few that each is shown.
  var hasMarkers: Bool { shape == .dots || points.count <= 60 }
}
