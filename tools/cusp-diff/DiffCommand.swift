// Two model files in, what differs out:
//   cusp-diff before.h5 after.h5

import ArgumentParser
import Failures
import Files
import Inspection
import Interchange
import NetworkOptions
import Records
import ToolSupport

@main
struct DiffCommand: ToolCommand {
  static let configuration = CommandConfiguration.tool(
    "cusp-diff", abstract: "Tell how two model files differ.",
    examples: [
      "cusp-diff before.h5 after.h5", "cusp-diff --tensors model.h5 model.pt && echo the same weights",
      "cusp-diff --tolerance 1e-6 model.h5 model.safetensors", "cusp-diff --prefix model. model.h5 theirs.pth",
      "cusp-diff --json a.h5 b.h5 | jq '.tensors[].name'",
    ],
    discussion: """
      Compares architecture, preprocessing, class names, configuration and progress where both files say something \
      about them, and all tensors number by number, whatever format each of the files has. Ends with status 0 if nothing \
      differs, 1 if something does, and 65 or more if it cannot be told.
      """)

  @Argument(
    help: "A model file, - for standard input.",
    completion: .modelFiles)
  var first: String
  @Argument(
    help: "The model file to hold against it, - for standard input.",
    completion: .modelFiles)
  var second: String
  @Option(help: "Two numbers that are no further apart are the same.") var tolerance = 0.0
  @Flag(help: "Compare the tensors alone.") var tensors = false
  @Flag(help: "Write one difference record, whatever standard output is: the same as --format ndjson.") var json = false
  @OptionGroup var network: NetworkOptions
  @OptionGroup var format: FormatOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    if json, let chosen = format.chosen, chosen != .ndjson {
      throw ValidationError("--json and --format \(chosen.rawValue): ask for one of them")
    }
    guard tolerance >= 0 else { throw ValidationError("--tolerance \(tolerance): give 0 or more") }
  }

  func execute(_ context: ToolContext) throws {
    let request = try network.request()
    let (one, other) = (
      try OpenedModel(InputFile(path: first), unlessOurs: request),
      try OpenedModel(InputFile(path: second), unlessOurs: request)
    )
    if let name = network.given.first, one.file.isCheckpoint, other.file.isCheckpoint {
      throw Failure(.usage, "\(name): is for files of other tools, and both are this package's; leave it out")
    }
    let record = try one.difference(from: other, tolerance: tolerance, tensorsAlone: tensors)
    try context.output.write(
      [record], as: json ? .ndjson : format.format(for: context.output), text: DifferenceTable(record).text)
    guard record.isSame else { throw ExitCode(1) }
  }
}
