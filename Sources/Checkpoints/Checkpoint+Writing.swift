internal import Files
internal import Networks
internal import Tensors

extension Checkpoint {
  /// Replaces the file at `path` by this checkpoint as a whole, synced to the disk.
  ///
  /// - Throws: `.cannotCreate` if no file can be made there; `.inputOutput` if the disk is full or fails; `.data` for more
  ///   than 4000 class names.
  public func write(to path: String) throws {
    try replaceFile(at: path) { temporary in
      var writer = try CheckpointWriter(path: temporary, named: path)
      for (index, spec) in parameters.specs.enumerated() {
        try writer.add(spec.path, parameters.tensors[index], digest: parameterDigests[index])
      }
      for (name, tensor) in optimizer.sorted(by: { $0.key < $1.key }) { try writer.add(optimizer: name, tensor) }
      _ = try writer.finish(
        definition: definition, classNames: classNames, progress: progress, documents: documents)
    }
  }
}
