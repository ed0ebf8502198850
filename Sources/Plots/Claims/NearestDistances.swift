internal import Failures
internal import Records

/// How far the nearest images that fool are, of those that are classified rightly: predictions of attacks without a budget.
struct NearestDistances {
  private var groups: [Setting: [Int: Double]] = [:]
  private(set) var order: [Setting] = []

  /// Takes in a prediction; infinite where nothing fooled.
  ///
  /// - Throws: `Failure(.data)` for another answer of an image.
  mutating func add(_ record: PredictionRecord) throws(Failure) {
    guard record.natural == record.label else { return }
    let setting = record.setting
    if groups[setting] == nil { order.append(setting) }
    let distance = record.perturbed == record.label ? Double.infinity : Double(record.distance.description) ?? 0
    guard groups[setting, default: [:]].updateValue(distance, forKey: record.index).map({ $0 == distance }) ?? true
    else {
      throw Failure(.data, "image \(record.index) came before with another answer; fold each run alone")
    }
  }

  /// The distances of a setting, in no order.
  func distances(of setting: Setting) -> [Double] { groups[setting].map { Array($0.values) } ?? [] }
}

/// A number that a claim is about, of what was measured of a model; nil where it has none.
enum ClaimMetric: String, CaseIterable {
  /// Of images, how many are classified differently when perturbed.
  case foolingRate = "fooling-rate"
  /// How many more untouched than perturbed images are classified rightly.
  case accuracyGap = "accuracy-gap"
  /// How far the nearest image that fools is, as a mean over those that were found.
  case meanDistance = "mean-distance"
  /// As a median, over those that were not, too.
  case medianDistance = "median-distance"

  /// Whether it is of an attack without a budget.
  var isDistance: Bool { self == .meanDistance || self == .medianDistance }

  func value(of model: TrainedModel, in setting: Setting) -> Double? {
    switch self {
    case .foolingRate: return model.tallies[setting]?.foolingRate
    case .accuracyGap:
      // Of whole numbers, so that equal gaps are equal.
      return model.tallies[setting].map { Double($0.naturallyCorrect - $0.correct) / Double(max(1, $0.count)) }
    case .meanDistance:
      let found = model.distances[setting]?.filter(\.isFinite) ?? []
      return found.isEmpty ? nil : found.sorted().reduce(0, +) / Double(found.count)
    case .medianDistance:
      let sorted = (model.distances[setting] ?? []).sorted()
      guard !sorted.isEmpty else { return nil }
      let median = (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
      return median.isFinite ? median : nil
    }
  }
}
