import ArgumentParser
import Attacks
import Datasets
import Evaluation
import Failures
import Files
import NetworkOptions
import Networks
import Records
import SavedSets
import ToolOptions
import ToolSupport

/// Holds a saved set of perturbed images against its promise, and scores a model on it.
@main
struct VerifyCommand: EngineCommand {
  static let configuration = CommandConfiguration.tool(
    "cusp-verify", abstract: "Check a saved set of perturbed images and score a model on it.",
    examples: [
      "cusp-attack model.h5 --epsilon 0.1 --save set.npz > records && cusp-verify model.h5 set.npz --epsilon 0.1",
      "cusp-verify model.h5 attack.npy --data mnist:DIR --epsilon 0.3",
      "cusp-verify model.h5 attack.npy --data cifar10:DIR --epsilon 8/255 --range 255",
      "cusp-verify model.h5 torchattacks.pt --norm l2 --epsilon 0.5 --tolerance 1e-6",
    ],
    discussion: """
      Reads what cusp-attack --save writes, folders of image files too, what torchattacks saves, and arrays of NumPy, PyTorch, safetensors and HDF5. \
      Ends with status 0 if every image keeps the promise, 1 if one does not.
      """)

  @Argument(
    help: "The model file, - for standard input.",
    completion: .modelFiles)
  var model: String
  @Argument(
    help: "The saved set, a file or a folder of image files, - for standard input.",
    completion: .file(extensions: ["npz", "npy", "pt", "pth", "safetensors", "h5"]))
  var set: String
  @Option(
    help: "\(DatasetReference.choices), canvas:40: before any; the default is the model's.",
    completion: .list(DatasetReference.patterns))
  var data: String?
  @Option(help: "The part of the data set: train or test.") var split: Split = .test
  @Option(help: "How distance is measured: linf, the default, l2, l1 or l0.") var norm: Norm = .linf
  @Option(help: "The radius of the ball in pixel units, as in 0.3 or 8/255.", transform: ExactNumber.typed)
  var epsilon: ExactNumber
  @Option(
    help: "By how much images may miss ball and range, in pixel units; not at all by default.",
    transform: ExactNumber.typed)
  var tolerance: ExactNumber?
  @Option(help: "What white is in the file: 1 or 255; the default is 255 for bytes, else 1.") var range: Int?
  @Option(help: "The array of perturbed images, where its name does not tell.") var images: String?
  @OptionGroup var network: NetworkOptions
  @OptionGroup var format: FormatOptions
  @OptionGroup var engine: EngineOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    guard model != "-" || set != "-" else { throw ValidationError("- and -: standard input holds one file") }
    guard epsilon.value >= 0 else { throw ValidationError("--epsilon \(epsilon): give 0 or more") }
    if norm == .linf { try SettingNames.options.refuseLevels("epsilon", epsilon) }
    if let tolerance {
      guard tolerance.value >= 0 else { throw ValidationError("--tolerance \(tolerance): give 0 or more") }
      try SettingNames.options.refuseLevels("tolerance", tolerance)
    }
    if let range, range != 1, range != 255 { throw ValidationError("--range \(range): white is 1 or 255") }
  }

  func execute(_ context: ToolContext) throws {
    let example = "cusp-verify model.h5 - --epsilon 0.1 < set.npz"
    let loaded = try LoadedModel(
      reading: context.file(model, "model", example: example), network.request(), data: data,
      on: engine.makeBackend(context.diagnostics))
    context.diagnostics.note(loaded)
    let (shape, isFolder) = (loaded.graph.imageShape, folderExists(at: set))
    if isFolder, images != nil || range != nil {
      throw Failure(.usage, "\(set): is a folder of image files, which need no --images and no --range")
    }
    let saved =
      isFolder
      ? try SavedSet(folder: set, imageShape: shape)
      : try SavedSet(context.file(set, "set", example: example), images: images, range: range, imageShape: shape)
    let clean = ImageSelection(
      try DatasetReference(loaded.data).load(split: split, for: shape), data: loaded.data)
    let promise = Verification.Promise(
      norm: norm, epsilon: epsilon.value, tolerance: tolerance?.value ?? 0)
    let verification = try Verification(of: saved, promise, around: clean, by: loaded)
    StopRequest.watch()
    var progress = ProgressLine(context.diagnostics, label: "verify \(saved.path)")
    let record = try verification.record {
      progress.update(images: $0, of: saved.count)
      try PredictionRun.stopIfAsked()
    }
    progress.finish(NumberText.count(saved.count, "image"), ProgressFacts(images: saved.count))
    try context.output.write([record], as: format.format(for: context.output), text: VerificationText(record).text)
    if saved.range == 1, 2 * record.breaches.range > saved.count {
      context.diagnostics.note("\(saved.path): most images leave 0...1; give --range 255 if white is 255")
    }
    guard record.holds else { throw ExitCode(1) }
  }
}
