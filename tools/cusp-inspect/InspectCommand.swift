// A model file in, what is in it out:
//   cusp-inspect model.h5

import ArgumentParser
import Inspection
import Interchange
import NetworkOptions
import Records
import ToolSupport

@main
struct InspectCommand: ToolCommand {
  static let configuration = CommandConfiguration.tool(
    "cusp-inspect", abstract: "Show and verify what is in a model file.",
    examples: [
      "cusp-inspect model.h5", "cusp-inspect model.pt --stats", "cusp-inspect --json model.h5 | jq .parameters",
      "cusp-inspect --key configuration.epsilon model.h5", "cusp-inspect --tree model.safetensors",
      "cusp-inspect --history model.h5", "cusp-inspect --verify *.h5",
      "cusp-train --data digits --output model.h5 | cusp-inspect",
    ],
    discussion: """
      Shows layers with their shapes, parameters, multiply-adds and memory, how the model was trained, and where it \
      comes from; of files of other tools, their tensors and the network recognised in them. HDF5, PyTorch, safetensors \
      and NumPy files are told apart by their content, and nothing in them is ever run. Tensors are read for --verify, \
      --stats and --key alone, so that large files are shown at once.
      """)

  @Argument(
    help: "Model files; - or none for stdin, where a model file or checkpoint records come.",
    completion: .modelFiles)
  var models: [String] = []
  @Flag(help: "Write one record a file, whatever standard output is: the same as --format ndjson.") var json = false
  @OptionGroup var format: FormatOptions
  @OptionGroup var network: NetworkOptions
  @Flag(help: "Show all epochs, not the last five.") var epochs = false
  @Flag(help: "Show the tensors with their shapes and SHA-256.") var digests = false
  @Flag(help: "Read all tensors, and show what their numbers come to.") var stats = false
  @Option(
    help: ArgumentHelp("Write one value, as in configuration.seed, or the numbers of one tensor.", valueName: "path"))
  var key: String?
  @Flag(help: "Write the file's raw structure.") var tree = false
  @Flag(help: "Write the commands that made the file, the first one first.") var history = false
  @Flag(help: "Write the network's definition as JSON, one line a file.") var definition = false
  @Flag(help: "Read all tensors and check shapes, SHA-256 and that every number is finite and read; 1 if not.")
  var verify = false
  @OptionGroup var common: CommonOptions

  func validate() throws {
    let answers = [
      ("--key", key != nil), ("--tree", tree), ("--history", history), ("--definition", definition),
      ("--verify", verify),
    ].filter(\.1).map(\.0)
    if json, let chosen = format.chosen, chosen != .ndjson {
      throw ValidationError("--json and --format \(chosen.rawValue): ask for one of them")
    }
    if json || format.chosen ?? .text != .text, epochs || digests {
      throw ValidationError("\(epochs ? "--epochs" : "--digests"): records hold all of them; leave it out")
    }
    guard let first = answers.first else { return }
    if answers.count > 1 { throw ValidationError("\(answers.joined(separator: " and ")): ask for one at a time") }
    if json || format.chosen != nil || epochs || digests || stats {
      throw ValidationError("\(first) shows just that; leave out --json, --format, --epochs, --digests and --stats")
    }
  }

  func execute(_ context: ToolContext) throws {
    let files = ModelFiles(paths: models, request: try network.request())
    if verify {
      guard try verifyAll(files, context) else { throw ExitCode(1) }
    } else if let key {
      try files.forEach(context) { try KeyLookup(key).write(from: $0.open(), to: context.output) }
    } else if tree {
      try files.forEach(context) { try context.output.write(TreeText($0.open().file.tree()).text) }
    } else if history {
      try files.forEach(context) { file in
        try context.output.write(file.open().history.map { Diagnostics.printable($0) + "\n" }.joined())
      }
    } else if definition {
      try files.forEach(context) { try context.output.write($0.open().definitionText() + "\n") }
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
    var (isFirst, records): (Bool, [any Record]) = (true, [])
    try files.forEach(context) { file in
      let model = try file.open()
      let (text, record): (String, any Record)
      if let known = try ModelRecord(model, withStatistics: stats) {
        (text, record) = (ModelTable(known, withAllEpochs: epochs, withTensors: digests || stats).text, known)
      } else {
        let tensors = try TensorFileRecord(model, withStatistics: stats)
        (text, record) = (TensorFileTable(tensors, layers: model.layers).text, tensors)
      }
      switch format {
      case .text: try context.output.write((isFirst ? "" : "\n") + text)
      case .ndjson: try context.output.write(record)
      case .csv, .tsv, .json: records.append(record)
      }
      isFirst = false
    }
    if ![.text, .ndjson].contains(format) { try context.output.write(records, as: format, text: "") }
  }
}
