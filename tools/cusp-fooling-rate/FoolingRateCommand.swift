// Predictions in, one fooling rate a setting out:
//   cusp-attack model.h5 --pgd | cusp-fooling-rate

import ArgumentParser
import Failures
import Files
import Records
import ToolSupport

@main
struct FoolingRateCommand: ToolCommand {
  static let configuration = CommandConfiguration.tool(
    "cusp-fooling-rate", abstract: "Count how often a perturbation changes a model's predictions.",
    examples: [
      "cusp-attack model.h5 --pgd --epsilon 8/255 | cusp-fooling-rate",
      "cusp-evaluate model.h5 --rotation 0:180:15 --predictions | cusp-fooling-rate --format text",
      "cusp-attack model.h5 --ddn | cusp-fooling-rate --at 0:2:0.1", "cusp-fooling-rate part-*.ndjson",
      "cusp-fooling-rate natural.npy perturbed.npy",
    ],
    discussion: """
      Reads prediction records from files or standard input and writes one fooling-rate record for each model, data set \
      and attack with all its settings, with the 95 % interval of the rate by Wilson's score. An image counts once in \
      each. Given two NumPy files with predicted classes, or logits, compares those instead.
      """)

  @Argument(
    help:
      "Files of records, read one after the other, - for standard input; or two NumPy files, natural and perturbed.",
    completion: .file(extensions: ["ndjson", "npy"]))
  var files: [String] = []
  @Option(
    help:
      "Epsilons, as in 0:0.3:0.01: count the records of attacks that look for the nearest image at each of them.",
    transform: NumberList.typed)
  var at: NumberList?
  @Flag(help: "A rate for each true class.") var byClass = false
  @OptionGroup var format: FormatOptions
  @OptionGroup var common: CommonOptions

  func execute(_ context: ToolContext) throws {
    let first = try open(files.first ?? "-", context)
    let rates =
      if files.count == 2, first.kind == .numPyArray, at == nil, !byClass {
        [try ClassComparison(first, open(files[1], context), context.diagnostics).rate]
      } else {
        try foldRecords(first, context)
      }
    try context.output.write(
      rates, as: format.format(for: context.output),
      text: FoolingRateTable.text(rates, within: context.output.columns))
  }

  private func foldRecords(_ first: SequentialInput, _ context: ToolContext) throws -> [FoolingRateRecord] {
    if let at, Set(at.values).count < at.values.count {
      throw Failure(.usage, "--at \(at): a number comes twice; give each once")
    }
    var fold = FoolingRateFold(at: at?.values, byClass: byClass)
    try count(first, into: &fold, context)
    for path in files.dropFirst() { try count(open(path, context), into: &fold, context) }
    guard !fold.isEmpty else {
      let place =
        files.isEmpty ? "on stdin; see what the program before it said" : "in \(files.joined(separator: ", "))"
      throw Failure(.data, "no prediction records \(place)")
    }
    for note in notes(fold) { context.diagnostics.note(note) }
    return fold.records
  }

  /// What people should know of rates beside the numbers: what came twice, what is missing, what failed.
  private func notes(_ fold: FoolingRateFold) -> [String] {
    let scores = fold.scores
    let repeated =
      fold.repeatedCount > 0
      ? "\(NumberText.count(fold.repeatedCount, "record")) came again, byte for byte: counted once" : nil
    let gaps = scores.filter { $0.missing > 0 }
    let missing = gaps.max { $0.missing < $1.missing }.map { most in
      let place = scores.count > 1 ? " in \(gaps.count) of \(scores.count) settings" : ""
      return "images are missing\(place), \(most.missing) of \(most.missing + most.tally.count)"
        + (gaps.count > 1 ? " at most" : "") + "; the rates are of the others"
    }
    let broken = scores.map(\.tally).filter { $0.failed > 0 }.max { $0.failed < $1.failed }
    let failed = broken.map { "failed for \($0.failed) of \($0.count) images; their records say why" }
    let flat = scores.max { $0.tally.zeroGradientShare < $1.tally.zeroGradientShare }.flatMap { score in
      PredictionFlaws.zeroGradients(score.tally.zeroGradientShare, loss: score.setting.parameters?["loss"]?.string)
    }
    return [repeated, missing, failed, flat].compactMap(\.self)
  }

  private func open(_ path: String, _ context: ToolContext) throws -> SequentialInput {
    try context.input(path, "predictions", example: "cusp-attack model.h5 | \(context.name)")
  }

  /// Counts the records of `input`, to its end.
  private func count(_ input: SequentialInput, into fold: inout FoolingRateFold, _ context: ToolContext) throws {
    guard input.kind != .numPyArray else {
      throw Failure(.usage, "\(input.name): is \(input.kind); give two of them, or records alone")
    }
    var records = RecordReader(LineReader(descriptor: input.descriptor, name: input.name, first: input.first))
    do {
      while let record = try records.next(counting: &fold) {
        switch record.type {
        case ErrorRecord.type:
          context.diagnostics.report("\(input.name): \(try record.decode(ErrorRecord.self).message)")
        default: if !record.isKnown { try context.output.write(line: records.bytes) }
        }
      }
    } catch let failure as Failure where !files.isEmpty && !failure.message.hasPrefix("\(input.name): ") {
      throw Failure(failure.kind, "\(input.name): \(failure.message)")
    }
  }
}
