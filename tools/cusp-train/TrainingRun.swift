import ArgumentParser
import Checkpoints
import Datasets
import Evaluation
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
  /// What people should know before it starts: of the model that it begins with, of the threads of a file that is
  /// resumed, and of budgets out of reach.
  var notes: [String] { earlierNotes + [configuration.shortfall].compactMap(\.self) }
  private let earlierNotes: [String]
  /// Where its first weights came from.
  let descent: Descent

  /// The run that `command` describes, from its first step, of its network or of `definition`.
  init(_ command: TrainCommand, definition: NetworkDefinition? = nil) throws {
    reference = try DatasetReference(command.data)
    images = try reference.load(split: .train, limit: command.imageLimit)
    let start = try definition == nil ? command.startingModel(for: images) : nil
    let definition = try definition ?? start?.graph.definition ?? command.definition(for: images)
    configuration = try command.recipe.configuration(
      channels: images.imageShape[0], imageCount: images.count,
      augmentation: command.substitute.augmentation(command.recipe))
    document = configuration.json(command)
    engine = command.engine
    let name = definition.architecture.replacing("/", with: "-")
    let seed = configuration.seed == 0 ? "" : "-seed\(configuration.seed)"
    oracle = command.substitute.substituteFor
    output = command.output ?? "\(name)-\(oracle == nil ? command.recipe.name : "substitute")\(seed).h5"
    let files = [command.recipe.curriculum?.file, command.arch?.file, oracle, command.start.from].compactMap(\.self)
    inputs = reference.inputFiles + files + (start?.paths ?? [])
    graph = try start?.graph ?? NetworkGraph(definition)
    state = TrainingState(
      parameters: start?.parameters ?? Parameters(initializing: graph, seed: configuration.seed))
    earlierNotes = start.map { start in start.notes.map { "\(start.path): \($0)" } } ?? []
    (history, origin, resumed, descent) = ([], nil, nil, Descent(start))
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
    earlierNotes =
      earlier.flatMap {
        $0 == threads
          ? nil : ["--resume \(path): threads were \($0.text), now \(threads.text); the same bytes need the same"]
      } ?? []
    let epochs = JSON.integer(Int64(command.recipe.epochs))
    let current = ["threads": threads, "epochs": epochs]
    document = .object(stored.map { .init($0.key, current[$0.key] ?? $0.value) })
    descent = Descent(document, checkpoint.documents)
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
      if key == "epochs", let earlier = Int(there), configuration.epochs > earlier {
        try refuseMoreEpochs(path: path)
        continue
      }
      throw Failure(.usage, "--resume \(path): \(key) is \(there) there, not \(given); leave it out")
    }
  }

  /// Refuses more epochs where those that are over would have been others.
  private func refuseMoreEpochs(path: String) throws {
    let reason: String
    switch configuration.schedule.course {
    case _ where document["curriculum"] != nil: reason = "its curriculum is made for its epochs"
    case _ where oracle != nil: reason = "a substitute's images grow between its epochs"
    case .cosine, .oneCycle: reason = "its learning rate is made for its epochs"
    case .steps: return
    }
    throw Failure(.usage, "--resume \(path): \(reason); leave out --epochs, or begin a run with --from")
  }

  /// The command line of the run `stored` in `path`, with `arguments` after it.
  private static func command(_ stored: [JSON.Member], _ arguments: [String], path: String) throws -> TrainCommand {
    do {
      return try TrainCommand.parse(ProgramArguments.attachingNegativeNumbers(options(stored) + arguments))
    } catch {
      throw Failure(.usage, "--resume \(path): \(TrainCommand.message(for: error)); leave it out")
    }
  }

  private static func members(_ configuration: String, of path: String) throws -> [JSON.Member] {
    guard let members = try? JSON(parsing: configuration).members else { throw noTraining(path) }
    return members
  }

  private static func noTraining(_ path: String) -> Failure {
    Failure(.data, "\(path): holds no training to go on with; give a model file of cusp-train")
  }
}
