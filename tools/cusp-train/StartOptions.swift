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
  @Option(
    help: "Go on with the run in this model file, or begin it there: the same command line until it is over.",
    completion: .file(extensions: ["h5"]))
  var resumeOrBegin: String?
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

extension TrainCommand {
  /// The file to go on with: that of `--resume`, or that of `--resume-or-begin` if it is there; if not, it is the output.
  ///
  /// - Throws: `Failure` (`usage`) for options that contradict each other.
  mutating func fileToResume() throws -> String? {
    guard let file = start.resumeOrBegin else {
      guard resume != nil, start.from != nil else { return resume }
      throw Failure(.usage, "--from begins a run anew, and --resume goes on with one: leave one of them out")
    }
    guard resume == nil, output == nil else {
      let option = resume == nil ? "--output" : "--resume"
      throw Failure(.usage, "--resume-or-begin \(file): is what is read and written; leave out \(option)")
    }
    if fileExists(at: file), try fileSize(path: file) > 0 { return file }
    output = file
    return nil
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
