import ArgumentParser
import Checkpoints
import Evaluation
import Failures
import Files
import Networks
import Records
import ToolOptions
import ToolSupport
import Training

extension TrainingRun {
  /// The run that the model file `origin` is part of; `arguments` may repeat its settings, but not change them.
  ///
  /// - Throws: `Failure` when the file holds no training of this tool, or `arguments` contradict it.
  init(resuming origin: Origin, arguments: [String]) throws {
    let path = origin.path
    let checkpoint = try Checkpoint(reading: InputFile(path: path))
    try checkpoint.requireFinite(path, withOptimizer: true, advice: "go on with an earlier file")
    let stored = try Self.members(checkpoint.documents.configuration, of: path)
    guard (try? TrainCommand.parse(Self.options(stored))) != nil,
      let history = try? JSON(parsing: checkpoint.documents.history).array
    else { throw Self.noTraining(path) }
    let command = try Self.command(stored, arguments, of: origin)
    let begun = try TrainingRun(command, definition: checkpoint.definition)
    try begun.checkSettings(stored, of: origin)
    if command.arch != nil || command.normalise != nil,
      try command.definition(for: begun.images) != checkpoint.definition
    {
      throw Failure(.usage, "\(origin): holds another network; leave out --arch and --normalise")
    }
    let (earlier, threads) = (JSON.object(stored)["threads"], JSON.integer(Int64(begun.engine.threadCount)))
    earlierNotes = [
      Self.continuation(of: origin, from: checkpoint.progress, epochs: begun.configuration.epochs),
      earlier.flatMap {
        $0 == threads ? nil : "\(origin): threads were \($0.text), now \(threads.text); the same bytes need the same"
      },
    ].compactMap(\.self)
    let epochs = JSON.integer(Int64(command.recipe.epochs))
    let current = ["threads": threads, "epochs": epochs]
    document = .object(stored.map { .init($0.key, current[$0.key] ?? $0.value) })
    descent = Descent(document, checkpoint.documents)
    (configuration, engine) = (begun.configuration, begun.engine)
    (reference, images) = (begun.reference, begun.images)
    graph = begun.graph
    state = try TrainingState(checkpoint, history: history, of: graph, configuration)
    self.history = history
    (output, partial) = (command.output ?? path, command.start.partial)
    (inputs, oracle, self.origin, resumed) = (begun.inputs, begun.oracle, path, checkpoint)
  }

  /// What people are told of a file that was not named to be gone on with; nil where nothing is left to do.
  private static func continuation(of origin: Origin, from progress: Checkpoint.Progress, epochs: Int) -> String? {
    guard origin.option == "--partial", progress.epoch < epochs else { return nil }
    let place = progress.step == 0 ? "with" : "within"
    return "\(origin.path): goes on \(place) epoch \(progress.epoch + 1) of \(epochs)"
  }

  /// Refuses settings that are others than those `stored` in `origin`; files may have moved, and threads are noted.
  private func checkSettings(_ stored: [JSON.Member], of origin: Origin) throws {
    let free = ["data", "substitute_for", "threads"]
    for key in stored.map(\.key) + (document.members ?? []).map(\.key) where !free.contains(key) {
      let (there, given) = (JSON.object(stored)[key]?.text ?? "not set", document[key]?.text ?? "not set")
      guard there != given else { continue }
      if key == "epochs", let earlier = Int(there), configuration.epochs > earlier {
        try refuseMoreEpochs(of: origin)
        continue
      }
      throw Failure(.usage, "\(origin): \(key) is \(there) there, not \(given); \(origin.advice)")
    }
  }

  /// Refuses more epochs where those that are over would have been others.
  private func refuseMoreEpochs(of origin: Origin) throws {
    let reason: String
    switch configuration.schedule.course {
    case _ where document["curriculum"] != nil: reason = "its curriculum is made for its epochs"
    case _ where oracle != nil: reason = "a substitute's images grow between its epochs"
    case .cosine, .oneCycle, .cyclic: reason = "its learning rate is made for its epochs"
    case .steps: return
    }
    throw Failure(.usage, "\(origin): \(reason); leave out --epochs, or begin a run with --from")
  }

  /// The command line of the run `stored` in `origin`, with `arguments` after it.
  private static func command(
    _ stored: [JSON.Member], _ arguments: [String], of origin: Origin
  ) throws -> TrainCommand {
    do {
      return try TrainCommand.parse(ProgramArguments.attachingNegativeNumbers(options(stored) + arguments))
    } catch {
      throw Failure(.usage, "\(origin): \(TrainCommand.message(for: error)); leave it out")
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

extension Checkpoint.Progress {
  /// Where a run stands, for people.
  var place: String { step == 0 ? "epoch \(epoch)" : "epoch \(epoch), step \(step) of the next" }
}
