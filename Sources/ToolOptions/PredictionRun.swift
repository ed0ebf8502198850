import ArgumentParser
import Datasets
public import Evaluation
import Failures
public import Records
public import SavedSets
public import ToolSupport

/// Has models answer for images, hands on what is known at once, and tells people how far it is and what went wrong.
public struct PredictionRun {
  private let context: ToolContext
  private let label: String
  private var images: ImageSource
  private var isWatching = false
  private var told: Set<String> = []

  /// A run on `images` of a program whose progress starts with `label`.
  public init(_ context: ToolContext, label: String, on images: ImageSource) {
    (self.context, self.label, self.images) = (context, label, images)
  }

  /// Ends the program, by throwing its status, when a signal asks for it; what is written then ends with a whole record.
  public static func stopIfAsked() throws {
    if let stop = StopRequest.pending { throw ExitCode(stop.exitStatus) }
  }

  /// Refuses a model that the images do not fit, and tells, once, of budgets that the steps of `attacks` do not reach.
  ///
  /// - Throws: `Failure` when the images cannot be read or are none for the model.
  public mutating func check(_ model: LoadedModel, under attacks: [NamedAttack?]) throws {
    _ = try images.selection(for: model)
    guard let line = attacks.compactMap(\.self).shortfall, told.insert(line).inserted else { return }
    context.diagnostics.note(line)
  }

  /// Hands the records of `predictions` of the images to `body`, and what that writes to the next program after every
  /// batch.
  ///
  /// - Parameters:
  ///   - file: Where the images are saved as well, once all are there.
  ///   - earlier: What an earlier run left: its records come first, and their images are not gone through again.
  /// - Returns: How many records say that something failed.
  /// - Throws: `Failure` when the engine fails or the earlier run was another one, `ExitCode` when a signal came, and
  ///   whatever `body` throws.
  @discardableResult
  public mutating func records(
    _ predictions: Predictions, savedTo file: SavedSetFile? = nil, after earlier: EarlierRecords? = nil,
    _ body: (PredictionRecord) throws -> Void
  ) throws -> Int {
    let selection = try images.selection(for: predictions.model)
    let (name, count) = (selection.images.name, selection.images.count)
    var progress = ProgressLine(context.diagnostics, label: "\(label) \(name)")
    var (flaws, tally) = (PredictionFlaws(), Tally())
    func take(_ record: PredictionRecord) throws {
      flaws.add(record)
      tally.add(record)
      try body(record)
    }
    // A signal while the program waits for its first model ends it at once.
    if !isWatching { StopRequest.watch() }
    isWatching = true
    let done = try earlier?.predictions(predictions, of: selection, take) ?? 0
    progress.earlierImages = done
    if let earlier, done > 0 { context.diagnostics.note("\(earlier.name): \(done) of \(count) images are there") }
    if let file {
      guard !file.isQuantised || selection.images.haveEightBits else {
        throw Failure(.usage, "\(name): pixels between 8-bit levels cannot be quantised; leave that out")
      }
      try file.write(selection.images) { append in
        try predictions.forEachImage(in: selection, progress: { try tell($0, of: count, tally, on: &progress) }) {
          record, image in
          try take(record)
          try append(image)
        }
      }
    } else if done < count {
      try predictions.forEach(
        in: selection.dropFirst(done), progress: { try tell(done + $0, of: count, tally, on: &progress) }, take)
    }
    progress.finish(
      "\(NumberText.count(count, "image")), \(NumberText.count(predictions.settingCount, "setting"))",
      ProgressFacts(images: count, accuracy: tally.count == 0 ? nil : tally.accuracy))
    for line in flaws.lines { context.diagnostics.note("\(label) \(name): \(line)") }
    return flaws.failed
  }

  /// Shows how many images are done, hands on their records, and ends the program if a signal asks for it.
  private func tell(_ done: Int, of count: Int, _ tally: Tally, on progress: inout ProgressLine) throws {
    progress.update(images: done, of: count, accuracy: tally.count == 0 ? nil : tally.accuracy)
    try context.output.flush()
    try Self.stopIfAsked()
  }
}

extension Tally {
  /// Counts the image of `record`.
  fileprivate mutating func add(_ record: PredictionRecord) {
    add(label: record.label, natural: record.natural, perturbed: record.perturbed)
  }
}

extension PredictionRun {
  /// Attacks the images of `predictions` again as the paper's code was meant to, and tells people what its faults do.
  ///
  /// - Throws: as `records(_:savedTo:_:)`.
  public mutating func tell(_ faults: PaperFaults, of predictions: Predictions) throws {
    guard !context.diagnostics.isQuiet else { return }
    var faults = faults
    try records(predictions.asMeant()) { faults.addMeant($0) }
    for line in faults.lines { context.diagnostics.note(line) }
  }

  /// The scores of `predictions` that an earlier run left; nil where they are still to be made.
  ///
  /// - Throws: `Failure` when that was another run.
  public mutating func scores(
    of predictions: Predictions, after earlier: EarlierRecords?
  ) throws -> [ScoreRecord]? {
    try earlier?.scores(of: predictions, images.selection(for: predictions.model))
  }

  /// Tells people what variations of the attack that `settings` describe show of it on the first images, and writes it
  /// unless it `isForPeople` alone.
  ///
  /// - Parameter earlier: What an earlier run left, from which it is taken if it is there.
  /// - Returns: How many signs speak against the attack.
  /// - Throws: `Failure` when the attack has no budget or the engine fails.
  public mutating func diagnosis(
    of model: LoadedModel, under settings: AttackSettings, isForPeople: Bool = false,
    after earlier: EarlierRecords? = nil
  ) throws -> Int {
    let record =
      try earlier?.diagnosis(of: model)
      ?? Diagnosis(of: model, under: settings).record(of: images.selection(for: model))
    if isForPeople {
      context.diagnostics.note(
        "\(label): \(NumberText.count(record.count, "image")): \(record.indicators.count) signs looked at")
    } else {
      try context.output.write(record)
    }
    let signs = record.indicators.filter(\.fires)
    for sign in signs {
      let figures = "\(NumberText.significant(sign.value)), above \(NumberText.significant(sign.threshold))"
      context.diagnostics.note("\(label): \(sign.name) \(figures): \(sign.advice)")
    }
    return signs.count
  }
}
