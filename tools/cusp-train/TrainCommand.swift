import ArgumentParser
import Checkpoints
import Datasets
import Evaluation
import Failures
import NetworkOptions
import Networks
import Programs
import Records
import Tensors
import ToolOptions
import ToolSupport
import Training

/// Trains a network and announces the checkpoint it wrote.
@main
struct TrainCommand: EngineCommand {
  static let configuration = CommandConfiguration.tool(
    "cusp-train", abstract: "Train a network, naturally or for robustness, and write a checkpoint.",
    examples: [
      "cusp-train", "cusp-train --method pgd --epsilon 0.1 --epochs 20 --output robust.h5",
      "cusp-train --method cusp --data mnist:DIR --epochs 6 --save-every 100 --output cusp.h5",
      "cusp-train --substitute-for oracle.h5 --output surrogate.h5",
      "cusp-train --from network.pt2 --epochs 1", "cusp-train --arch network.json --epochs 5",
      "cusp-train --list-architectures",
      "cusp-train --data mnist:DIR --arch small-cnn --epochs 3 | cusp-attack --pgd | cusp-fooling-rate",
    ])

  @Option(
    help: "\(DatasetReference.choices); canvas:40: before any.", completion: .list(DatasetReference.patterns))
  var data = "digits"
  @Option(
    help: "The network by name, or a file with its definition; the default suits the images.", completion: .networks)
  var arch: ArchitectureOption?
  @Flag(help: "Only list the networks by name.") var listArchitectures = false
  @Option(help: "Train on at most the first so many images; the default is all, for a substitute 150.") var limit: Int?
  @Option(
    help: "Subtract and divide by these per channel, as in 0.49,0.48,0.45/0.20,0.20,0.20; kept in the model.",
    transform: Normalisation.typed)
  var normalise: Normalisation?
  @Option(
    help: "The model file; the default is ARCH-METHOD.h5, or ARCH-METHOD-seedN.h5 where --seed is not 0.",
    completion: .file(extensions: ["h5"]))
  var output: String?
  @Flag(help: "Write over a file of --output's name that is no model of this very run.") var force = false
  @Option(
    help: "Also keep, and announce, the model after these epochs, as in 5,10: OUTPUT's name with -epoch5.",
    transform: EpochList.typed)
  var keep: EpochList?
  @Option(help: "Also save after every so many steps of an epoch.") var saveEvery: Int?
  @Option(
    help: "Go on with the run in this model file, which says how; options beside may repeat it.",
    completion: .file(extensions: ["h5"]))
  var resume: String?
  @OptionGroup var start: StartOptions
  @OptionGroup var recipe: RecipeOptions
  @OptionGroup var substitute: SubstituteOptions
  @OptionGroup var format: FormatOptions
  @OptionGroup var engine: EngineOptions
  @Flag(help: "Keep few activations and compute the rest anew on the way back: less memory, more time, the same bytes.")
  var checkpointActivations = false
  @OptionGroup var common: CommonOptions

  func validate() throws {
    if let saveEvery, saveEvery < 1 { throw ValidationError("--save-every \(saveEvery): give 1 or more") }
    if start.from != nil, substitute.substituteFor != nil {
      throw ValidationError("--from: a substitute begins with random weights; leave it out")
    }
  }

  mutating func execute(_ context: ToolContext) throws {
    if listArchitectures { return try context.output.write(Architecture.table()) }
    let output = try RunOutput(context.output, format: format)
    let arguments = ProgramArguments.words
    let run = try origin().map { try TrainingRun(resuming: $0, arguments: arguments) } ?? TrainingRun(self)
    if recipe.printCurriculum {
      let steps = max(1, run.configuration.trainedCount(of: run.images.count) / run.configuration.batchSize)
      return try context.output.write(run.configuration.table(stepsPerEpoch: steps))
    }
    if let late = keep?.epochs.first(where: { $0 > run.configuration.epochs }) {
      throw Failure(.usage, "--keep \(late): the run has \(run.configuration.epochs) epochs; give 1 to that many")
    }
    for note in run.notes { context.diagnostics.note(note) }
    let backend = try run.engine.makeBackend(
      context.diagnostics, checkpointsActivations: checkpointActivations)
    let oracle = try run.readOracle(on: backend)
    if let oracle { context.diagnostics.note(oracle) }
    var writer = try CheckpointWriter(
      run, of: oracle?.digest, keeping: keep?.epochs ?? [], replacing: force, context,
      chosenEngine: run.engine.algorithms == nil ? nil : backend)
    let trainer = try Trainer(
      run.configuration, graph: run.graph, data: run.images, state: run.state, oracle: oracle?.inference(), on: backend)
    try output.begin(
      RunRecord(tool: context.name, version: toolVersion, arguments: arguments, seed: String(run.configuration.seed)),
      run)
    if trainer.isFinished, let checkpoint = run.resumed { try output.write(writer.conclude(checkpoint)) }
    StopRequest.watch()
    do {
      while !trainer.isFinished { try runEpoch(trainer, &writer, output, context.diagnostics) }
    } catch let failure as Failure {
      throw writer.describing(failure)
    }
  }

  private func runEpoch(
    _ trainer: Trainer, _ writer: inout CheckpointWriter, _ output: RunOutput, _ diagnostics: Diagnostics
  ) throws {
    let epochs = trainer.configuration.epochs
    var line = ProgressLine(diagnostics, label: "epoch \(trainer.epoch + 1)/\(epochs)")
    let summary = try trainer.runEpoch { summary in
      line.update(summary.fraction, summary.facts)
      let stop = StopRequest.pending
      guard stop != nil || saveEvery.map({ summary.step % $0 == 0 }) ?? false else { return }
      try writer.save(trainer.state())
      if let stop {
        let place = "epoch \(summary.epoch), step \(summary.step)"
        let isRepeatable = start.partial != nil || start.resumeOrBegin != nil
        let advice = isRepeatable ? "the same command line goes on" : "go on with --resume"
        diagnostics.note("\(stop.name) in \(place): saved; \(advice)")
        throw ExitCode(stop.exitStatus)
      }
    }
    line.finish(summary.finalText, summary.facts, isToldElsewhere: output.isForPeople)
    let record = EpochRecord(summary)
    // Told once it is saved, so that a run that goes on tells it no second time.
    let announced = try writer.save(trainer.state(), after: record)
    try output.write(record, summary)
    for checkpoint in announced { try output.write(checkpoint) }
    try output.flush()
  }

  /// How many images are taken at most; nil for all.
  var imageLimit: Int? { limit ?? (substitute.substituteFor == nil ? nil : SubstituteOptions.customarySeeds) }

  /// The model to begin with on `images`; nil where training begins with random weights.
  func startingModel(for images: LabeledImages) throws -> StartingModel? {
    try start.model(arch, normalise, for: images, seed: recipe.seed)
  }

  /// The network to train on `images`, where no file tells.
  func definition(for images: LabeledImages) throws -> NetworkDefinition {
    let architecture = arch ?? .named(.customary(for: images.imageShape.sizes))
    return try architecture.definition(for: images, preprocessing: normalise?.preprocessing)
  }
}
