internal import Failures

/// Finds a place for everything: texts are measured first, panels take what is left.
struct Layout {
  let figure: Figure
  let theme: Theme
  let width: Double
  private(set) var scene: Scene

  /// The size of texts.
  var em: Double { theme.fontSize }
  /// What stays free around everything.
  var margin: Double { 0.8 * em }

  /// `figure` at this width; as high as it needs unless `height` is given.
  ///
  /// - Throws: `Failure(.usage)` where that is too small.
  static func scene(
    of figure: Figure, theme: Theme, width: Double, height: Double? = nil
  ) throws(Failure) -> Scene {
    guard width >= 20 * theme.fontSize else {
      throw Failure(.usage, "--size: too narrow for texts; give a width of \(Int(20 * theme.fontSize)) or more")
    }
    var layout = Layout(figure, theme, width)
    try layout.compose(height)
    return layout.scene
  }

  private init(_ figure: Figure, _ theme: Theme, _ width: Double) {
    (self.figure, self.theme, self.width) = (figure, theme, width)
    scene = Scene(width: width, height: 0, theme: theme, title: figure.title, description: figure.caption)
  }

  private mutating func compose(_ height: Double?) throws(Failure) {
    let inner = width - 2 * margin
    let title = TextWidths.wrapped(figure.title, to: inner / (1.2 * em), atMost: 2)
    let caption = TextWidths.wrapped(figure.caption, to: inner / (0.85 * em), atMost: 6)
    let legend = Legend(figure, theme, width: width)
    let right = legend.isBeside ? legend.width + em : 0
    let below = (legend.isBeside ? 0 : legend.height) + 1.1 * em * Double(caption.count)
    let top = margin + 1.6 * em * Double(title.count)
    let heights = try panelHeights(total: height, besides: top + below + margin, right: right)
    for (place, line) in title.enumerated() {
      scene.write(line, x: margin, y: margin + em * (0.6 + 1.6 * Double(place)), style: "h")
    }
    var y = top
    for (panel, height) in zip(figure.panels, heights) {
      let frame = frame(of: panel, y: y, height: height, right: right)
      switch panel {
      case .chart(let chart): draw(chart, in: frame)
      case .grid(let grid): draw(grid, in: frame)
      }
      y += height + overhead(panel)
    }
    if legend.isBeside {
      legend.draw(into: &scene, x: width - margin - legend.width, y: top + 0.6 * em)
    } else {
      legend.draw(into: &scene, x: margin, y: y)
      y += legend.height
    }
    for line in caption {
      scene.write(line, x: margin, y: y + 0.5 * em, style: "u")
      y += 1.1 * em
    }
    scene.height = height ?? (y + margin).rounded(.up)
  }

  /// How high the frame of each panel is.
  private func panelHeights(total: Double?, besides: Double, right: Double) throws(Failure) -> [Double] {
    let wanted = figure.panels.map { panel -> Double in
      switch panel {
      case .chart: (figure.panels.count == 1 ? 0.5 : 0.22) * (width - right) + em
      case .grid(let grid):
        Double(grid.rows.count) * min(2.4 * em, max(1, 0.75 * width / Double(max(1, grid.columns.count))))
      }
    }
    let fixed = besides + figure.panels.map(overhead).reduce(0, +)
    guard let total else { return wanted.map { max($0, 7 * em) } }
    let (room, all) = (total - fixed, wanted.reduce(0, +))
    let heights = wanted.map { $0 / all * room }
    guard heights.allSatisfy({ $0 >= 4 * em }) else {
      let least = fixed + 4.5 * em * all / (wanted.min() ?? all)
      throw Failure(
        .usage, "--size: too low for this figure; give \(Int(width))x\(Int(least.rounded(.up))) or more, or no height")
    }
    return heights
  }

  /// What a panel needs above and below its frame.
  private func overhead(_ panel: Figure.Panel) -> Double {
    switch panel {
    case .chart(let chart): em * (0.7 + 1.6 + (chart.x.label.isEmpty ? 0.2 : 1.9))
    case .grid(let grid): em * (0.7 + 1.6 + 1.9 + (grid.title.isEmpty ? 0 : 1.5))
    }
  }
}

