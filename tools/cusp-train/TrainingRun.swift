import ArgumentParser
import Checkpoints
import Datasets
import Failures
import Files
import Networks
import Records
import Tensors
import ToolOptions
import ToolSupport
import Training

/// A run that is ready to start, or to go on: what its command line, or the model file to resume, comes to.
struct TrainingRun {
  let configuration: TrainingConfiguration
  /// How it computes.
  let engine: EngineOptions
  /// What the model file says of it.
  let document: JSON
  let graph: NetworkGraph
  let reference: DatasetReference
  let images: LabeledImages
  let state: TrainingState
  /// The model file of which a substitute is trained.
  let oracle: String?
  /// What complete epochs gave.
  let history: [JSON]
  /// The files that are read, save the one to resume.
  let inputs: [String]
  /// The file to write.
  let output: String
  /// The model file that this goes on with.
  let origin: String?
  /// Set where this goes on with a file.
  let resumed: Checkpoint?
  /// What people should know before it starts: of the threads of a file that is resumed, and of budgets out of reach.
  var notes: [String] { [note, configuration.shortfall].compactMap(\.self) }
  private let note: String?

  /// The run that `command` describes, from its first step, of its network or of `definition`.
  init(_ command: TrainCommand, definition: NetworkDefinition? = nil) throws {
    reference = try DatasetReference(command.data)
    images = try reference.load(split: .train, limit: command.imageLimit)
    let definition = try definition ?? command.definition(for: images)
    configuration = try command.recipe.configuration(
      channels: images.imageShape[0], imageCount: images.count,
      augmentation: command.substitute.augmentation(command.recipe))
    document = configuration.json(command)
    engine = command.engine
    let name = definition.architecture.replacing("/", with: "-")
    let seed = configuration.seed == 0 ? "" : "-seed\(configuration.seed)"
    oracle = command.substitute.substituteFor
    output = command.output ?? "\(name)-\(oracle == nil ? command.recipe.name : "substitute")\(seed).h5"
    inputs = reference.inputFiles + [command.recipe.curriculum?.file, command.arch?.file, oracle].compactMap(\.self)
    graph = try NetworkGraph(definition)
    state = TrainingState(parameters: Parameters(initializing: graph, seed: configuration.seed))
    (history, origin, resumed, note) = ([], nil, nil, nil)
  }

  /// The run that the model file `path` is part of; `arguments` may repeat its settings, but not change them.
  ///
  /// - Throws: `Failure` when the file holds no training of this tool, or `arguments` contradict it.
  init(resuming path: String, arguments: [String]) throws {
    let checkpoint = try Checkpoint(reading: InputFile(path: path))
    try checkpoint.requireFinite(path, withOptimizer: true, advice: "go on with an earlier file")
    let stored = try Self.members(checkpoint.documents.configuration, of: path)
    guard (try? TrainCommand.parse(Self.options(stored))) != nil,
      let history = try? JSON(parsing: checkpoint.documents.history).array
    else { throw Self.noTraining(path) }
    let command = try Self.command(stored, arguments, path: path)
    let begun = try TrainingRun(command, definition: checkpoint.definition)
    try begun.checkSettings(stored, path: path)
    if command.arch != nil || command.normalise != nil,
      try command.definition(for: begun.images) != checkpoint.definition
    {
      throw Failure(.usage, "--resume \(path): holds another network; leave out --arch and --normalise")
    }
    let (earlier, threads) = (JSON.object(stored)["threads"], JSON.integer(Int64(begun.engine.threadCount)))
    note = earlier.flatMap {
      $0 == threads
        ? nil : "--resume \(path): threads were \($0.text), now \(threads.text); the same bytes need the same"
    }
    document = .object(stored.map { $0.key == "threads" ? .init($0.key, threads) : $0 })
    (configuration, engine) = (begun.configuration, begun.engine)
    (reference, images) = (begun.reference, begun.images)
    graph = begun.graph
    state = try TrainingState(checkpoint, history: history, of: graph, configuration)
    self.history = history
    output = command.output ?? path
    (inputs, oracle, origin, resumed) = (begun.inputs, begun.oracle, path, checkpoint)
  }

  /// Refuses settings that are others than those `stored` in `path`; files may have moved, and threads are noted.
  private func checkSettings(_ stored: [JSON.Member], path: String) throws {
    let free = ["data", "substitute_for", "threads"]
    for key in stored.map(\.key) + (document.members ?? []).map(\.key) where !free.contains(key) {
      let (there, given) = (JSON.object(stored)[key]?.text ?? "not set", document[key]?.text ?? "not set")
      guard there != given else { continue }
      throw Failure(.usage, "--resume \(path): \(key) is \(there) there, not \(given); leave it out")
    }
  }

  /// The command line of the run `stored` in `path`, with `arguments` after it.
  private static func command(_ stored: [JSON.Member], _ arguments: [String], path: String) throws -> TrainCommand {
    do {
      return try TrainCommand.parse(ProgramArguments.attachingNegativeNumbers(options(stored) + arguments))
    } catch {
      throw Failure(.usage, "--resume \(path): \(TrainCommand.message(for: error)); leave it out")
    }
  }

  /// A command line that makes the same model, wherever and however often it is saved: for its provenance.
  var arguments: [String] {
    let preprocessing = graph.definition.preprocessing
    let halves = [preprocessing.mean, preprocessing.standardDeviation].map { half in
      half.map { "\($0)" }.joined(separator: ",")
    }
    let normalise = preprocessing == .none ? [] : ["--normalise=\(halves.joined(separator: "/"))"]
    return ["--arch=\(graph.definition.architecture)"] + normalise + Self.options(document.members ?? [])
  }

  private static func members(_ configuration: String, of path: String) throws -> [JSON.Member] {
    guard let members = try? JSON(parsing: configuration).members else { throw noTraining(path) }
    return members
  }

  private static func noTraining(_ path: String) -> Failure {
    Failure(.data, "\(path): holds no training to go on with; give a model file of cusp-train")
  }

  /// A stored configuration as command-line options: every key is that of an option.
  private static func options(_ members: [JSON.Member]) -> [String] {
    members.compactMap { member in
      let name = "--\(member.key.replacing("_", with: "-"))"
      return member.value == .bool(true) ? name : text(member.value).map { "\(name)=\($0)" }
    }
  }

  private static func text(_ value: JSON) -> String? {
    switch value {
    case .null: nil
    case .string(let text): text
    case .bool: nil
    case .array(let list): list.isEmpty ? "none" : list.map(\.text).joined(separator: ",")
    default: value.text
    }
  }
}
