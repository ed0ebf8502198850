import Checkpoints
import Datasets
import Failures
import Files
import Networks
import Programs
import Records
import ToolSupport
import Training

/// Writes the model file, after every epoch and in between, and says what to announce.
final class CheckpointWriter {
  private let run: TrainingRun
  private let kept: [Int]
  /// Named in provenance, since bits depend on it, where a choice of algorithms was asked for.
  private let chosenEngine: (any Backend)?
  /// The digest of the model that a substitute is trained for.
  private let oracle: String?
  private var history: [JSON]
  /// What the file holds of this run; nil before the first writing.
  private(set) var saved: Checkpoint.Progress?

  /// A writer for `run`, in that of a substitute made of the model with the digest `oracle`, that also keeps the model
  /// after the epochs `kept`; refuses at once where it could not write in the end or would destroy an input or, unless
  /// `isForced`, another file; tidies up where a killed run could not.
  init(
    _ run: TrainingRun, of oracle: String? = nil, keeping kept: [Int], replacing isForced: Bool, _ context: ToolContext,
    chosenEngine: (any Backend)? = nil
  ) throws {
    (self.run, self.oracle, self.kept, self.chosenEngine, history) = (run, oracle, kept, chosenEngine, run.history)
    saved = run.resumed?.progress
    let own = [run.output, run.partial].compactMap(\.self)
    let outputs = own + kept.filter { $0 < run.configuration.epochs }.map(name(epoch:))
    for (place, path) in outputs.enumerated() {
      let others = place < own.count ? [] : [run.origin, run.partial].compactMap(\.self)
      try context.checkOutput(path, reading: run.inputs + others)
      if !isForced { try run.refuseOther(at: path) }
    }
    if let partial = run.partial { try checkMove(partial, to: run.output) }
    for path in outputs { removeAbandonedFiles(of: path) }
  }

  /// Saves `state` in the midst of an epoch.
  func save(_ state: TrainingState) throws { try write(try checkpoint(state)) }

  /// Saves `state` at the end of `epoch`, and returns the records that announce what is to stay.
  func save(_ state: TrainingState, after epoch: EpochRecord) throws -> [CheckpointRecord] {
    history.append(epoch.historyEntry)
    let checkpoint = try checkpoint(state)
    var announced: [CheckpointRecord] = []
    if kept.contains(state.epoch), state.epoch < epoch.epochs {
      let path = name(epoch: state.epoch)
      try checkpoint.write(to: path)
      announced.append(record(checkpoint, of: state, at: path))
    }
    try write(checkpoint)
    guard state.epoch == epoch.epochs else { return announced }
    if let partial = run.partial { try moveFile(partial, to: run.output) }
    return announced + [record(checkpoint, of: state, at: run.output)]
  }

  /// Has the model of a run that was finished before be where it belongs, and returns the record that announces it.
  func conclude(_ checkpoint: Checkpoint) throws -> CheckpointRecord {
    if let partial = run.partial, run.origin == partial {
      try moveFile(partial, to: run.output)
    } else if !run.isInPlace {
      try checkpoint.write(to: run.output)
    }
    return record(checkpoint, of: run.state, at: run.output)
  }

  /// `failure` of the training, with what the file still holds.
  func describing(_ failure: Failure) -> Failure {
    guard failure.kind == .data, let saved else { return failure }
    return Failure(.data, "\(failure.message); \(run.workFile) holds \(saved.place)")
  }

  private func write(_ checkpoint: Checkpoint) throws {
    try checkpoint.write(to: run.workFile)
    saved = checkpoint.progress
  }

  private func checkpoint(_ state: TrainingState) throws -> Checkpoint {
    let provenance = Provenance(
      .init(
        tool: "cusp-train", version: toolVersion, arguments: run.arguments, engine: chosenEngine?.name,
        parent: oracle.map { .model(digest: $0) } ?? run.descent.parent),
      after: run.descent.earlier)
    return try Checkpoint(
      definition: run.graph.definition, parameters: state.model, classNames: run.images.classNames,
      optimizer: state.optimizer, progress: state.progress,
      documents: Checkpoint.Documents(
        configuration: run.document.text, history: JSON.array(history).text, provenance: try provenance.json()))
  }

  private func record(_ checkpoint: Checkpoint, of state: TrainingState, at path: String) -> CheckpointRecord {
    CheckpointRecord(
      path: absolutePath(path), digest: checkpoint.digest, epoch: state.best?.epoch ?? state.epoch,
      architecture: checkpoint.definition.architecture, data: absoluteData)
  }

  /// The data set by a name that holds in every folder.
  private var absoluteData: String { Self.absolute(run.reference).description }

  private static func absolute(_ reference: DatasetReference) -> DatasetReference {
    switch reference {
    case .digits: .digits
    case .folder(let family, let path): .folder(family, path: absolutePath(path))
    case .npz(let path): .npz(path: absolutePath(path))
    case .hdf5(let path): .hdf5(path: absolutePath(path))
    case .images(let path, let fit): .images(path: absolutePath(path), fit: fit)
    case .image(let path, let label): .image(path: absolutePath(path), label: label)
    case .canvas(let side, let data): .canvas(side: side, of: absolute(data))
    }
  }

  /// `model.h5` as `model-epoch5.h5`.
  private func name(epoch: Int) -> String {
    let stem = run.output.hasSuffix(".h5") ? String(run.output.dropLast(3)) : run.output
    return "\(stem)-epoch\(epoch).h5"
  }
}
