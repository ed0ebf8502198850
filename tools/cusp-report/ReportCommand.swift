// Records, models and saved sets in, one page out:
//   cusp-report runs/ --output report.html

import ArgumentParser
import Datasets
import Failures
import Files
import Inspection
import Interchange
import Networks
import Records
import Reports
import ToolSupport

@main
struct ReportCommand: ToolCommand {
  static let configuration = CommandConfiguration.tool(
    "cusp-report", abstract: "Make one HTML file of records, models and saved sets.",
    examples: [
      "cusp-evaluate *.h5 --rotation 0:60:15 --epsilon 0,8/255 | cusp-report --output report.html",
      "cusp-attack model.h5 --pgd --save set.npz > set.ndjson",
      "cusp-report set.ndjson set.npz model.h5 --output report.html", "cusp-report runs/ --output report.html",
    ],
    discussion: """
      The page needs no network: a table of accuracies and fooling rates with intervals, figures, pictures of the nearest \
      and the farthest successes, classes, signs of weak attacks, and the commands that made each model. Files are told \
      apart by their content; of a folder its .ndjson files, models and saved sets are taken.
      """)

  @Argument(
    help: "Records, model files, saved sets, and folders of them; - or none for records on standard input.",
    completion: .file())
  var inputs: [String] = []
  @Option(help: "Write the page to this file.", completion: .file(extensions: ["html"]))
  var output: String?
  @Option(help: "The title of the page.") var title: String?
  @Option(
    help: "Where the clean images of saved sets are, if not where the records say: \(DatasetReference.choices).",
    completion: .list(DatasetReference.patterns))
  var data: String?
  @OptionGroup var common: CommonOptions

  func execute(_ context: ToolContext) throws {
    if output == nil, context.output.isTerminal {
      throw Failure(.usage, "standard output is a terminal; name a file with --output")
    }
    let inputs = try ReportInputs(inputs.isEmpty ? ["-"] : inputs, besides: output)
    guard data == nil || !inputs.sets.isEmpty else {
      throw Failure(.usage, "--data: is of saved sets, and none is given; leave it out")
    }
    if let output { try context.checkOutput(output, reading: inputs.files) }
    var fold = ReportFold()
    for path in inputs.records { try read(path, into: &fold, context) }
    if let output, !inputs.sets.isEmpty { try context.checkOutput(output, reading: dataFiles(fold)) }
    var report = Report(fold)
    if let title { report.title = title }
    report.sources = inputs.paths.map { $0 == "-" ? "standard input" : $0 }
    report.models = try inputs.models.map { path in
      let model = try OpenedModel(context.file(path, "models", example: ""))
      return Report.Model(
        path: path, digest: model.description.digest, architecture: model.graph?.definition.architecture ?? "",
        classNames: model.description.classNames, commands: model.history)
    }
    var clean = CleanImages(replacement: data)
    for set in inputs.sets {
      report.galleries.append(try fold.gallery(of: set.path, clean: &clean) { try set.open($0) })
    }
    report.notes = inputs.leftOut.map { "Left out: \($0)" }
    for note in inputs.leftOut { context.diagnostics.note("left out: \(note)") }
    let page = try report.page()
    if let output { return try writeFile(at: output, bytes: page) }
    try context.output.write { $0.append(page) }
  }

  /// The files that clean images may be read from.
  private func dataFiles(_ fold: ReportFold) throws -> [String] {
    try (data.map { [$0] } ?? fold.data).flatMap { try DatasetReference($0).inputFiles }
  }

  private func read(_ path: String, into fold: inout ReportFold, _ context: ToolContext) throws {
    let input = try context.input(path, "records", example: "cusp-evaluate model.h5 | cusp-report --output report.html")
    var reader = RecordReader(LineReader(descriptor: input.descriptor, name: input.name, first: input.first))
    do {
      try fold.read(&reader, from: input.name)
    } catch {
      let place = "\(input.name): "
      throw path == "-" || error.message.hasPrefix(place) ? error : Failure(error.kind, place + error.message)
    }
  }
}
