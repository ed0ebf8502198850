internal import Failures
internal import Records

/// How training went, epoch by epoch, of one run or several.
struct TrainingRuns {
  private struct Run {
    var name: String?
    var epochs: [EpochRecord] = []
  }

  private var runs: [Run] = []

  var isEmpty: Bool { runs.isEmpty }

  /// Takes in an epoch; one that is no later than the one before begins another run, any other goes on with it.
  ///
  /// - Throws: `Failure(.data)` where a share is none.
  mutating func add(_ record: EpochRecord) throws(Failure) {
    for share in [record.accuracy, record.validation ?? 0] where !(0...1).contains(share) {
      throw Failure(.data, "epoch \(record.epoch): an accuracy of \(share) is not between 0 and 1")
    }
    if (runs.last?.epochs.last?.epoch ?? .max) >= record.epoch { runs.append(Run()) }
    runs[runs.count - 1].epochs.append(record)
    // What was announced before was a model on the way.
    runs[runs.count - 1].name = nil
  }

  /// Calls the last run by the file that it wrote.
  mutating func end(with record: CheckpointRecord) {
    guard let last = runs.last, last.name == nil, last.epochs.last?.epoch == record.epoch else { return }
    runs[runs.count - 1].name = ModelNames.file(record.path)
  }

  /// One panel each of loss, accuracy, learning rate and, where there are any, budgets.
  func figure() throws(Failure) -> Figure {
    let names = runs.enumerated().map { place, run in
      run.name.map(bounded) ?? (runs.count == 1 ? "training" : "run \(place + 1)")
    }
    let epochs = runs.flatMap { $0.epochs.map { Double($0.epoch) } }
    let x = Axis(label: "", range: try range(of: epochs, label: "epoch"), unit: .whole)
    func series(_ take: (EpochRecord) -> Double?, _ suffix: String = "") -> [Series] {
      runs.enumerated().map { place, run in
        let points = run.epochs.map { epoch in
          take(epoch).map { value in
            Point(
              x: Double(epoch.epoch), y: value,
              hint: "\(names[place])\(suffix), epoch \(epoch.epoch): \(Numbers.pixels(value))")
          }
        }
        return Series(name: names[place] + suffix, style: place, shape: .plainLine, points: points)
      }
    }
    func panel(_ y: Axis, _ series: [Series]) -> Figure.Panel { .chart(Chart(x: x, y: y, series: series)) }
    let losses = runs.flatMap { $0.epochs.map(\.loss) }
    let rates = runs.flatMap { $0.epochs.map(\.learningRate) }
    let (least, most) = (rates.min() ?? 0, rates.max() ?? 1)
    // Only runs that held images out have a line of them.
    let heldOut = runs.indices.filter { run in runs[run].epochs.contains { $0.validation != nil } }
    let validation = series({ $0.validation }, ", held out").enumerated().filter { heldOut.contains($0.offset) }
      .enumerated().map { place, pair in
        var line = pair.element
        line.style = runs.count + place
        return line
      }
    try checkCount(runs.count + validation.count, "curves")
    var panels = [
      panel(Axis(label: "loss", range: try range(of: losses + [0], label: "loss")), series { $0.loss }),
      panel(Axis(label: "accuracy", range: 0...1, unit: .share), series { $0.accuracy } + validation),
      panel(
        Axis(
          label: "learning rate",
          range: least > 0 && most / least >= 50
            ? least...most : try range(of: rates + [0], label: "learning rate"),
          isLogarithmic: least > 0 && most / least >= 50), series { $0.learningRate }),
    ]
    let budgets: [(String, (EpochRecord) -> Double)] = [
      ("rotation", { $0.rotation }), ("translation", { $0.translation }), ("epsilon", { $0.epsilon }),
    ]
    for (label, take) in budgets {
      let values = runs.flatMap { $0.epochs.map(take) }
      guard values.contains(where: { $0 != 0 }) else { continue }
      panels.append(panel(Axis(label: label, range: try range(of: values + [0], label: label)), series(take)))
    }
    if case .chart(var last) = panels[panels.count - 1] {
      last.x.label = "epoch"
      panels[panels.count - 1] = .chart(last)
    }
    return Figure(title: "", caption: caption, panels: panels, names: names + validation.map(\.name))
  }

  private var caption: String {
    let done = runs.map { run in
      let epochs = run.epochs.last?.epochs ?? 0
      return "\(run.epochs.count) of \(epochs) epoch\(epochs == 1 ? "" : "s")"
    }
    return Set(done).count == 1 ? done[0] : done.joined(separator: "; ")
  }
}
