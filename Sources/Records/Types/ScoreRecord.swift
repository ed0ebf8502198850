public import Failures

/// How a model did over a data set in one setting.
public struct ScoreRecord: Record {
  /// The value of `type`.
  public static let type = "score"

  /// The model, the attack and all that was set.
  public var setting: Setting
  /// What happened to the images of that setting.
  public var tally: Tally
  /// How many of the images that were asked for are not among them.
  public var missing: Int

  /// The score of `tally` in `setting`, to which `missing` images are lacking.
  public init(setting: Setting, tally: Tally, missing: Int = 0) {
    self.setting = setting
    self.tally = tally
    self.missing = missing
  }

  /// Takes the record out of `json`; the counts come back from the shares exactly, since they are whole.
  /// - Throws: `Failure(.data)` that names the missing or mistyped key.
  public init(json: JSON) throws(Failure) {
    var fields = try RecordFields(json, type: Self.type)
    setting = try Setting(&fields)
    let count = try fields.integer("count")
    guard (0...maximalCount).contains(count) else {
      throw Failure(.data, "score record: `count` is not between 0 and 2^53")
    }
    tally = Tally(
      count: count, fooled: try fields.successes("fooling_rate", of: count),
      naturallyCorrect: try fields.successes("natural_accuracy", of: count),
      correct: try fields.successes("accuracy", of: count))
    missing = try fields.optionalInteger("missing") ?? 0
    tally.failed = try fields.optionalInteger("failed") ?? 0
    if fields.find("zero_gradients") != nil { tally.zeroGradients = try fields.successes("zero_gradients", of: count) }
  }

  /// Appends the record as one line.
  public func write(into writer: inout RecordWriter) {
    writer.begin("score")
    setting.write(into: &writer)
    setting.writeParameters(into: &writer)
    writer.write("count", tally.count)
    writer.write("natural_accuracy", tally.naturalAccuracy)
    writer.write(
      "natural_accuracy_interval", WilsonInterval(successes: tally.naturallyCorrect, count: tally.count).json)
    writer.write("accuracy", tally.accuracy)
    writer.write("accuracy_interval", WilsonInterval(successes: tally.correct, count: tally.count).json)
    writer.write("fooling_rate", tally.foolingRate)
    writer.write("fooling_rate_interval", WilsonInterval(successes: tally.fooled, count: tally.count).json)
    writer.writeFlaws(missing: missing, failed: tally.failed, zeroGradients: tally.zeroGradientShare)
    writer.end()
  }
}

/// Beyond it a double does not hold every count, and a share may round to more than an integer holds.
private let maximalCount = 1 << 53

extension RecordFields {
  /// The whole number of successes whose share of `count` stands under `key`.
  mutating func successes(_ key: String, of count: Int) throws(Failure) -> Int {
    let share = try number(key)
    guard (0...1).contains(share) else {
      throw Failure(.data, "score record: `\(key)` is not a share between 0 and 1")
    }
    return Int((share * Double(count)).rounded())
  }
}
