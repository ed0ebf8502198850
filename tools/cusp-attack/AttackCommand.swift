import ArgumentParser
import Attacks
import Datasets
import Evaluation
import Failures
import Records
import ToolOptions
import ToolSupport

/// Attacks the images of a data set on every model it is given; a prediction record an image.
@main
struct AttackCommand: EngineCommand {
  static let configuration = CommandConfiguration.tool(
    "cusp-attack", abstract: "Attack a model and record its predictions before and after.",
    examples: [
      "cusp-train | cusp-attack --pgd | cusp-fooling-rate", "cusp-attack model.h5 --pgd --epsilon 8/255 --limit 1000",
      "cusp-attack model.h5 --fgsm --norm l2 --epsilon 0.5 --target 3",
      "cusp-attack model.h5 --epsilon 8/255 --save set.npz --quantise", "cusp-attack model.h5 --pgd --rotation 30",
      "cusp-attack model.h5 --data folder:DIR --save NEW-DIR --as png",
      "cusp-attack model.h5 --spatial --rotation 0:180:15 --translation 2",
      "cusp-attack model.h5 --spatial --rotation 30 --translation 3 --grid 5x5x31",
      "cusp-attack model.h5 --pgd --rotation 30 --worst-of 10", "cusp-attack model.h5 --pgd --source surrogate.h5",
      "cusp-attack model.h5 --like foolbox --epsilon 8/255",
      "cusp-attack model.h5 --autoattack --shard 3/8 --resume part-3.ndjson >> part-3.ndjson",
    ])

  @OptionGroup var models: ModelOptions
  @Flag(help: "Which attack.") var name: AttackName?
  @OptionGroup var one: UniversalOptions
  @Flag(help: "Only list the attacks, with what can be set of each.") var list = false
  @Flag(help: "No attack: only turn and move the images, by --rotation and --translation.") var spatial = false
  @Option(
    help:
      "Budgets in pixel units, as in 0.3 or 2/255,8/255; the default is 0.3 for one-channel images, 8/255 for colour.",
    transform: NumberList.typed)
  var epsilon: NumberList?
  @OptionGroup var poses: SpatialOptions
  @OptionGroup var attack: AttackOptions
  @OptionGroup var data: DataOptions
  @Option(help: "Images taken at once; changes memory and speed, never a record.") var batchSize: Int?
  @Flag(help: "Add the logits of the perturbed image to every record.") var logits = false
  @OptionGroup var saving: SaveOptions
  @OptionGroup var earlier: ResumeOptions
  @OptionGroup var watch: WatchOptions
  @OptionGroup var format: FormatOptions
  @OptionGroup var engine: EngineOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    try one.refuseOthers(attack, name: name)
    if one.universal, spatial {
      throw ValidationError("--universal is an attack of its own: leave out --spatial")
    }
    try watch.refuseOthers(attack, one: one, epsilon: epsilon)
    if let batchSize, batchSize < 1 { throw ValidationError("--batch-size \(batchSize): give 1 or more") }
    try earlier.refuseOthers(models, saving: saving)
    try saving.refuseOthers(
      attack, poses, isSeveral: models.models.count > 1 || (epsilon?.numbers.count ?? 1) * poses.count > 1)
    if poses.poseSteps != nil, !spatial {
      throw ValidationError("--pose-steps climbs to poses without an attack: add --spatial")
    }
    if let chosen = format.chosen, chosen != .ndjson, let option = recordOption {
      throw ValidationError("--format \(chosen.rawValue): is a summary, \(option) is of records; take one")
    }
    guard spatial else { return }
    try watch.refuseWithoutAttack("--spatial only turns and moves; leave it out")
    try saving.refuseWithoutAttack(poses)
    guard name == nil, epsilon == nil else {
      throw ValidationError("--spatial only turns and moves: leave out --epsilon and the attack's name")
    }
    if let setting = attack.given.first {
      throw ValidationError("\(setting) is of an attack, and --spatial only turns and moves: leave one of them out")
    }
    guard poses.isGiven else { throw ValidationError("--spatial: by how much? give --rotation or --translation") }
    try attack.refuseIdleSeed(drawsPoses: poses.drawsPoses)
  }

  func execute(_ context: ToolContext) throws {
    if list { return try context.output.write(AttackCatalogue.table) }
    let inputs = models.files + (attack.source.map { [$0] } ?? []) + poses.corruption.files
    try saving.check(context, reading: inputs + data.files())
    let earlier = try earlier.open(context)
    let backend = try engine.makeBackend(context.diagnostics)
    let source = try attack.loadSource(context, on: backend)
    var (failures, isSaved) = (0, false)
    let format = recordOption == nil ? format.format(for: context.output) : .ndjson
    var fold = FoolingRateFold()
    var run = PredictionRun(context, label: label, on: ImageSource(data))
    try models.forEach(
      context, on: backend,
      check: { model in try run.check(model, under: one.universal ? [] : attacks(on: model, from: source)) },
      { model in
        if let save = saving.save, isSaved {
          throw Failure(.usage, "--save takes one model, stdin announced more; \(save) holds the first one's images")
        }
        // What a record announced is known only now.
        try saving.check(context, reading: model.paths + data.files(modelData: model.data))
        let predictions = try Predictions(
          of: model, under: attacks(on: model, from: source), from: source,
          after: poses.transformations(seed: attack.seed ?? 0),
          batchSize: batchSize, withLogits: logits, reuses: attack.reuse, algorithms: engine.algorithms,
          lookUp: PredictionRun.stopIfAsked, trace: { try context.output.write($0) })
        var (rate, faults) = (attack.like.flatMap(ConventionRate.init), PaperFaults(of: predictions))
        failures += try run.records(predictions, savedTo: saving.file, after: earlier) {
          rate?.add($0)
          faults?.add($0)
          if format == .ndjson { try context.output.write($0) } else { try fold.add($0) }
        }
        for line in rate?.lines ?? [] { context.diagnostics.note(line) }
        try faults.map { try run.tell($0, of: predictions) }
        isSaved = true
        if watch.diagnose {
          failures += try run.diagnosis(
            of: model, under: attack.settings(of: name, epsilon: epsilon), isForPeople: format != .ndjson,
            after: earlier)
        }
      })
    try earlier?.finish()
    if format != .ndjson {
      let rates = fold.records
      try context.output.write(
        rates, as: format, text: FoolingRateTable.text(rates, within: context.output.columns))
    }
    try PredictionRun.stopIfAsked()
    if watch.strict && failures > 0 { throw ExitCode(1) }
  }

  /// The option that asks for records; nil where a summary says all.
  private var recordOption: String? { logits ? "--logits" : watch.trace ? "--trace" : earlier.option }

  /// What progress is of.
  private var label: String {
    if spatial { return "spatial" }
    return one.universal ? "universal" : name?.rawValue ?? attack.like?.attack.name ?? "pgd"
  }

  /// The attacks at every budget, or none where images are only turned and moved.
  private func attacks(on model: LoadedModel, from source: LoadedModel?) throws -> [NamedAttack?] {
    if spatial { return [nil] }
    let attacks =
      try one.attacks(attack, epsilon: epsilon, data: data, on: source ?? model)
      ?? attack.attacks(name, epsilon: epsilon, for: model, drawsPoses: poses.drawsPoses)
    return attacks.map {
      var attack = $0
      (attack.isQuantised, attack.isTraced) = (saving.isQuantised, watch.trace)
      return attack
    }
  }
}
