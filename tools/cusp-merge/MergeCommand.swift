// Shards in, the whole stream out, or what it lacks:
//   cusp-merge part-*.ndjson > whole.ndjson

import ArgumentParser
import Failures
import Files
import Records
import ToolSupport

@main
struct MergeCommand: ToolCommand {
  static let configuration = CommandConfiguration.tool(
    "cusp-merge", abstract: "Join the predictions of shards, or tell what is missing.",
    examples: [
      "cusp-merge part-*.ndjson > whole.ndjson", "cusp-merge part-*.ndjson | cusp-fooling-rate",
    ],
    discussion: """
      Takes what cusp-attack --shard and cusp-evaluate --predictions --shard wrote, in any order. Ends with status 1 where \
      an image is missing or comes twice, or where a file is of other settings than the rest.
      """)

  @Argument(
    help: "Files of records, in any order; - or none for standard input.", completion: .file(extensions: ["ndjson"]))
  var files: [String] = []
  @OptionGroup var common: CommonOptions

  func execute(_ context: ToolContext) throws {
    var shards = Shards(context)
    for path in files.isEmpty ? ["-"] : files { try shards.read(path) }
    let whole = try shards.whole()
    for line in shards.problems(of: whole) { context.diagnostics.report(line) }
    guard !shards.isCut, whole.problems.isEmpty else { throw ExitCode(1) }
    try shards.write(whole)
  }
}
