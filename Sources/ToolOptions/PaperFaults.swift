import Attacks
public import Evaluation
public import Records
import ToolSupport

/// What the faults of the published code of "Can we have it all?", which `--like paper` reproduces, do to its figures.
public struct PaperFaults {
  /// What became of images under one budget.
  private struct Outcome {
    let epsilon: Double
    var images = 0
    /// How many are predicted otherwise than before, and how many rightly.
    var changed = 0
    var right = 0
    /// How far pixels moved, in pixel units: summed over the images, and at most.
    var distance = 0.0
    var farthest = 0.0
    /// How many images have a pixel that moved farther than the budget.
    var beyond = 0
  }

  private let attack: NormalisedDescent
  private let goesByBatches: Bool
  private var reproduced: [Outcome] = []
  private var meant: [Outcome] = []

  /// The faults of the attacks of `predictions`; nil where none is carried out as in the paper's code.
  public init?(of predictions: Predictions) {
    guard let attack = predictions.paperAttacks.first else { return nil }
    (self.attack, goesByBatches) = (attack, predictions.goByBatchStatistics)
  }

  /// Counts an image attacked as in the paper's code.
  public mutating func add(_ record: PredictionRecord) {
    Self.add(record, epsilon: record.setting.parameters?["normalised_epsilon"]?.number, to: &reproduced)
  }

  /// Counts an image attacked within the same budget in pixel units.
  public mutating func addMeant(_ record: PredictionRecord) {
    Self.add(record, epsilon: record.setting.epsilon, to: &meant)
  }

  private static func add(_ record: PredictionRecord, epsilon: Double?, to outcomes: inout [Outcome]) {
    guard let epsilon else { return }
    if !outcomes.contains(where: { $0.epsilon == epsilon }) { outcomes.append(Outcome(epsilon: epsilon)) }
    guard let place = outcomes.firstIndex(where: { $0.epsilon == epsilon }) else { return }
    let distance = Double(record.distance)
    outcomes[place].images += 1
    outcomes[place].changed += record.perturbed != record.natural ? 1 : 0
    outcomes[place].right += record.perturbed == record.label ? 1 : 0
    outcomes[place].distance += distance
    outcomes[place].farthest = max(outcomes[place].farthest, distance)
    outcomes[place].beyond += Float(distance) > Float(epsilon) ? 1 : 0
  }

  /// What is reproduced, and what that does: two lines, and two more a budget.
  public var lines: [String] {
    var lines = [
      "as in the paper's code: epsilon and steps in normalised pixels, which are then clipped to -1...1; from "
        + (attack.script == .standard ? "true labels" : "the labels that the model predicts")
    ]
    if attack.script == .equivariant {
      lines.append(
        goesByBatches
          ? "as in the paper's code: attacked and scored in training mode, by the statistics of each 100 images"
          : "not reproduced: training mode, in which that code attacks and scores a GCNN: dropouts would be random")
    }
    if leavesRange { lines.append("not reproduced: pixels outside 0...1, where -1...1 leads here; they stay within") }
    for (found, meant) in zip(reproduced, meant) { lines += Self.lines(found, meant) }
    return lines
  }

  /// Whether clipping leaves pixels outside 0...1.
  private var leavesRange: Bool {
    zip(attack.mean, attack.deviation).contains { $0 - $1 < -1e-6 || $0 + $1 > 1 + 1e-6 }
  }

  private static func lines(_ found: Outcome, _ meant: Outcome) -> [String] {
    let epsilon = NumberText.pixelDistance(found.epsilon)
    let (changed, right) = (share(found.changed, found), share(found.right, found))
    let (soundChanged, soundRight) = (share(meant.changed, meant), share(meant.right, meant))
    return [
      "as paper counts, epsilon \(epsilon): fooling rate \(NumberText.percent(changed)), accuracy "
        + "\(NumberText.percent(right)), of all \(found.images) images; pixels moved by "
        + "\(levels(found.distance / Double(found.images))) on average and \(levels(found.farthest)) at most, those of "
        + "\(NumberText.percent(share(found.beyond, found))) of the images by more than \(epsilon)",
      "within \(epsilon) in pixels the same attack has fooling rate \(NumberText.percent(soundChanged)), accuracy "
        + "\(NumberText.percent(soundRight)): the faults change these by \(points(changed - soundChanged)) "
        + "and \(points(right - soundRight)) points",
    ]
  }

  private static func share(_ count: Int, _ outcome: Outcome) -> Double {
    Double(count) / Double(max(outcome.images, 1))
  }

  /// A distance in pixel units as levels of 8 bits.
  private static func levels(_ distance: Double) -> String { "\(NumberText.decimal(distance * 255, places: 1))/255" }

  private static func points(_ difference: Double) -> String {
    (difference > 0 ? "+" : "") + NumberText.decimal(difference * 100, places: 1)
  }
}
