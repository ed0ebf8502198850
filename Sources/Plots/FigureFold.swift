public import Failures
public import Records

/// Folds records into a figure, in memory that grows with settings and their images.
public struct FigureFold: Sendable {
  private let kind: FigureKind
  private var measurements = Measurements()
  private var minima = MinimumDistances()
  private var confusion = Confusion()
  private var runs = TrainingRuns()
  private var names = ModelNames()
  /// What error records said.
  public private(set) var errors: [String] = []

  /// A fold of no record.
  public init(_ kind: FigureKind) { self.kind = kind }

  /// Takes in the next record that `kind` has a use for, and all predictions before it where they are counted; false at
  /// the end.
  ///
  /// Records of other types are passed over; what error records say is in `errors`.
  /// - Throws: `Failure(.data)` for what is no record, or cannot be drawn, with the line's number.
  public mutating func next(_ reader: inout RecordReader) throws(Failure) -> Bool {
    while true {
      let record: StreamRecord?
      switch kind {
      case .profile, .pareto, .heatmap: record = try reader.next(counting: &measurements.predictions)
      case .curve, .training, .confusion: record = try reader.next()
      }
      guard let record else { return false }
      do {
        if try take(record) { return true }
      } catch {
        let place = "line \(record.line): "
        throw error.message.hasPrefix(place) ? error : Failure(error.kind, place + error.message)
      }
    }
  }

  /// Takes in `record`, unless it is a prediction of those that are counted; false where it is of another type.
  ///
  /// - Throws: `Failure(.data)` for what cannot be drawn.
  public mutating func add(_ record: StreamRecord) throws(Failure) -> Bool { try take(record) }

  /// Takes in what was counted elsewhere.
  ///
  /// - Throws: `Failure(.data)` for another answer under the same settings.
  public mutating func add(_ score: ScoreRecord) throws(Failure) {
    try measurements.add(Sample(setting: score.setting, tally: score.tally, missing: score.missing))
  }

  /// Takes in where the model with a digest lies.
  public mutating func add(_ checkpoint: CheckpointRecord) { names.add(checkpoint) }

  /// All that was counted, a score a setting, in the order of first appearance.
  ///
  /// - Throws: `Failure(.data)` where predictions and scores disagree.
  public var scores: [ScoreRecord] {
    get throws(Failure) {
      try measurements.samples().map { ScoreRecord(setting: $0.setting, tally: $0.tally, missing: $0.missing) }
    }
  }

  /// What people call each of `models`, by digest, all different.
  public func names(of models: [String]) -> [String: String] { names.names(of: models) }

  /// As checkpoint records name models, else as what was counted does.
  private var measuredNames: ModelNames {
    get throws(Failure) {
      var names = names
      for sample in try measurements.samples() { names.add(sample.setting) }
      return names
    }
  }

  /// Takes in `record`; false where it is of another type.
  private mutating func take(_ record: StreamRecord) throws(Failure) -> Bool {
    switch (record.type, kind) {
    case (ErrorRecord.type, _): errors.append(printable(try record.decode(ErrorRecord.self).message))
    case (CheckpointRecord.type, _):
      let checkpoint = try record.decode(CheckpointRecord.self)
      names.add(checkpoint)
      runs.end(with: checkpoint)
    case (ScoreRecord.type, .profile), (ScoreRecord.type, .pareto), (ScoreRecord.type, .heatmap):
      try add(try record.decode(ScoreRecord.self))
    case (FoolingRateRecord.type, .profile), (FoolingRateRecord.type, .pareto), (FoolingRateRecord.type, .heatmap):
      try measurements.add(try record.decode(FoolingRateRecord.self))
    case (PredictionRecord.type, .curve), (PredictionRecord.type, .confusion):
      let prediction = try record.decode(PredictionRecord.self)
      names.add(prediction.setting)
      if kind == .curve { try minima.add(prediction) } else { try confusion.add(prediction) }
    case (EpochRecord.type, .training): try runs.add(try record.decode(EpochRecord.self))
    default: return false
    }
    return true
  }

  /// Whether nothing came that a figure could be made of.
  public var isEmpty: Bool {
    get throws(Failure) {
      switch kind {
      case .profile, .pareto, .heatmap: try measurements.samples().isEmpty
      case .curve: minima.isEmpty
      case .training: runs.isEmpty
      case .confusion: confusion.isEmpty
      }
    }
  }

  /// How many records said too little to be drawn, and why; nil where there are none.
  public var leftOut: String? {
    guard kind == .curve, minima.others > 0 else { return nil }
    return
      "\(minima.others) predictions of attacks with a budget are left out: they do not say what less would have done"
  }

  /// The figure of all records so far.
  ///
  /// - Throws: `Failure` where `request` asks for what the records do not have, or they cannot be drawn together.
  public func figure(_ request: FigureRequest) throws(Failure) -> Figure {
    try request.check(for: kind)
    var figure =
      switch kind {
      case .profile:
        try Profile.figure(
          measurements.samples(), along: request.budget("--x", request.x), request.measure("--y", request.y),
          by: request.facets, names: measuredNames)
      case .heatmap:
        try BudgetGrid.figure(
          measurements.samples(), x: request.budget("--x", request.x) ?? .rotation,
          y: request.budget("--y", request.y) ?? .epsilon, request.measure("--value", request.value),
          by: request.facets, names: measuredNames)
      case .pareto:
        try Pareto.figure(
          measurements.samples(), x: request.budgetValue("--x", request.x), y: request.budgetValue("--y", request.y),
          request.measure("--value", request.value), areSeeds: request.areSeeds,
          names: measuredNames)
      case .curve: try minima.figure(request.measure("--y", request.y), by: request.facets, names: names)
      case .training: try runs.figure()
      case .confusion: try confusion.figure(by: request.facets, names: names)
      }
    figure.title = printable(request.title ?? "")
    return figure
  }
}
