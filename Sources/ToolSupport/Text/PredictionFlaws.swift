public import Records

/// What went wrong in some of many predictions, for people.
public struct PredictionFlaws: Sendable {
  /// From which share on zero gradients are worth a line.
  public static let zeroGradientShare = 0.01

  private var count = 0
  private var zeroGradients = 0
  private var loss: String?
  private var reason = ""
  /// How many records say that something failed.
  public private(set) var failed = 0

  /// None so far.
  public init() {}

  /// Counts a prediction.
  public mutating func add(_ record: PredictionRecord) {
    count += 1
    zeroGradients += record.hadZeroGradient ? 1 : 0
    if record.hadZeroGradient { loss = record.setting.parameters?["loss"]?.string }
    guard let failure = record.failure else { return }
    if failed == 0 { reason = failure }
    failed += 1
  }

  /// A line for each kind of flaw.
  public var lines: [String] {
    let failures = failed > 0 ? "failed for \(failed) of \(count) predictions: \(reason)" : nil
    return [failures, Self.zeroGradients(Double(zeroGradients) / Double(max(count, 1)), loss: loss)].compactMap(\.self)
  }

  /// What to tell of attacks by `loss` that had no gradient for such a share of images; nil where it is small.
  public static func zeroGradients(_ share: Double, loss: String?) -> String? {
    guard share > zeroGradientShare else { return nil }
    let advice =
      loss == "margin" ? "what these images withstand says little; attack them without gradients" : "try --loss margin"
    return "the gradient was exactly zero at the first step for \(NumberText.percent(share)) of predictions: \(advice)"
  }
}
