public import Failures
public import Records

/// Folds the streams of a study into what they say of the claims of the paper "Can we have it all?".
///
/// Streams of training tell what each model was trained with; scores, fooling rates and predictions what became of images.
public struct PaperClaims: Sendable {
  private var measurements = Measurements()
  private var nearest = NearestDistances()
  private var trainings = Trainings()
  private var names = ModelNames()
  private var seeds: [String: String] = [:]
  private var kinds: [String: String] = [:]
  /// What was claimed before.
  private var earlier: [PaperClaimRecord] = []
  /// What error records said.
  public private(set) var errors: [String] = []
  /// What was left out, and why; known when the claims are.
  public private(set) var notes: [String] = []

  /// A fold of no record.
  public init() {}

  /// Takes in all that `reader` reads, to its end; records of other types are passed over.
  ///
  /// - Throws: `Failure(.data)` with the line's number for what is no record, or another answer under the same settings.
  public mutating func take(_ reader: inout RecordReader) throws(Failure) {
    while let record = try reader.next() {
      do {
        try take(record)
      } catch {
        let place = "line \(record.line): "
        throw error.message.hasPrefix(place) ? error : Failure(error.kind, place + error.message)
      }
    }
  }

  private mutating func take(_ record: StreamRecord) throws(Failure) {
    switch record.type {
    case ErrorRecord.type: errors.append(printable(try record.decode(ErrorRecord.self).message))
    case EpochRecord.type: trainings.add(try record.decode(EpochRecord.self))
    case CheckpointRecord.type:
      let checkpoint = try record.decode(CheckpointRecord.self)
      names.add(checkpoint)
      trainings.end(with: checkpoint)
    case PaperClaimRecord.type: earlier.append(try record.decode(PaperClaimRecord.self))
    case ScoreRecord.type:
      let score = try record.decode(ScoreRecord.self)
      note(score.setting)
      try measurements.add(Sample(setting: score.setting, tally: score.tally, missing: score.missing))
    case FoolingRateRecord.type:
      let rate = try record.decode(FoolingRateRecord.self)
      if let setting = rate.setting { note(setting) }
      try measurements.add(rate)
    case PredictionRecord.type:
      var prediction = try record.decode(PredictionRecord.self)
      note(prediction.setting)
      prediction.setting = prediction.setting.normalised
      if prediction.setting.epsilon == nil {
        try nearest.add(prediction)
      } else {
        try measurements.predictions.add(prediction)
      }
    default: break
    }
  }

  /// Keeps what a record says of its model.
  private mutating func note(_ setting: Setting) {
    names.add(setting)
    if let seed = setting.modelSeed { seeds[setting.model] = seed }
    if let method = setting.method { kinds[setting.model] = method }
  }

  /// What the measurements say, after the claims that were read: of each network and data set, in the order of first
  /// appearance, slopes and then fronts.
  ///
  /// - Parameters:
  ///   - horizontal: What a front has as spatial robustness; nil for the largest rotation, or else translation, that all
  ///     models have alone.
  ///   - vertical: What it has as adversarial robustness; nil for the largest epsilon that all have alone.
  /// - Throws: `Failure(.data)` where predictions and scores disagree.
  public mutating func records(
    x horizontal: BudgetValue?, y vertical: BudgetValue?
  ) throws(Failure) -> [PaperClaimRecord] {
    notes = []
    let models = try models()
    var groups: [(architecture: String, data: String)] = []
    for group in models.map({ ($0.training.architecture, $0.training.data) })
    where !groups.contains(where: { $0 == group }) {
      groups.append(group)
    }
    var found = earlier
    for group in groups {
      let own = models.filter { ($0.training.architecture, $0.training.data) == group }
      var (slopes, fronts) = (SlopeClaims(own), FrontClaims(own, x: horizontal, y: vertical))
      found += slopes.records() + fronts.records()
      notes += (slopes.notes + fronts.notes).map { "\(group.architecture), \(group.data): \($0)" }
    }
    return found
  }

  /// The models whose training and seed are told, with what was measured.
  private mutating func models() throws(Failure) -> [TrainedModel] {
    let samples = try measurements.samples()
    var order: [String] = []
    for setting in samples.map(\.setting) + nearest.order where !order.contains(setting.model) {
      order.append(setting.model)
    }
    let known = names.names(of: order)
    var models: [String: TrainedModel] = [:]
    for digest in order {
      guard let training = trainings.byModel[digest], let seed = seeds[digest], let kind = kinds[digest] else {
        continue
      }
      let name = ModelNames.withoutSeed(known[digest] ?? digest)
      models[digest] = TrainedModel(method: Self.stem(name), seed: printable(seed), kind: kind, training: training)
    }
    if models.count < order.count {
      notes.append(
        "left out, since no stream of cusp-train tells of their training, or no score of their seed: "
          + "\(order.count - models.count) of \(order.count) models")
    }
    func anonymous(_ setting: Setting) -> Setting {
      var setting = setting.normalised
      (setting.model, setting.data) = ("", setting.data.map(Trainings.withoutFolder))
      return setting
    }
    for sample in samples { models[sample.setting.model]?.tallies[anonymous(sample.setting)] = sample.tally }
    for setting in nearest.order {
      models[setting.model]?.distances[anonymous(setting)] = nearest.distances(of: setting)
    }
    return order.compactMap { models[$0] }
  }

  /// A file's name without its ending `.h5`.
  private static func stem(_ name: String) -> String { name.hasSuffix(".h5") ? String(name.dropLast(3)) : name }
}
