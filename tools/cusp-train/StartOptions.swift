import ArgumentParser
import Checkpoints
import Datasets
import Evaluation
import Failures
import Files
import Interchange
import NetworkOptions
import Networks
import Records
import Tensors
import ToolSupport

/// What training begins with, as typed: nothing, or a model of any format.
struct StartOptions: ParsableArguments {
  @Option(
    help: "Begin with the network and the weights of this model file, of any format that cusp-convert reads.",
    completion: .modelFiles)
  var from: String?
  @OptionGroup var selection: SelectionOptions

  /// The model to begin with; nil where training begins with random weights.
  ///
  /// - Parameters:
  ///   - arch: The network that the weights must fit, as typed; nil where the file tells.
  ///   - normalise: What happens to pixels, in place of what the file says.
  /// - Throws: `Failure` for options that have no place, and when there is no model for `images`.
  func model(
    _ arch: ArchitectureOption?, _ normalise: Normalisation?, for images: LabeledImages, seed: UInt64
  ) throws -> StartingModel? {
    guard let from else {
      if let name = selection.given.first { throw Failure(.usage, "\(name) needs --from") }
      return nil
    }
    var request = ModelRequest(selection: try selection.selection())
    switch arch {
    case .named(let architecture): (request.architecture, request.imageShape) = (architecture, images.imageShape.sizes)
    case .file(let path): request.definition = try readDefinition(path: path)
    case nil: break
    }
    request.takesOtherClasses = request.definition != nil
    return try StartingModel(
      reading: InputFile(path: from), request, preprocessing: normalise?.preprocessing, for: images, seed: seed)
  }

  /// What decides the run, by the names of options.
  var members: [JSON.Member] {
    let texts = [("from", from), ("group", selection.group), ("prefix", selection.prefix)]
    let lists = [("rename", selection.rename), ("ignore", selection.ignore)].filter { !$0.1.isEmpty }
    return texts.compactMap { name, text in text.map { JSON.Member(name, .string($0)) } }
      + lists.map { name, list in JSON.Member(name, .array(list.map(JSON.string))) }
  }
}

/// Where the weights that a run began with come from.
struct Descent: Equatable {
  /// The model that it began with; nil where it began with random weights.
  let parent: Provenance.Parent?
  /// How that came to be; nil where nobody says.
  let earlier: Provenance?

  init(_ start: StartingModel?) { (parent, earlier) = (start?.parent, start?.provenance) }

  /// That of the run of `configuration` which a file with `documents` is of, whatever became of the file since.
  init(_ configuration: JSON, _ documents: Checkpoint.Documents) {
    guard configuration["from"] != nil, let provenance = Provenance(json: documents.provenance),
      let place = provenance.steps.lastIndex(where: { $0.tool == "cusp-train" })
    else {
      (parent, earlier) = (nil, nil)
      return
    }
    (parent, earlier) = (provenance.steps[place].parent, provenance.prefix(place))
  }
}