// MARK: - Frames

extension Layout {
  /// The inside of a pair of axes.
  struct Frame {
    var x: Double
    var y: Double
    var width: Double
    var height: Double
    /// From the frame's left side to the middle of the label beside it.
    var labelDistance: Double
  }

  private func frame(of panel: Figure.Panel, y: Double, height: Double, right: Double) -> Frame {
    let label = 1.5 * em
    // Frames that stand over each other begin at one place.
    let ticks = figure.panels.map { tickWidth($0, height: height) }.max() ?? 0
    let left = margin + label + ticks + 0.6 * em
    var frame = Frame(
      x: left, y: y + 0.7 * em, width: width - left - right - 2 * em, height: height,
      labelDistance: ticks + 0.6 * em + 0.8 * em)
    if case .grid(let grid) = panel {
      if !grid.title.isEmpty { frame.y += 1.5 * em }
      // Room for the scale of colours.
      frame.width = min(frame.width - 4 * em, 12 * em * Double(max(1, grid.columns.count)))
    }
    return frame
  }

  /// How wide the texts beside the frame of `panel` are.
  private func tickWidth(_ panel: Figure.Panel, height: Double) -> Double {
    let texts =
      switch panel {
      case .chart(let chart): verticalTicks(chart.y, height: height).map(\.text)
      case .grid(let grid): grid.rows
      }
    return min((texts.map(TextWidths.width).max() ?? 0) * em, 0.25 * width)
  }

  func verticalTicks(_ axis: Axis, height: Double) -> [Tick] {
    axis.ticks(atMost: min(11, max(3, Int(height / (2.2 * em)))))
  }

  /// As many ticks as have room for their texts beside each other.
  func horizontalTicks(_ axis: Axis, width: Double) -> [Tick] {
    for count in stride(from: 13, to: 2, by: -1) {
      let ticks = axis.ticks(atMost: count)
      let widest = (ticks.map { TextWidths.width($0.text) }.max() ?? 0) * em + 0.9 * em
      let gaps = zip(ticks, ticks.dropFirst()).map { (axis.place($1.value) - axis.place($0.value)) * width }
      if gaps.allSatisfy({ $0 >= widest }) { return ticks }
    }
    return axis.ticks(atMost: 2)
  }

  /// Writes below a frame, `depth` lines down, and within the figure.
  mutating func write(below frame: Frame, _ text: String, x: Double, depth: Double) {
    scene.write(text, x: x, y: frame.y + frame.height + depth * em, .middle)
  }

  /// Writes what the vertical direction is.
  mutating func writeVerticalLabel(_ text: String, of frame: Frame) {
    let shown = TextWidths.shortened(text, to: (frame.height + 3 * em) / em)
    let half = TextWidths.width(shown) * em / 2
    // A label that is longer than its frame reaches down, where the axis below has only numbers.
    let middle = max(frame.y + frame.height / 2, frame.y - 0.5 * em + half)
    scene.write(shown, x: frame.x - frame.labelDistance, y: middle, .middle, isTurned: true)
  }

  /// Writes what the horizontal direction is.
  mutating func writeHorizontalLabel(_ text: String, of frame: Frame) {
    let shown = TextWidths.shortened(text, to: (width - frame.x - margin) / em)
    let half = TextWidths.width(shown) * em / 2
    let middle = max(min(frame.x + frame.width / 2, width - margin - half), margin + half)
    write(below: frame, shown, x: middle, depth: 2.6)
  }

  mutating func draw(
    _ shape: Scene.Shape, _ style: String, fill: String? = nil, hint: String = "", part: Scene.Part? = nil
  ) {
    scene.add(shape, style, fill: fill, hint: hint, part: part)
  }

  mutating func write(
    _ text: String, x: Double, y: Double, _ anchor: Scene.Anchor, style: String = "t"
  ) {
    scene.write(text, x: x, y: y, anchor, style: style)
  }
}
