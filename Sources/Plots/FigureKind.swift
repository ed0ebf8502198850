/// What a figure shows.
public enum FigureKind: String, CaseIterable, Sendable {
  /// A share of images against one budget.
  case profile
  /// A share of images against the epsilon of the nearest image that fools.
  case curve
  /// Spatial against adversarial robustness.
  case pareto
  /// A share of images over two budgets.
  case heatmap
  /// Loss, accuracy, learning rate and budgets by epoch.
  case training
  /// Which class was taken for which.
  case confusion

  /// The records that it is made of.
  public var records: String {
    switch self {
    case .profile, .pareto, .heatmap: "prediction, score or fooling-rate records"
    case .curve: "prediction records of attacks that look for the nearest image"
    case .training: "epoch records"
    case .confusion: "prediction records"
    }
  }

  /// A command line that makes some.
  public var example: String {
    switch self {
    case .profile: "cusp-evaluate model.h5 --rotation 0:180:15 | cusp-plot profile"
    case .curve: "cusp-attack model.h5 --ddn | cusp-plot curve"
    case .pareto: "cusp-evaluate *.h5 --rotation 0,30 --epsilon 0,8/255 | cusp-plot pareto"
    case .heatmap: "cusp-evaluate model.h5 --rotation 0:60:15 --epsilon 0,4/255,8/255 | cusp-plot heatmap"
    case .training: "cusp-train --output model.h5 | cusp-plot training"
    case .confusion: "cusp-attack model.h5 --pgd | cusp-plot confusion"
    }
  }

  /// Which settings of a request mean something here.
  var takes: Set<String> {
    switch self {
    case .profile: ["--x", "--y", "--by"]
    case .curve: ["--y", "--by"]
    case .pareto: ["--x", "--y", "--value", "--seeds"]
    case .heatmap: ["--x", "--y", "--value", "--by"]
    case .training: []
    case .confusion: ["--by"]
    }
  }
}
