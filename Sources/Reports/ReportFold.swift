public import Failures
internal import Plots
public import Records

/// Folds streams of records into what a report shows, in memory that grows with settings and their images, not with records.
public struct ReportFold: Sendable {
  /// What is known of one setting beside its tally.
  package struct Details: Sendable {
    package var setting: Setting
    /// Where its predictions came from, for the set that goes with them.
    var source: String
    package var classes = ClassCounts()
    package var successes = Successes()
    /// The first reason why an attack failed.
    var failure: String?
  }

  private var predictions = FoolingRateFold()
  private var places: [Setting: Int] = [:]
  package private(set) var details: [Details] = []
  private var last = 0

  private var measured = FigureFold(.profile)
  private(set) var curve = FigureFold(.curve)
  private(set) var training = FigureFold(.training)
  /// Flaws of scores, by their settings.
  private var flawed: [ScoreRecord] = []
  private(set) var runs: [RunRecord] = []
  private(set) var diagnoses: [DiagnosisRecord] = []
  private(set) var verifications: [VerificationRecord] = []
  private(set) var checkpoints: [CheckpointRecord] = []
  private(set) var errors: [String] = []
  package private(set) var kept = KeptLines()
  /// How many records came.
  public private(set) var count = 0

  /// The most runs, diagnoses, verifications, models and errors that are kept, of each.
  static let most = 200

  /// A fold of no record.
  public init() {}

  /// Reads all records of a stream, which is called `source`.
  ///
  /// - Throws: `Failure(.data)` for what is no record, or contradicts another one, with the line's number;
  ///   `Failure(.inputOutput)` when reading fails.
  public mutating func read(_ reader: inout RecordReader, from source: String) throws(Failure) {
    while let record = try reader.next() {
      let line = reader.bytes
      do {
        try add(record, line, from: source)
      } catch {
        let place = "line \(record.line): "
        throw error.message.hasPrefix(place) ? error : Failure(error.kind, place + error.message)
      }
      let isPrediction = record.type == PredictionRecord.type
      if kept.hasRoom(forPrediction: isPrediction) {
        kept.add(line, isPrediction: isPrediction)
      } else {
        kept.leaveOut(isPrediction: isPrediction)
      }
      count += 1
    }
  }

  private mutating func add(_ record: StreamRecord, _ line: [UInt8], from source: String) throws(Failure) {
    switch record.type {
    case PredictionRecord.type:
      let prediction = try record.decode(PredictionRecord.self)
      let repeated = predictions.repeatedCount
      try line.withUnsafeBufferPointer { (line) throws(Failure) in try predictions.add(prediction, line: line) }
      // The same record again changes nothing.
      guard predictions.repeatedCount == repeated else { return }
      if prediction.setting.epsilon == nil { _ = try curve.add(record) }
      note(prediction, from: source)
    case ScoreRecord.type:
      let score = try record.decode(ScoreRecord.self)
      try measured.add(score)
      if score.tally.failed > 0 || score.tally.zeroGradients > 0 { Self.keep(score, in: &flawed) }
    case FoolingRateRecord.type: _ = try measured.add(record)
    case EpochRecord.type: _ = try training.add(record)
    case CheckpointRecord.type:
      _ = try training.add(record)
      Self.keep(try record.decode(CheckpointRecord.self), in: &checkpoints)
    case RunRecord.type: Self.keep(try record.decode(RunRecord.self), in: &runs)
    case DiagnosisRecord.type: Self.keep(try record.decode(DiagnosisRecord.self), in: &diagnoses)
    case VerificationRecord.type: Self.keep(try record.decode(VerificationRecord.self), in: &verifications)
    case ErrorRecord.type: Self.keep(try record.decode(ErrorRecord.self).message, in: &errors)
    default: break
    }
  }

  /// Takes in what a prediction says beside its tally.
  private mutating func note(_ prediction: PredictionRecord, from source: String) {
    let place = place(of: prediction.setting, from: source)
    details[place].classes.add(
      label: prediction.label, natural: prediction.natural, perturbed: prediction.perturbed)
    if prediction.natural != prediction.perturbed { details[place].successes.add(Success(prediction)) }
    if details[place].failure == nil { details[place].failure = prediction.failure }
  }

  /// Most records are of the setting before.
  private mutating func place(of setting: Setting, from source: String) -> Int {
    if last < details.count, details[last].setting == setting { return last }
    last = places[setting] ?? details.count
    if last == details.count {
      places[setting] = last
      details.append(Details(setting: setting, source: source))
    }
    return last
  }

  /// Keeps `record` once, as long as there are not too many.
  private static func keep<Kind: Equatable>(_ record: Kind, in list: inout [Kind]) {
    if list.count < most, !list.contains(record) { list.append(record) }
  }
}

extension ReportFold {
  /// The data sets that predictions are of, as `--data` takes them.
  public var data: [String] { Set(details.compactMap(\.setting.data)).sorted() }

  /// A score a setting, predictions first; and those that say what went wrong.
  ///
  /// - Throws: `Failure(.data)` where predictions and scores disagree.
  func scores() throws(Failure) -> (all: [ScoreRecord], flawed: [ScoreRecord]) {
    var all = FigureFold(.profile)
    for score in predictions.scores { try all.add(score) }
    for score in try measured.scores { try all.add(score) }
    let flaws = predictions.scores.filter { $0.tally.failed > 0 || $0.tally.zeroGradients > 0 }
    return (try all.scores, flaws + flawed.filter { score in !flaws.contains { $0.setting == score.setting } })
  }

  /// What was counted of the predictions of `setting`.
  func tally(of setting: Setting) -> Tally { predictions.tallies.first { $0.setting == setting }?.tally ?? Tally() }

  /// How many records were left out, since they had come before.
  var repeatedCount: Int { predictions.repeatedCount }
}
