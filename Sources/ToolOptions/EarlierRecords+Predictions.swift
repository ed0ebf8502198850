import Datasets
import Evaluation
import Failures
import Records
import ToolSupport

extension EarlierRecords {
  /// Hands the records of whole images that are there to `body`, in the order in which `predictions` of `selection` come, and
  /// what else is written of these images to the output.
  ///
  /// - Returns: How many images there are; unless it is all, this run goes on behind them.
  /// - Throws: `Failure` where the records are of another run, and whatever `body` throws.
  func predictions(
    _ predictions: Predictions, of selection: ImageSelection, _ body: (PredictionRecord) throws -> Void
  ) throws -> Int {
    let images = selection.images
    let settings = try predictions.imageSettings(in: selection).map { try asRead($0) }
    var done = 0
    while done < images.count {
      let first = images.indices.lowerBound + done
      let count = min(predictions.joinedImages, images.count - done)
      guard let entries = try entries(of: first..<first + count, settings, predictions, selection) else {
        let types = [PredictionRecord.type] + (predictions.isTraced ? [TraceRecord.type] : [])
        try goOn(with: types.map { head($0, predictions.model) })
        break
      }
      for entry in entries {
        for trace in entry.traces { try output.write(trace) }
        try body(entry.prediction)
      }
      done += count
      try PredictionRun.stopIfAsked()
    }
    return done
  }

  /// A prediction with the points on the attack's way there.
  private typealias Entry = (traces: [TraceRecord], prediction: PredictionRecord)

  /// The records of the images at `indices`; nil where they are not all there.
  private func entries(
    of indices: Range<Int>, _ settings: [Setting], _ predictions: Predictions, _ selection: ImageSelection
  ) throws -> [Entry]? {
    var entries: [Entry] = []
    for index in indices {
      let label = selection.images.label(of: index)
      for setting in settings {
        var traces: [TraceRecord] = []
        while predictions.isTraced, try next()?.type == TraceRecord.type {
          let trace = try take(TraceRecord.self)
          try check((trace.setting, trace.index, trace.label), (setting, index, label))
          traces.append(trace)
        }
        guard let record = try next() else { return nil }
        try check(record, PredictionRecord.type)
        let prediction = try take(PredictionRecord.self)
        try check((prediction.setting, prediction.index, prediction.label), (setting, index, label))
        guard (prediction.logits != nil) == predictions.recordsLogits else {
          let words = predictions.recordsLogits ? "left out there, and asked for" : "there, and not asked for"
          throw Failure(.usage, "\(name): `logits` are \(words)\(Self.advice)")
        }
        entries.append((traces, prediction))
      }
    }
    return entries
  }

  /// The scores of `predictions` of `selection`; nil where they are not all there, and this run goes on before them.
  ///
  /// - Throws: `Failure` where the records are of another run.
  func scores(of predictions: Predictions, _ selection: ImageSelection) throws -> [ScoreRecord]? {
    let count = selection.images.count
    let all = try predictions.imageSettings(in: selection).map { try asRead($0) }
    var scores: [ScoreRecord] = []
    // A setting that comes twice is scored once, and none is where there are no images.
    for setting in all.reduce(into: [Setting](), { if count > 0, !$0.contains($1) { $0.append($1) } }) {
      guard let record = try next() else {
        try goOn(with: [head(ScoreRecord.type, predictions.model)])
        return nil
      }
      try check(record, ScoreRecord.type)
      let score = try take(ScoreRecord.self)
      try check(score.setting, setting)
      guard score.tally.count == count else {
        throw Failure(.usage, "\(name): `count` is \(score.tally.count) there, not \(count)\(Self.advice)")
      }
      scores.append(score)
    }
    return scores
  }

  /// The diagnosis of an attack on `model`; nil where it is not there, and this run goes on with it.
  ///
  /// - Throws: `Failure` where another record is in its place.
  func diagnosis(of model: LoadedModel) throws -> DiagnosisRecord? {
    guard let record = try next() else {
      try goOn(with: [head(DiagnosisRecord.type, model)])
      return nil
    }
    try check(record, DiagnosisRecord.type)
    let diagnosis = try take(DiagnosisRecord.self)
    guard diagnosis.setting.model == model.digest else { throw other(record) }
    return diagnosis
  }

  // MARK: - What is expected

  private static let advice = "; give what it was begun with"

  /// How a record of `type` of the model begins.
  private func head(_ type: String, _ model: LoadedModel) -> [UInt8] {
    Array(#"{"type":"\#(type)","v":1,"model":"\#(model.digest)","#.utf8)
  }

  /// A setting as it comes back from a record, where a number without a fraction is a whole one.
  private func asRead(_ setting: Setting) throws -> Setting {
    let record = PredictionRecord(setting: setting, index: 0, label: 0, natural: 0, perturbed: 0, distance: 0)
    return try PredictionRecord(json: JSON(parsing: record.line)).setting
  }

  /// Refuses a record of another type than `type`.
  private func check(_ record: StreamRecord, _ type: String) throws { if record.type != type { throw other(record) } }

  private func other(_ record: StreamRecord) -> Failure {
    Failure(.usage, "\(name): line \(record.line): a \(record.type) record, which this run does not write there")
  }

  /// Refuses another setting than the one whose turn it is.
  private func check(_ found: Setting, _ expected: Setting) throws {
    guard found != expected else { return }
    let words = found.difference(from: expected)?.text(" there") ?? "line \(line) orders its settings otherwise"
    throw Failure(.usage, "\(name): \(words)\(Self.advice)")
  }

  /// Refuses a record of another setting or image than those whose turn it is.
  private func check(
    _ found: (setting: Setting, index: Int, label: Int), _ expected: (setting: Setting, index: Int, label: Int)
  ) throws {
    try check(found.setting, expected.setting)
    guard found.index == expected.index else {
      let words = "image \(found.index), and image \(expected.index) is to come: the records are of another --shard"
      throw Failure(.usage, "\(name): line \(line): \(words)")
    }
    guard found.label == expected.label else {
      let words = "image \(found.index) is of class \(found.label) there, of \(expected.label) here: other data"
      throw Failure(.usage, "\(name): line \(line): \(words)")
    }
  }
}
