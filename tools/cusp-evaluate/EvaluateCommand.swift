import Archives
import ArgumentParser
import Datasets
import Failures
import Files
import Records
import ToolOptions
import ToolSupport

/// Scores models: untouched, turned and moved, and under attack, at lists of budgets.
@main
struct EvaluateCommand: EngineCommand {
  static let configuration = CommandConfiguration.tool(
    "cusp-evaluate", abstract: "Measure a model's accuracy: untouched, turned and attacked.",
    examples: [
      "cusp-evaluate model.h5", "cusp-evaluate natural.h5 pgd.h5 --epsilon 0.1,0.2,0.3 --compare",
      "cusp-evaluate cusp.h5 --rotation 0:180:15", "cusp-evaluate cusp.h5 --rotation 30 --epsilon 8/255",
      "cusp-evaluate model.h5 --predictions --logits | jq .logits",
      "cusp-evaluate model.h5 --epsilon 8/255 --save-predictions pgd_8.npy",
    ])

  @OptionGroup var models: ModelOptions
  @Flag(help: "Which attack answers to --epsilon.") var name: AttackName = .pgd
  @Option(
    help:
      "Attack with each of these budgets in pixel units, as in 0,2/255,8/255; without any, images stay as they are.",
    transform: NumberList.typed)
  var epsilon: NumberList?
  @OptionGroup var spatial: SpatialOptions
  @OptionGroup var attack: AttackOptions
  @OptionGroup var data: DataOptions
  @Flag(help: "Print one table with a row a model and a column a setting.") var compare = false
  @Flag(help: "Write prediction records instead of scores.") var predictions = false
  @Flag(help: "Add the logits to every prediction record; implies --predictions.") var logits = false
  @Option(help: "Also write the predicted classes, int64, to this .npy file; takes one model and one setting.")
  var savePredictions: String?
  @Option(help: "Images taken at once; changes memory and speed, never a result.") var batchSize: Int?
  @OptionGroup var format: FormatOptions
  @OptionGroup var engine: EngineOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    if let batchSize, batchSize < 1 { throw ValidationError("--batch-size \(batchSize): give 1 or more") }
    if compare, predictions || logits {
      throw ValidationError("--compare prints scores, --predictions and --logits print predictions; take one")
    }
    if savePredictions != nil, models.models.count > 1 || (epsilon?.numbers.count ?? 1) * spatial.count > 1 {
      throw ValidationError("--save-predictions takes one model and one setting; name one of each")
    }
  }

  func execute(_ context: ToolContext) throws {
    try savePredictions.map { try context.checkOutput($0, reading: models.models + data.files()) }
    let backend = try engine.makeBackend(context.diagnostics)
    var report = ScoreReport(layout: layout(for: context.output))
    var classes: [Int64] = []
    try models.forEach(context, on: backend) { model in
      if savePredictions != nil, !classes.isEmpty {
        throw Failure(.usage, "--save-predictions takes one model, stdin announced more; name one of them")
      }
      // What a record announced is known only now.
      try savePredictions.map { try context.checkOutput($0, reading: [model.path] + data.files(modelData: model.data)) }
      report.call(model.digest, model.path)
      let images = try data.load(modelData: model.data)
      let attacks = try attacks(channels: model.channels)
      let source = try Predictions(
        of: model, under: attacks, after: spatial.transformations(seed: attack.seed), batchSize: batchSize,
        withLogits: logits, reuses: attack.reuse)
      var progress = ProgressLine(context.diagnostics, label: "evaluate \(images.name)")
      try source.forEach(
        in: images, progress: { progress.update(Double($0) / Double(images.count), "\($0) images") }
      ) { record in
        if predictions || logits { try context.output.write(record) }
        if savePredictions != nil { classes.append(Int64(record.perturbed)) }
        report.add(record)
      }
      progress.finish("\(images.count) images, \(source.settingCount) settings")
    }
    if let savePredictions { try writeFile(at: savePredictions, bytes: NumPyArray(classes).fileBytes) }
    if !predictions && !logits { try report.write(to: context.output) }
  }

  private func layout(for output: StandardOutput) -> ScoreReport.Layout {
    if compare { return .comparison }
    return format.format(for: output) == .text ? .table : .records
  }

  /// The untouched images, or the attacks at every budget.
  private func attacks(channels: Int) throws -> [NamedAttack?] {
    guard let epsilon else { return [nil] }
    return try attack.attacks(name, epsilon: epsilon, channels: channels)
  }
}
