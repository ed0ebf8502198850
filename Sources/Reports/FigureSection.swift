internal import Failures
internal import Plots
internal import Records

/// The figures that the records can be drawn as: profiles along each budget that varies, a heat map, a Pareto front, curves of
/// nearest images, training.
struct FigureSection {
  private(set) var html = ""
  /// What could not be drawn, and why.
  private(set) var notes: [String] = []

  private let scores: [ScoreRecord]
  private let names: Names
  /// Widths in pixels at which each is laid out: for wide windows and paper, and for narrow ones.
  private static let widths = (wide: 800.0, narrow: 360.0)

  init(_ scores: [ScoreRecord], _ fold: ReportFold, _ names: Names) {
    (self.scores, self.names) = (scores, names)
    let varying = Budget.allCases.filter { values(of: $0).count > 1 }
    for budget in varying {
      for (measure, label) in [("accuracy", "Accuracy"), ("fooling-rate", "Fooling rate")] {
        var request = FigureRequest()
        (request.x, request.y) = (budget.rawValue, measure)
        draw(.profile, request, "\(label) against \(budget.rawValue)")
      }
    }
    if varying.contains(.rotation), varying.contains(.epsilon) {
      draw(.heatmap, FigureRequest(), "Accuracy over rotation and epsilon")
    }
    if Set(scores.map(\.setting.model)).count > 1 {
      // Models that share no budget have no front, and nobody asked for one.
      draw(.pareto, FigureRequest(), "Spatial against adversarial robustness", isOptional: true)
    }
    draw(fold.curve, FigureRequest(), "Accuracy against the nearest image that fools")
    draw(fold.training, FigureRequest(), "Training")
  }

  /// The values that `budget` takes, where every image has one.
  private func values(of budget: Budget) -> Set<Double> {
    Set(
      drawable(scores).map { score in
        switch budget {
        case .rotation: score.setting.rotation
        case .translation: score.setting.translation
        case .epsilon: score.setting.attack == "none" ? 0 : score.setting.epsilon ?? 0
        }
      })
  }

  /// Scores of budgets: those of nearest images have a figure of their own.
  private func drawable(_ scores: [ScoreRecord]) -> [ScoreRecord] {
    scores.filter { $0.setting.attack == "none" || $0.setting.epsilon != nil }
  }

  /// Draws the scores as `kind`.
  private mutating func draw(
    _ kind: FigureKind, _ request: FigureRequest, _ heading: String, isOptional: Bool = false
  ) {
    var fold = FigureFold(kind)
    do {
      for score in drawable(scores) { try fold.add(score) }
    } catch {
      notes.append("\(heading) is not drawn: \(error.message).")
      return
    }
    draw(fold, request, heading, isOptional: isOptional)
  }

  private mutating func draw(
    _ fold: FigureFold, _ request: FigureRequest, _ heading: String, isOptional: Bool = false
  ) {
    var fold = fold
    for checkpoint in names.checkpoints { fold.add(checkpoint) }
    do throws(Failure) {
      guard !(try fold.isEmpty) else { return }
      let figure = try fold.figure(request)
      let (wide, narrow) = (
        try figure.element(width: Self.widths.wide), try figure.element(width: Self.widths.narrow)
      )
      html += """
        <figure class="chart">
        <figcaption>\(HTML.escaped(heading))</figcaption>
        <div class="wide">
        \(wide)</div>
        <div class="narrow">
        \(narrow)</div>
        </figure>

        """
    } catch {
      if !isOptional { notes.append("\(heading) is not drawn: \(error.message).") }
    }
  }
}
