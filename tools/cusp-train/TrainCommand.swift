import ArgumentParser
import Checkpoints
import Datasets
import Evaluation
import Failures
import NetworkOptions
import Networks
import Programs
import Ranks
import Records
import Tensors
import ToolOptions
import ToolSupport
import Training

/// Trains a network and announces the checkpoint it wrote.
@main
struct TrainCommand: EngineCommand {
  static var isSpeaker: Bool { Launch.isSpeaker }

  static let configuration = CommandConfiguration.tool(
    "cusp-train", abstract: "Train a network, naturally or for robustness, and write a checkpoint.",
    examples: [
      "cusp-train", "cusp-train --method pgd --epsilon 0.1 --epochs 20 --output robust.h5",
      "cusp-train --method cusp --data mnist:DIR --epochs 6 --save-every 100 --output cusp.h5",
      "cusp-train --substitute-for oracle.h5 --output surrogate.h5",
      "cusp-train --from network.pt2 --epochs 1", "cusp-train --arch network.json --epochs 5",
      "mpirun -n 4 cusp-train --data mnist:DIR --threads 2", "cusp-train --list-architectures",
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
    if listArchitectures { return try Self.isSpeaker ? context.output.write(Architecture.table()) : () }
    let ranks = try RankGroup.launched()
    try ranks.run(context.diagnostics) {
      try ranks.requirePowerOfTwo()
      let context = ranks.isFirst ? context : try context.silenced()
      guard let job = try ranks.together({ try makeJob(among: ranks, context) }) else { return }
      try ranks.requireSame(
        job.run.fingerprint, "settings", advice: "give all the same files and options, --threads among them")
      try job.train(
        RunRecord(
          tool: context.name, version: toolVersion, arguments: ProgramArguments.words,
          seed: String(job.run.configuration.seed)))
    }
  }

  /// What the options come to, ready to begin; nil where the curriculum was to be printed.
  private mutating func makeJob(among ranks: RankGroup, _ context: ToolContext) throws -> TrainingJob? {
    let output = try RunOutput(context.output, format: format)
    let origin = try origin()
    if origin == nil { try adapt(to: ranks) }
    let run =
      try origin.map { try TrainingRun(resuming: $0, arguments: ProgramArguments.words) } ?? TrainingRun(self)
    if recipe.printCurriculum {
      let steps = max(1, run.configuration.trainedCount(of: run.images.count) / run.configuration.batchSize)
      try context.output.write(run.configuration.table(stepsPerEpoch: steps))
      return nil
    }
    if let late = keep?.epochs.first(where: { $0 > run.configuration.epochs }) {
      throw Failure(.usage, "--keep \(late): the run has \(run.configuration.epochs) epochs; give 1 to that many")
    }
    let threads = run.engine.threadCount
    let launchNotes = ranks.notes(.current, threads: threads, allowed: Cores.allowed, cores: Cores.count)
    for note in run.notes + launchNotes { context.diagnostics.note(note) }
    let backend = try run.engine.makeBackend(context.diagnostics, checkpointsActivations: checkpointActivations)
    let oracle = try run.readOracle(on: backend)
    if let oracle { context.diagnostics.note(oracle) }
    let writer =
      ranks.isFirst
      ? try CheckpointWriter(
        run, of: oracle?.digest, keeping: keep?.epochs ?? [], replacing: force, context,
        chosenEngine: run.engine.algorithms == nil ? nil : backend) : nil
    ranks.sumsInAnyOrder = run.sumsInAnyOrder
    let trainer = try Trainer(
      run.configuration, graph: run.graph, data: run.images, state: run.state, oracle: oracle?.inference(),
      among: ranks, on: backend)
    let isRepeatable = start.partial != nil || start.resumeOrBegin != nil
    return TrainingJob(
      ranks: ranks, context: context, run: run, trainer: trainer, output: output, writer: writer, saveEvery: saveEvery,
      advice: isRepeatable ? "the same command line goes on" : "go on with --resume")
  }

  /// Cuts batches into as many shards as there are `ranks`, unless a number of them is given.
  private mutating func adapt(to ranks: RankGroup) throws {
    if ranks.isAlone, let option = recipe.descent.optionOfSeveralRanks {
      throw Failure(.usage, "\(option), and there is one; start more by mpirun, or leave it out")
    }
    if recipe.descent.accumulate == nil { recipe.descent.accumulate = ranks.count }
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
