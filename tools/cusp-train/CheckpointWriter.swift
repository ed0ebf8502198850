import Checkpoints
import Datasets
import Failures
import Files
import Networks
import Records
import ToolSupport
import Training

/// Writes the model file after every epoch, and says what to announce.
struct CheckpointWriter {
  private let output: String
  private let kept: [Int]
  private let graph: NetworkGraph
  private let classNames: [String]
  private let configuration: JSON
  private let data: DatasetReference
  private var history: [JSON] = []

  /// A writer to `output`, which refuses at once where it could not write in the end.
  init(
    output: String, keeping kept: [Int], graph: NetworkGraph, classNames: [String], configuration: JSON,
    data: DatasetReference
  ) throws {
    try checkReplaceable(output)
    (self.output, self.kept, self.graph, self.classNames) = (output, kept, graph, classNames)
    (self.configuration, self.data) = (configuration, data)
  }

  /// Saves `state` and returns the records that announce what is to stay.
  mutating func save(_ state: TrainingState, after epoch: EpochRecord) throws -> [CheckpointRecord] {
    history.append(epoch.historyEntry)
    let provenance = JSON.object([.init("tool", .string("cusp-train")), .init("version", .string(toolVersion))])
    let momentum = state.momentum.map { ("momentum.\($0.key)", $0.value) }
    let checkpoint = try Checkpoint(
      definition: graph.definition, parameters: state.parameters, classNames: classNames,
      optimizer: Dictionary(uniqueKeysWithValues: momentum),
      progress: Checkpoint.Progress(epoch: state.epoch),
      documents: Checkpoint.Documents(
        configuration: configuration.text, history: JSON.array(history).text, provenance: provenance.text))
    var announced: [CheckpointRecord] = []
    if kept.contains(state.epoch), state.epoch < epoch.epochs {
      let path = name(epoch: state.epoch)
      try checkpoint.write(to: path)
      announced.append(record(checkpoint, at: path))
    }
    try checkpoint.write(to: output)
    if state.epoch == epoch.epochs { announced.append(record(checkpoint, at: output)) }
    return announced
  }

  private func record(_ checkpoint: Checkpoint, at path: String) -> CheckpointRecord {
    CheckpointRecord(
      path: absolutePath(path), digest: checkpoint.digest, epoch: checkpoint.progress.epoch,
      architecture: checkpoint.definition.architecture, data: absoluteData)
  }

  /// The data set by a name that holds in every folder.
  private var absoluteData: String {
    switch data {
    case .digits: data.description
    case .folder(let family, let path): DatasetReference.folder(family, path: absolutePath(path)).description
    case .npz(let path), .hdf5(let path): absolutePath(path)
    }
  }

  /// `model.h5` as `model-epoch5.h5`.
  private func name(epoch: Int) -> String {
    let stem = output.hasSuffix(".h5") ? String(output.dropLast(3)) : output
    return "\(stem)-epoch\(epoch).h5"
  }
}
