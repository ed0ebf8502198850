// Scores of several seeds in, one mean a method and setting out:
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
    ],
    discussion: """
      Models whose names differ in their last number alone, as pgd-1.h5 and pgd-2.h5, are one method's. Files are named \
      by the checkpoint records that cusp-train writes; put them before or among the scores.
      """)

  @Argument(
    help: "Files of records, read one after the other; - or none for standard input.",
    completion: .file(extensions: ["ndjson"]))
  var files: [String] = []
  @OptionGroup var format: FormatOptions
  @OptionGroup var common: CommonOptions

  func execute(_ context: ToolContext) throws {
    var summary = SeedSummary()
    for path in files.isEmpty ? ["-"] : files {
      let input = try context.input(path, "records", example: "cusp-evaluate *.h5 | \(context.name)")
      var records = RecordReader(LineReader(descriptor: input.descriptor, name: input.name, first: input.first))
      do {
        try summary.take(&records)
      } catch {
        // What comes on standard input needs no name.
        throw files.isEmpty ? error : Failure(error.kind, "\(input.name): \(error.message)")
      }
    }
    for error in summary.errors { context.diagnostics.report(error) }
    let records = try summary.records()
    guard !records.isEmpty else {
      throw Failure(.data, "no scores, fooling rates or predictions; cusp-evaluate and cusp-attack write them")
    }
    try context.output.write(
      records, as: format.format(for: context.output), text: SummaryTable.text(records, within: context.output.columns))
  }
}
