// Records in, a figure out:
//   cusp-evaluate model.h5 --rotation 0:180:15 | cusp-plot profile > profile.svg

import ArgumentParser
import Datasets
import Failures
import Files
import Plots
import Records
import ToolSupport

@main
struct PlotCommand: ToolCommand {
  static let configuration = CommandConfiguration.tool(
    "cusp-plot", abstract: "Draw records as figures.",
    examples: [
      "cusp-evaluate model.h5 --rotation 0:180:15 | cusp-plot profile > profile.svg",
      "cusp-evaluate n.h5 --rotation 0:60:15 --epsilon 0,8/255 | cusp-plot heatmap",
      "cusp-attack model.h5 --ddn | cusp-plot curve", "cusp-plot pareto scores.ndjson --theme paper --output front.pdf",
      "cusp-train --output model.h5 | cusp-plot training --follow",
      "cusp-attack model.h5 --save set.npz > set.ndjson && cusp-plot images set.ndjson set.npz > images.svg",
    ],
    discussion: """
      KIND is one of profile (accuracy or fooling rate against one budget), curve (against the epsilon of the nearest \
      image that fools), pareto (spatial against adversarial robustness), heatmap (over two budgets), training (loss, \
      accuracy, learning rate and budgets by epoch), confusion (which class was taken for which) and images (the nearest \
      and the farthest successes of a saved set: clean, perturbed, ten times the difference) and filters (the first layer \
      of a model). Writes SVG to standard output, or draws in the terminal where that is one: as graphics where it shows \
      them.
      """)

  @Argument(
    help: "What to draw.", completion: .list(PlotKind.names), transform: PlotKind.typed)
  var kind: PlotKind
  @Argument(
    help:
      "Files of records, read one after the other; - or none for standard input. Of images also the saved set; of filters a model file.",
    completion: .file(extensions: ["ndjson"]))
  var files: [String] = []
  @Option(help: "Write the figure to this file: .svg, .png, .pdf or .json.", completion: .file())
  var output: String?
  @Option(
    name: .customLong("as"),
    help: "Write svg, vega-lite, text, png, pdf, or kitty or sixel, which are graphics for terminals.")
  var format: OutputForm?
  @Option(help: "The title above the figure.")
  var title: String?
  @Option(help: "A budget: rotation, epsilon or translation; of a pareto with its value, as in rotation=30.")
  var x: String?
  @Option(help: "What is drawn: accuracy, fooling-rate or natural-accuracy; of a heatmap and a pareto as --x.")
  var y: String?
  @Option(help: "The share that a heatmap or a pareto shows: accuracy, fooling-rate or natural-accuracy.")
  var value: String?
  @Option(help: "The settings that tell lines apart, as in model,attack; the default is all that vary.")
  var by: String?
  @Option(help: "Width, or width and height as in 800x500, in pixels; in points with --theme paper.")
  var size: FigureSize?
  @Option(help: "screen, or paper: one column of 240 points, texts of 8 points.")
  var theme: FigureTheme = .screen
  @Option(
    help: "Where the clean images of a saved set are, if not where the records say.",
    completion: .list(DatasetReference.patterns))
  var data: String?
  @Flag(help: "Take models whose names differ in their last number alone for seeds of one.")
  var seeds = false
  @Flag(help: "Draw again with every epoch that comes.")
  var follow = false
  @OptionGroup var common: CommonOptions

  func execute(_ context: ToolContext) throws {
    switch kind {
    case .figure(let kind): try draw(kind, context)
    case .images:
      try draw("images", context) { try ImagesPlot(files: files, data: data, output: output).sheet(context) }
    case .filters:
      guard data == nil else { throw Failure(.usage, "--data means nothing for filters; leave it out") }
      try draw("filters", context) { try FiltersPlot(files: files).sheet(context) }
    }
  }

  private func draw(_ kind: String, _ context: ToolContext, _ makeSheet: () throws -> PictureSheet) throws {
    let given = [
      ("--x", x != nil), ("--y", y != nil), ("--value", value != nil), ("--by", by != nil), ("--seeds", seeds),
      ("--follow", follow),
    ]
    for (option, isGiven) in given where isGiven {
      throw Failure(.usage, "\(option) means nothing for \(kind); leave it out")
    }
    let target = try FigureTarget(
      path: output, form: format, size: size, theme: theme, isFollowing: false, context: context)
    if let output { try context.checkOutput(output, reading: files) }
    var sheet = try makeSheet()
    sheet.title = title.map { PictureSheet(title: $0, caption: "", groups: []).title } ?? ""
    try target.write(sheet)
  }

  private func draw(_ kind: FigureKind, _ context: ToolContext) throws {
    guard data == nil else { throw Failure(.usage, "--data means nothing for a \(kind.rawValue); leave it out") }
    var request = FigureRequest()
    (request.x, request.y, request.value, request.by) = (x, y, value, by)
    (request.title, request.areSeeds) = (title, seeds)
    try request.check(for: kind)
    let target = try FigureTarget(
      path: output, form: format, size: size, theme: theme, isFollowing: follow, context: context)
    if let output { try context.checkOutput(output, reading: files) }
    guard !follow || kind == .training else {
      throw Failure(.usage, "--follow: a \(kind.rawValue) is drawn once; take it out")
    }
    var fold = FigureFold(kind)
    var told = 0
    for path in files.isEmpty ? ["-"] : files {
      let input = try context.input(path, "records", example: kind.example)
      var reader = RecordReader(LineReader(descriptor: input.descriptor, name: input.name, first: input.first))
      do {
        while try fold.next(&reader) {
          for error in fold.errors[told...] { context.diagnostics.report("\(input.name): \(error)") }
          told = fold.errors.count
          if follow, !(try fold.isEmpty) { try target.write(fold.figure(request), isLast: false) }
        }
      } catch let failure as Failure where !files.isEmpty && !failure.message.hasPrefix("\(input.name): ") {
        throw Failure(failure.kind, "\(input.name): \(failure.message)")
      }
    }
    guard !(try fold.isEmpty) else {
      let place =
        files.isEmpty ? "on stdin; see what the program before it said" : "in \(files.joined(separator: ", "))"
      throw Failure(.data, "no \(kind.records) \(place)")
    }
    if let note = fold.leftOut { context.diagnostics.note(note) }
    try target.write(fold.figure(request), isLast: true)
  }
}
