// A model file in, what is in it out:
//   cusp-inspect model.h5

import ArgumentParser
import Checkpoints
import Failures
import Records
import ToolSupport

@main
struct InspectCommand: ToolCommand {
  static let configuration = CommandConfiguration.tool(
    "cusp-inspect", abstract: "Show and verify what is in a model file.",
    examples: [
      "cusp-inspect model.h5", "cusp-inspect model.h5 --history --digests",
      "cusp-inspect --json model.h5 | jq .parameters",
      "cusp-inspect --verify *.h5", "cusp-inspect --definition model.h5 | jq .nodes",
      "cusp-train --data digits --output model.h5 | cusp-inspect",
    ],
    discussion: """
      Shows layers with their shapes, parameters, multiply-adds and memory, how the model was trained, and where it \
      comes from. Tensors are read for --verify alone, so that large files are shown at once.
      """)

  @Argument(
    help: "Model files; without any, every checkpoint record on stdin is taken.", completion: .file(extensions: ["h5"]))
  var models: [String] = []
  @Flag(help: "Write one model record a file, whatever standard output is: the same as --format ndjson.")
  var json = false
  @OptionGroup var format: FormatOptions
  @Flag(help: "Show all epochs, not the last five.") var history = false
  @Flag(help: "Show the tensors with their shapes and SHA-256.") var digests = false
  @Flag(help: "Read all tensors and check shapes, SHA-256 and that every number is finite; 1 if one is not.")
  var verify = false
  @Flag(help: "Write the network's definition as JSON, one line a file.") var definition = false
  @OptionGroup var common: CommonOptions

  func validate() throws {
    if verify, definition || json || history || digests {
      throw ValidationError("--verify writes one line a file; leave out what else to show")
    }
    if definition, json || history || digests {
      throw ValidationError("--definition writes JSON alone; leave out what else to show")
    }
  }

  func execute(_ context: ToolContext) throws {
    let files = ModelFiles(paths: models)
    if verify {
      guard try verifyAll(files, context) else { throw ExitCode(1) }
    } else if definition {
      try files.forEach(context) { try context.output.write($0.summary().definitionText + "\n") }
    } else {
      try showAll(files, context)
    }
  }

  private func verifyAll(_ files: ModelFiles, _ context: ToolContext) throws -> Bool {
    var isSound = true
    try files.forEach(context) { file in
      let verdict = try file.verdict()
      isSound = isSound && verdict.isSound
      try context.output.write(Diagnostics.printable(verdict.line) + "\n")
    }
    return isSound
  }

  private func showAll(_ files: ModelFiles, _ context: ToolContext) throws {
    let format = json ? .ndjson : format.format(for: context.output)
    var isFirst = true
    try files.forEach(context) { file in
      let record = try ModelRecord(file.summary(), path: file.path)
      switch format {
      case .ndjson: try context.output.write(record)
      case .text:
        let table = ModelTable(record, withAllEpochs: history, withDigests: digests)
        try context.output.write((isFirst ? "" : "\n") + table.text)
      }
      isFirst = false
    }
  }
}
