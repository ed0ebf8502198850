import Checkpoints
import Failures
import Files
import Networks
import Records
import Tensors
import ToolSupport

/// The model files to look at: those named, else those that `checkpoint` records on standard input announce.
struct ModelFiles {
  let paths: [String]

  /// Hands every file to `body`, one after the other.
  func forEach(_ context: ToolContext, _ body: (ModelFile) throws -> Void) throws {
    for path in paths { try body(ModelFile(path: path, announced: nil)) }
    guard paths.isEmpty else { return }
    var records = try CheckpointRecords(context)
    while let record = try records.next() { try body(ModelFile(path: record.path, announced: record.digest)) }
  }
}

/// One file that should hold a model.
struct ModelFile {
  let path: String
  /// The digest that the file's record has; nil without a record.
  let announced: String?

  /// What the file says about itself, without its tensors.
  /// - Throws: `Failure(.data)` that says what the file is if it is no model, or if another was announced.
  func summary() throws -> CheckpointSummary {
    let summary: CheckpointSummary
    do {
      summary = try CheckpointSummary(path: path)
    } catch let failure as Failure where failure.kind == .data {
      try refuseOtherKinds()
      throw failure
    }
    try refuseAnother(than: summary.digest)
    return summary
  }

  /// Whether the file holds what it says, to the last bit, and the line that says so.
  /// - Throws: `Failure(.data)` for a file of another kind, and if another model was announced.
  func verdict() throws -> (isSound: Bool, line: String) {
    let checkpoint: Checkpoint
    do {
      checkpoint = try Checkpoint(reading: path)
    } catch let failure as Failure where failure.kind == .data {
      try refuseOtherKinds()
      return (false, failure.message)
    }
    try refuseAnother(than: checkpoint.digest)
    let network = zip(checkpoint.parameters.specs.map(\.path.text), checkpoint.parameters.tensors)
    let tensors = Array(network) + checkpoint.optimizer.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    for (name, tensor) in tensors {
      guard let place = tensor.values.firstIndex(where: { !$0.isFinite }) else { continue }
      return (false, "\(path): \(name): element \(place) is \(tensor.values[place]), not a finite number")
    }
    let count = tensors.reduce(0) { $0 + $1.1.values.count }
    return (true, "\(path): ok: \(tensors.count) tensors, \(count) numbers, digest \(checkpoint.digest)")
  }

  private func refuseOtherKinds() throws {
    let kind = try FileKind(ofFileAt: path)
    guard kind != .hdf5 else { return }
    throw Failure(.data, "\(path): \(kind.description), no model; name an HDF5 file that cusp-train has written")
  }

  private func refuseAnother(than digest: String) throws {
    guard let announced, announced != digest else { return }
    throw Failure(
      .data,
      "\(path): holds model \(digest.prefix(12)), its record announced \(announced.prefix(12)): it was replaced since")
  }
}
