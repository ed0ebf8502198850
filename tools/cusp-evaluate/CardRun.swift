import ArgumentParser
import Datasets
import Evaluation
import Failures
import Records
import ToolOptions
import ToolSupport

/// The option of a card.
struct CardOptions: ParsableArguments {
  @Flag(
    help:
      "Try all that is customary, at its budgets: natural, corruptions, poses, AutoAttack, poses and PGD; one record a model."
  )
  var card = false
}

extension EvaluateCommand {
  /// Refuses what a card would not heed.
  func refuseBesideCard() throws {
    guard cards.card else { return }
    let others = [
      ("an attack", isAttacked), ("--rotation, --translation and --grid", spatial.isGiven || spatial.search != nil),
      ("--corruption", spatial.corruption.corruption != nil),
      ("--predictions, --logits and --trace", writesPredictions), ("--save-predictions", savePredictions != nil),
      ("--diagnose", watch.diagnose),
    ]
    if let other = others.first(where: \.1) {
      throw ValidationError("--card has attacks, poses and corruptions of its own: leave out \(other.0)")
    }
  }

  /// Writes the table of the cards that are named in place of models; false where there are none.
  func compareCards(_ context: ToolContext) throws -> Bool {
    guard let cards = try CardComparison(filesAt: models.files, context) else { return false }
    try cards.write(to: context.output, as: layout(for: context.output))
    return true
  }

  /// Writes a card a model: records, or a page each; with `--compare` one table.
  func writeCards(_ context: ToolContext) throws {
    let backend = try engine.makeBackend(context.diagnostics)
    var images = ImageSource(data)
    var (failures, cards) = (0, [CardRecord]())
    let isPage = format.format(for: context.output) == .text
    try models.forEach(context, on: backend, check: { _ = try images.selection(for: $0) }) { model in
      let plan = try CardPlan(of: model, seed: attack.seed ?? 0)
      let selection = try images.selection(for: model)
      var card = CardRecord(
        model: model.digest, path: model.path, data: selection.data, split: selection.images.split.rawValue,
        total: selection.total, parts: [], notRun: plan.notRun)
      for part in plan.parts {
        var run = PredictionRun(context, label: "card, \(part.name):", on: ImageSource(data))
        let start = ContinuousClock.now
        var fold = FoolingRateFold()
        let predictions = try Predictions(
          of: model, under: [part.attack], after: part.transformations, batchSize: batchSize,
          algorithms: engine.algorithms, lookUp: PredictionRun.stopIfAsked)
        failures += try run.records(predictions) { try fold.add($0) }
        let seconds = ((ContinuousClock.now - start) / .milliseconds(1)).rounded() / 1000
        card.parts.append(.init(name: part.name, scores: fold.scores, seconds: seconds))
      }
      if compare {
        cards.append(card)
      } else if isPage {
        try context.output.write(CardPage(card).text)
      } else {
        try context.output.write(card)
      }
      try context.output.flush()
    }
    if compare { try CardComparison(cards).write(to: context.output, as: layout(for: context.output)) }
    if watch.strict && failures > 0 { throw ExitCode(1) }
  }
}
