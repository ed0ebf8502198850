import ArgumentParser
import Evaluation
import Failures
import Records
import ToolOptions
import ToolSupport

/// Scores models on clean, turned and moved, and attacked images, at lists of budgets.
@main
struct EvaluateCommand: EngineCommand {
  static let configuration = CommandConfiguration.tool(
    "cusp-evaluate", abstract: "Measure a model's accuracy on clean, turned and attacked images.",
    examples: [
      "cusp-evaluate model.h5", "cusp-evaluate natural.h5 pgd.h5 --epsilon 0.1,0.2,0.3 --compare",
      "cusp-evaluate cusp.h5 --rotation 0:180:15", "cusp-evaluate cusp.h5 --rotation 30 --epsilon 8/255",
      "cusp-evaluate --card pgd.h5 > pgd.ndjson && cusp-evaluate --compare pgd.ndjson cusp.ndjson",
      "cusp-evaluate model.h5 --predictions --logits | jq .logits",
      "cusp-evaluate model.h5 --epsilon 8/255 --save-predictions pgd_8.npy",
      "cusp-evaluate model.h5 --autoattack --predictions --resume part.ndjson >> part.ndjson",
    ])

  @OptionGroup var models: ModelOptions
  @Flag(help: "Which attack.") var name: AttackName?
  @OptionGroup var one: UniversalOptions
  @Option(
    help:
      "Attack with each of these budgets in pixel units, as in 0,2/255,8/255; an attack named without takes the customary one.",
    transform: NumberList.typed)
  var epsilon: NumberList?
  @OptionGroup var spatial: SpatialOptions
  @OptionGroup var attack: AttackOptions
  @OptionGroup var data: DataOptions
  @Flag(help: "Print one table with a row a model, or a card in a file, and a column a setting.") var compare = false
  @Flag(help: "Write prediction records instead of scores.") var predictions = false
  @Flag(help: "Add the logits to every prediction record; implies --predictions.") var logits = false
  @Option(
    help:
      "Also write the predicted classes, int64, to this .npy file; takes one model, and one setting or a name with {rotation}, {translation} or {epsilon}.",
    completion: .file(extensions: ["npy"]))
  var savePredictions: String?
  @Option(help: "Images taken at once; changes memory and speed, never a result.") var batchSize: Int?
  @OptionGroup var cards: CardOptions
  @OptionGroup var earlier: ResumeOptions
  @OptionGroup var watch: WatchOptions
  @OptionGroup var format: FormatOptions
  @OptionGroup var engine: EngineOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    if let batchSize, batchSize < 1 { throw ValidationError("--batch-size \(batchSize): give 1 or more") }
    if compare, writesPredictions {
      throw ValidationError("--compare prints scores, --predictions, --logits and --trace print records; take one")
    }
    if format.chosen == .ndjson, compare {
      throw ValidationError("--format ndjson: --compare prints a table; take one")
    }
    if let chosen = format.chosen, chosen != .ndjson, writesPredictions {
      throw ValidationError("--format \(chosen.rawValue): predictions are records; leave it out")
    }
    try refuseBesideEarlier()
    try files?.refuseSeveral(models: models.models.count, spatial, epsilon)
    if isAttacked, spatial.poseSteps != nil {
      throw ValidationError("--pose-steps climbs to poses without an attack: leave out --pose-steps or the attack")
    }
    if cards.card { return try refuseBesideCard() }
    try one.refuseOthers(attack, name: name)
    try watch.refuseOthers(attack, one: one, epsilon: epsilon)
    guard !isAttacked else { return }
    try watch.refuseWithoutAttack("there is none; name one, or give --epsilon")
    try attack.refuseIdleSeed(drawsPoses: spatial.drawsPoses)
  }

  func execute(_ context: ToolContext) throws {
    if cards.card { return try writeCards(context) }
    if try compare && compareCards(context) { return }
    let inputs = models.files + (attack.source.map { [$0] } ?? []) + spatial.corruption.files + earlier.files
    try files?.check(spatial, epsilon) { try context.checkOutput($0, reading: inputs + data.files()) }
    let earlier = try earlier.open(context)
    let backend = try engine.makeBackend(context.diagnostics)
    let surrogate = try attack.loadSource(context, on: backend)
    var trial = Trial(
      context: context, surrogate: surrogate, earlier: earlier, files: files,
      run: PredictionRun(context, label: "evaluate", on: ImageSource(data)),
      report: ScoreReport(format: layout(for: context.output), compares: compare))
    do {
      try models.forEach(
        context, on: backend,
        check: { try trial.run.check($0, under: one.universal ? [] : attacks(on: $0, from: surrogate)) },
        { try evaluate($0, &trial) })
      try earlier?.finish()
      try PredictionRun.stopIfAsked()
    } catch {
      // The models before are still worth a table.
      try? trial.report.finish(to: context.output)
      throw error
    }
    try trial.files?.write()
    try trial.report.finish(to: context.output)
    if watch.strict && trial.failures > 0 { throw ExitCode(1) }
  }

  private var files: PredictionFiles? { savePredictions.map(PredictionFiles.init) }

  var writesPredictions: Bool { predictions || logits || watch.trace }

  /// Whether anything on the command line is of an attack.
  var isAttacked: Bool { name != nil || one.universal || epsilon != nil || !attack.given.isEmpty }

  /// How scores are written: a comparison as a table unless something else is asked for, what is gone on with as records.
  func layout(for output: StandardOutput) -> OutputFormat {
    if earlier.resume != nil { return .ndjson }
    return compare ? format.chosen ?? .text : format.format(for: output)
  }
}
