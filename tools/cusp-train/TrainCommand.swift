import ArgumentParser
import Checkpoints
import Datasets
import Failures
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
    "cusp-train", abstract: "Train a network, natural or adversarially, and write a checkpoint.",
    examples: [
      "cusp-train", "cusp-train --method pgd --epsilon 0.1 --epochs 20 --output robust.h5",
      "cusp-train --data mnist:DIR --arch small-cnn --epochs 3 | cusp-attack --pgd | cusp-fooling-rate",
    ])

  @Option(help: "digits, mnist:DIR, fashion:DIR, cifar10:DIR, cifar100:DIR, FILE.npz or FILE.h5.")
  var data = "digits"
  @Option(help: "The network by name; the default suits the images.") var arch: Architecture?
  @Option(help: "Train on at most the first so many images.") var limit: Int?
  @Option(help: "Subtract and divide by these per channel, as in 0.49,0.48,0.45/0.20,0.20,0.20; kept in the model.")
  var normalise: Normalisation?
  @Option(help: "The model file; the default is ARCH-METHOD.h5.") var output: String?
  @Option(help: "Also keep, and announce, the model after these epochs, as in 5,10: OUTPUT's name with -epoch5.")
  var keep: EpochList?
  @OptionGroup var recipe: RecipeOptions
  @OptionGroup var engine: EngineOptions
  @OptionGroup var common: CommonOptions

  func execute(_ context: ToolContext) throws {
    let reference = try DatasetReference(data)
    let images = try reference.load(split: .train, limit: limit)
    let definition = try definition(for: images)
    let configuration = try recipe.configuration(channels: images.imageShape[0], imageCount: images.count)
    let path = output ?? "\(definition.architecture)-\(recipe.method.rawValue).h5"
    let graph = try NetworkGraph(definition)
    let writer = try CheckpointWriter(
      output: path, keeping: keep?.epochs ?? [], graph: graph, classNames: images.classNames,
      configuration: configuration.json(data: data, limit: limit), data: reference)
    let start = TrainingState(parameters: Parameters(initializing: graph, seed: configuration.seed))
    let trainer = try Trainer(
      configuration, graph: graph, data: images, state: start, on: try engine.makeBackend(context.diagnostics))
    try context.output.write(
      RunRecord(
        tool: context.name, version: toolVersion, arguments: Array(CommandLine.arguments.dropFirst()),
        seed: String(configuration.seed)))
    try run(trainer, writer, context)
  }

  private func run(_ trainer: Trainer, _ writer: CheckpointWriter, _ context: ToolContext) throws {
    var writer = writer
    for epoch in 1...trainer.configuration.epochs {
      var line = ProgressLine(context.diagnostics, label: "epoch \(epoch)/\(trainer.configuration.epochs)")
      let summary = try trainer.runEpoch { line.update($0.fraction, $0.progressText) }
      line.finish(summary.finalText)
      let record = EpochRecord(summary)
      try context.output.write(record)
      for checkpoint in try writer.save(trainer.state(), after: record) { try context.output.write(checkpoint) }
      try context.output.flush()
    }
  }

  private func definition(for images: LabeledImages) throws -> NetworkDefinition {
    let architecture = arch ?? Architecture.customary(for: images.imageShape.sizes)
    return architecture.definition(
      imageShape: images.imageShape.sizes, classCount: images.classNames.count,
      preprocessing: normalise?.preprocessing ?? .none)
  }
}
