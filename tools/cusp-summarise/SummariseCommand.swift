// Scores of several seeds in, one mean a method and setting out, or what they say of a paper's claims:
//   cat models/*.ndjson scores/*.ndjson | cusp-summarise

import ArgumentParser
import Failures
import Files
import Plots
import Records
import ToolSupport

@main
struct SummariseCommand: ToolCommand {
  static let configuration = CommandConfiguration.tool(
    "cusp-summarise", abstract: "Summarise scores over seeds: mean, deviation and interval.",
    examples: [
      "cusp-summarise announced.ndjson scores.ndjson",
      "cat models/*.ndjson scores/*.ndjson | cusp-summarise --format text",
      "cusp-summarise --claims models/*.ndjson scores/*.ndjson --x rotation=90 --y epsilon=0.3",
    ],
    discussion: """
      Models whose names differ in their last number alone, as pgd-1.h5 and pgd-2.h5, are one method's. Files are named \
      by the checkpoint records that cusp-train writes; put them before or among the scores.
      """)

  @Argument(
    help: "Files of records, read one after the other; - or none for standard input.",
    completion: .file(extensions: ["ndjson"]))
  var files: [String] = []
  @Flag(help: "Say what the records show of the claims of the paper `Can we have it all?`.") var claims = false
  @Option(help: "With --claims: the spatial robustness of a front, as in rotation=90.") var x: String?
  @Option(help: "With --claims: the adversarial robustness of a front, as in epsilon=0.3.") var y: String?
  @OptionGroup var format: FormatOptions
  @OptionGroup var common: CommonOptions

  func execute(_ context: ToolContext) throws {
    guard claims else {
      if let option = x != nil ? "--x" : y != nil ? "--y" : nil {
        throw Failure(.usage, "\(option) means nothing without --claims; leave it out")
      }
      return try summarise(context)
    }
    let (horizontal, vertical) = (try budget("--x", x), try budget("--y", y))
    var fold = PaperClaims()
    try read(context) { (reader: inout RecordReader) throws(Failure) in try fold.take(&reader) }
    for error in fold.errors { context.diagnostics.report(error) }
    let records = try fold.records(x: horizontal, y: vertical)
    for note in fold.notes { context.diagnostics.note(note) }
    guard !records.isEmpty else {
      throw Failure(
        .data, "no claim can be told: give the streams of cusp-train and of cusp-evaluate for several budgets")
    }
    try context.output.write(
      records, as: format.format(for: context.output), text: ClaimTable.text(records, within: context.output.columns))
  }

  private func summarise(_ context: ToolContext) throws {
    var summary = SeedSummary()
    try read(context) { (reader: inout RecordReader) throws(Failure) in try summary.take(&reader) }
    for error in summary.errors { context.diagnostics.report(error) }
    let records = try summary.records()
    guard !records.isEmpty else {
      throw Failure(.data, "no scores, fooling rates or predictions; cusp-evaluate and cusp-attack write them")
    }
    try context.output.write(
      records, as: format.format(for: context.output), text: SummaryTable.text(records, within: context.output.columns))
  }

  /// Hands the records of every file to `take`.
  private func read(_ context: ToolContext, _ take: (inout RecordReader) throws(Failure) -> Void) throws {
    for path in files.isEmpty ? ["-"] : files {
      let input = try context.input(path, "records", example: "cusp-evaluate *.h5 | \(context.name)")
      var records = RecordReader(LineReader(descriptor: input.descriptor, name: input.name, first: input.first))
      do {
        try take(&records)
      } catch {
        // What comes on standard input needs no name.
        throw files.isEmpty ? error : Failure(error.kind, "\(input.name): \(error.message)")
      }
    }
  }

  private func budget(_ option: String, _ text: String?) throws -> BudgetValue? {
    guard let text else { return nil }
    guard let value = BudgetValue(text) else {
      throw Failure(.usage, "\(option) \(text): give a budget and its value, as in rotation=30 or epsilon=8/255")
    }
    return value
  }
}
