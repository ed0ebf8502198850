internal import Failures
internal import Records

/// What was counted in one setting.
struct Sample {
  var setting: Setting
  var tally: Tally
  var missing: Int

  /// What a figure shows of a tally.
  func share(_ measure: Measure) -> Point {
    let successes =
      switch measure {
      case .accuracy: tally.correct
      case .foolingRate: tally.fooled
      case .naturalAccuracy: tally.naturallyCorrect
      }
    let interval = WilsonInterval(successes: successes, count: tally.count)
    return Point(
      x: 0, y: Double(successes) / Double(max(1, tally.count)), vertical: interval.lower...interval.upper)
  }
}

/// A share of images.
public enum Measure: String, CaseIterable, Sendable {
  /// Perturbed images that are classified rightly.
  case accuracy
  /// Images that are classified differently when perturbed.
  case foolingRate = "fooling-rate"
  /// Untouched images that are classified rightly.
  case naturalAccuracy = "natural-accuracy"

  /// As an axis is labelled.
  var label: String {
    switch self {
    case .accuracy: "accuracy"
    case .foolingRate: "fooling rate"
    case .naturalAccuracy: "natural accuracy"
    }
  }
}

/// Predictions counted, and what others have counted: scores and fooling rates.
struct Measurements {
  var predictions = FoolingRateFold()
  private var counted: [[Facet]: Sample] = [:]
  private var order: [[Facet]] = []

  /// Takes in a score or fooling rate; the same again changes nothing.
  ///
  /// - Throws: `Failure(.data)` for another answer under the same settings.
  mutating func add(_ sample: Sample) throws(Failure) {
    var sample = sample
    // What went wrong is in the records; here it does not tell two answers apart.
    sample.tally = sample.tally.sharesAlone
    let key = Facet.all(of: sample.setting)
    guard let known = counted[key] else {
      counted[key] = sample
      order.append(key)
      return
    }
    guard known.tally == sample.tally else {
      let setting = sample.setting
      throw Failure(
        .data,
        "two answers under the same settings (\(setting.attack), epsilon "
          + "\(setting.epsilon.map(Numbers.pixels) ?? "none"), rotation \(setting.rotationText), model "
          + "\(setting.model.prefix(12))); plot each run alone")
    }
  }

  /// Takes in a fooling rate, whose counts come back from its shares.
  ///
  /// - Throws: `Failure(.data)` where it does not say of which model it is, or not how many images are right.
  mutating func add(_ record: FoolingRateRecord) throws(Failure) {
    guard let setting = record.setting, let natural = record.naturalAccuracy, let accuracy = record.accuracy else {
      throw Failure(.data, "a fooling rate of bare predictions has no model and no accuracy; give prediction records")
    }
    guard (0...1).contains(natural), (0...1).contains(accuracy) else {
      throw Failure(.data, "fooling-rate record: an accuracy is not between 0 and 1")
    }
    func images(_ share: Double) -> Int { Int((share * Double(min(record.count, 1 << 53))).rounded()) }
    let tally = Tally(
      count: record.count, fooled: record.fooled, naturallyCorrect: images(natural), correct: images(accuracy))
    try add(Sample(setting: setting, tally: tally, missing: record.missing))
  }

  /// All that was counted, in the order of first appearance, predictions first.
  ///
  /// - Throws: as `add(_:)`, where predictions and scores disagree.
  func samples() throws(Failure) -> [Sample] {
    var all = Measurements()
    for score in predictions.scores {
      try all.add(Sample(setting: score.setting, tally: score.tally, missing: score.missing))
    }
    for key in order {
      if let sample = counted[key] { try all.add(sample) }
    }
    return all.order.compactMap { all.counted[$0] }.filter { $0.tally.count > 0 }
  }
}

extension Tally {
  /// The same without what went wrong.
  fileprivate var sharesAlone: Tally {
    Tally(count: count, fooled: fooled, naturallyCorrect: naturallyCorrect, correct: correct)
  }
}
