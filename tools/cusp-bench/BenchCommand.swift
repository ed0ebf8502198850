// Architectures in, one benchmark record a program out:
//   cusp-bench vgg16 --program input-gradient --batch 128

public import ArgumentParser
import Benchmarks
import Failures
public import Networks
public import Records
import ToolOptions
import ToolSupport

@main
struct BenchCommand: EngineCommand {
  static let configuration = CommandConfiguration.tool(
    "cusp-bench", abstract: "Time the programs of an architecture.",
    examples: [
      "cusp-bench vgg16", "cusp-bench vgg16 resnet18 --program inference --program training --threads 2",
      "cusp-bench vgg16 --layers --format text",
      "cusp-bench small-cnn --program attack-epoch --batch 128 --images 2048",
    ],
    discussion: """
      Initial weights and made-up images; nothing is read. --program may be given several times. A gigaflop is 10^9 \
      multiplications and additions of the mathematics, each convolution computed directly.
      """)

  @Argument(
    help: ArgumentHelp("Networks by name.", valueName: "architecture"),
    completion: .list(Architecture.allCases.map(\.name)))
  var architectures: [Architecture]
  @Option(
    help: ArgumentHelp(
      "inference, input-gradient (the default; an attack's step), training (a step) or attack-epoch.",
      valueName: "program"))
  var program: [BenchmarkRecord.Program] = []
  @Option(help: "Images of a batch; the default is that of attacks, 32, or of training, 128 or 32.") var batch: Int?
  @Option(help: "Images of an attack-epoch; the default is eight batches.") var images: Int?
  @Option(help: "How often to time each program.") var repeats = 5
  @Flag(help: "Also time every call into the engine's kernels on its own.") var layers = false
  @Flag(help: "In training keep few activations and compute the rest anew, as cusp-train does.")
  var checkpointActivations = false
  @OptionGroup var engine: EngineOptions
  @OptionGroup var format: FormatOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    if let batch, !(1...4096).contains(batch) { throw ValidationError("--batch \(batch): give 1 to 4096") }
    if let images, !(1...100_000).contains(images) { throw ValidationError("--images \(images): give 1 to 100000") }
    guard (1...10_000).contains(repeats) else { throw ValidationError("--repeats \(repeats): give 1 to 10000") }
    if program.contains(.training) || program.contains(.attackEpoch), batch == 1 {
      throw ValidationError("--batch 1: norms need two images or more in training")
    }
    if checkpointActivations, !program.contains(.training), !program.contains(.attackEpoch) {
      throw ValidationError("--checkpoint-activations: other programs keep none; leave it out, or time training")
    }
    if let images, !program.contains(.attackEpoch) {
      throw ValidationError("--images \(images): other programs take one batch; leave it out, or time attack-epoch")
    }
    if layers, program.contains(.attackEpoch) {
      throw ValidationError("--layers: an attack-epoch has none of its own: take input-gradient and training")
    }
  }

  func execute(_ context: ToolContext) throws {
    let backend = try engine.makeBackend(context.diagnostics, checkpointsActivations: checkpointActivations)
    let benchmark = Benchmark(
      batchSize: batch, imageCount: images, repeats: repeats, threads: engine.threadCount, on: backend)
    let programs = program.isEmpty ? [.inputGradient] : program
    let format = format.format(for: context.output)
    let isGathered = format != .ndjson && (format != .text || !layers)
    var (records, gathered): ([BenchmarkRecord], [any Record]) = ([], [])
    for architecture in architectures {
      for program in programs {
        let record = try benchmark.record(program, of: architecture)
        records.append(record)
        let steps = layers ? try benchmark.steps(of: program, of: architecture) : []
        let all: [any Record] = [record] + steps.map { $0 as any Record }
        if isGathered {
          gathered += all
        } else {
          try context.output.write(all, as: format, text: BenchmarkTable.text([record]) + BenchmarkTable.text(steps))
        }
        try context.output.flush()
      }
    }
    guard isGathered else { return }
    let columns = context.output.columns
    try context.output.write(gathered, as: format, text: BenchmarkTable.text(records, within: columns))
  }
}

extension Architecture: ExpressibleByArgument {}
extension BenchmarkRecord.Program: ExpressibleByArgument {}
