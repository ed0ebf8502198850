import ArgumentParser
import Checkpoints
import Datasets
import Evaluation
import Failures
import Files
import Networks
import Ranks
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
  /// The file that it is written to until it is whole, where that has another name.
  let partial: String?
  /// The model file that this goes on with.
  let origin: String?
  /// Set where this goes on with a file.
  let resumed: Checkpoint?
  /// What people should know before it starts: of the model that it begins with, of the file and the threads of one that
  /// is resumed, and of budgets out of reach.
  var notes: [String] { earlierNotes + [configuration.shortfall].compactMap(\.self) }
  /// Those of them that tell of a file.
  let earlierNotes: [String]
  /// Where its first weights came from.
  let descent: Descent

  /// Whether sums over ranks may depend on how many there are.
  var sumsInAnyOrder: Bool { document["fast_reduction"] == .bool(true) }

  /// What tells whether another rank was given the same settings.
  var fingerprint: UInt64 {
    var print = Fingerprint()
    for byte in "\(document.text) \(state.epoch) \(state.step)".utf8 { print.add(UInt64(byte)) }
    return print.value
  }

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
    partial = command.start.partial
    output = command.output ?? "\(name)-\(oracle == nil ? command.recipe.name : "substitute")\(seed).h5"
    let files = [command.recipe.curriculum?.file, command.arch?.file, oracle, command.start.from].compactMap(\.self)
    inputs = reference.inputFiles + files + (start?.paths ?? [])
    graph = try start?.graph ?? NetworkGraph(definition)
    state = TrainingState(
      parameters: start?.parameters ?? Parameters(initializing: graph, seed: configuration.seed))
    earlierNotes = start.map { start in start.notes.map { "\(start.path): \($0)" } } ?? []
    (history, origin, resumed, descent) = ([], nil, nil, Descent(start))
  }
}
