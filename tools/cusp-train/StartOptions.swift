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
  @Option(
    help: "Save to this file until the run is whole and it becomes --output; go on with it where it is there.",
    completion: .file(extensions: ["part", "h5"]))
  var partial: String?
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

/// The model file that a run goes on with, and the option that named it.
struct Origin: CustomStringConvertible {
  let option: String
  let path: String

  /// As typed.
  var description: String { "\(option) \(path)" }

  /// What to do about a setting that is another one there.
  var advice: String { option == "--output" ? "give another --output, or --force to begin anew" : "leave it out" }
}

extension TrainCommand {
  /// What to go on with: the file of `--resume`, or that of `--resume-or-begin` if it is there, if not, it is the output;
  /// with `--partial` that file, else the output, if either is there.
  ///
  /// - Throws: `Failure` (`usage`) for options that contradict each other.
  mutating func origin() throws -> Origin? {
    if let partial = start.partial { return try origin(partial: partial) }
    guard let file = start.resumeOrBegin else {
      guard let resume else { return nil }
      guard start.from == nil else {
        throw Failure(.usage, "--from begins a run anew, and --resume goes on with one: leave one of them out")
      }
      return Origin(option: "--resume", path: resume)
    }
    guard resume == nil, output == nil else {
      let option = resume == nil ? "--output" : "--resume"
      throw Failure(.usage, "--resume-or-begin \(file): is what is read and written; leave out \(option)")
    }
    if try holdsAnything(file) { return Origin(option: "--resume-or-begin", path: file) }
    output = file
    return nil
  }

  private func origin(partial: String) throws -> Origin? {
    if resume != nil || start.resumeOrBegin != nil {
      let option = resume == nil ? "--resume-or-begin" : "--resume"
      throw Failure(.usage, "--partial \(partial): is gone on with as it is; leave out \(option)")
    }
    guard let output else { throw Failure(.usage, "--partial \(partial): needs --output, the name of the whole model") }
    if try holdsAnything(partial) { return Origin(option: "--partial", path: partial) }
    return try !force && holdsAnything(output) ? Origin(option: "--output", path: output) : nil
  }

  /// Whether a file is there that is not empty, as one of `mktemp` is.
  private func holdsAnything(_ path: String) throws -> Bool { try fileExists(at: path) && fileSize(path: path) > 0 }
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
