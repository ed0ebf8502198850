import ArgumentParser
import Evaluation
import Failures
import Records
import ToolOptions
import ToolSupport

/// What goes on from model to model.
struct Trial {
  let context: ToolContext
  /// The model that is attacked in place of each; nil where each is attacked itself.
  let surrogate: LoadedModel?
  /// What an earlier run left.
  let earlier: EarlierRecords?
  var files: PredictionFiles?
  var run: PredictionRun
  var report: ScoreReport
  /// How often something failed.
  var failures = 0
}

extension EvaluateCommand {
  /// Has `model` answer, and hands on what comes of it.
  func evaluate(_ model: LoadedModel, _ trial: inout Trial) throws {
    let (context, surrogate) = (trial.context, trial.surrogate)
    if trial.files?.isEmpty == false {
      throw Failure(.usage, "--save-predictions takes one model, stdin announced more; name one of them")
    }
    // What a record announced is known only now.
    let check = { try context.checkOutput($0, reading: model.paths + data.files(modelData: model.data)) }
    try trial.files?.check(spatial, epsilon, check)
    let source = try Predictions(
      of: model, under: attacks(on: model, from: surrogate), from: surrogate,
      after: spatial.transformations(seed: attack.seed ?? 0),
      batchSize: batchSize, withLogits: logits, reuses: attack.reuse, algorithms: engine.algorithms,
      lookUp: PredictionRun.stopIfAsked, trace: { try context.output.write($0) })
    if !writesPredictions, let scores = try trial.run.scores(of: source, after: trial.earlier) {
      try trial.report.add(model.path, scores, to: context.output)
      trial.failures += scores.reduce(0) { $0 + $1.tally.failed }
    } else {
      try answer(source, check, &trial)
    }
    if watch.diagnose {
      let signs = try trial.run.diagnosis(
        of: model, under: attack.settings(of: name, epsilon: epsilon),
        isForPeople: !writesPredictions && layout(for: context.output) != .ndjson, after: trial.earlier)
      trial.failures += signs
    }
  }

  /// Goes through the images, and hands the names of new files to `check`.
  private func answer(_ source: Predictions, _ check: (String) throws -> Void, _ trial: inout Trial) throws {
    let output = trial.context.output
    var (fold, faults) = (FoolingRateFold(), PaperFaults(of: source))
    var rate = attack.like.flatMap(ConventionRate.init)
    var files = trial.files
    let failed = try trial.run.records(source, after: writesPredictions ? trial.earlier : nil) { record in
      if writesPredictions { try output.write(record) } else { try fold.add(record) }
      try files?.add(record, check)
      rate?.add(record)
      faults?.add(record)
    }
    trial.files = files
    trial.failures += failed
    if !writesPredictions { try trial.report.add(source.model.path, fold.scores, to: output) }
    for line in rate?.lines ?? [] { trial.context.diagnostics.note(line) }
    try faults.map { try trial.run.tell($0, of: source) }
  }

  /// The untouched images, or the attacks at every budget.
  func attacks(on model: LoadedModel, from source: LoadedModel?) throws -> [NamedAttack?] {
    guard isAttacked else { return [nil] }
    let attacks =
      try one.attacks(attack, epsilon: epsilon, data: data, on: source ?? model)
      ?? attack.attacks(name, epsilon: epsilon, for: model, drawsPoses: spatial.drawsPoses)
    return attacks.map {
      var attack = $0
      attack.isTraced = watch.trace
      return attack
    }
  }

  /// Refuses what cannot go on with records, or is none.
  func refuseBesideEarlier() throws {
    guard earlier.resume != nil else { return }
    try earlier.refuseOthers(models)
    if cards.card { throw ValidationError("--card: takes times, which are others every time; leave out --resume") }
    if compare { throw ValidationError("--compare prints a table, and --resume goes on with records; take one") }
    if let chosen = format.chosen, chosen != .ndjson {
      throw ValidationError("--format \(chosen.rawValue): --resume goes on with records; leave it out")
    }
    if savePredictions != nil, !writesPredictions {
      throw ValidationError("--save-predictions: scores that are there tell no predictions; add --predictions")
    }
  }
}
