internal import Failures
public import Files
internal import HDF5
internal import Networks
internal import Tensors

extension Checkpoint {
  /// Reads the checkpoint at `path`: the file is not trusted, and every tensor is held against its SHA-256.
  ///
  /// - Throws: `.noInput` if there is no file; `.data` if it is damaged, hostile or no checkpoint, with the tensors that
  ///   are missing, unexpected or of another shape, at most 10 of each.
  public init(reading path: String) throws { try self.init(reading: InputFile(onDisk: path)) }

  /// Reads the checkpoint `input`, as `init(reading:)` of a path.
  ///
  /// - Throws: as that.
  public init(reading input: InputFile) throws {
    let file = try CheckpointFile(HDF5Listing(input))
    let tensors = try file.parameters.map { try Self.tensor($0, in: Layout.parameters, of: file) }
    let optimizer = try file.optimizer.map { ($0.name, try Self.tensor($0, in: Layout.optimizer, of: file)) }
    var remaining = tensors.makeIterator()
    parameters = Parameters(of: file.graph) { remaining.next() ?? Tensor($0.shape) }
    parameterDigests = file.parameters.map(\.digest)
    definition = file.graph.definition
    definitionText = file.definitionText
    digest = file.digest
    classNames = file.classNames
    progress = file.progress
    documents = file.documents
    self.optimizer = Dictionary(uniqueKeysWithValues: optimizer)
  }

  /// What the checkpoint at `path` says about itself, without reading its tensors.
  ///
  /// - Throws: as `init(reading:)`, save for damage inside a tensor, which only reading finds.
  public static func summary(path: String) throws -> CheckpointSummary {
    try CheckpointSummary(path: path)
  }

  private static func tensor(_ entry: TensorEntry, in root: String, of file: CheckpointFile) throws -> Tensor {
    let name = try Layout.dataset(entry.name, in: root)
    let values = try file.listing.readFloats(name)
    guard sha256(of: values) == entry.digest else {
      throw Failure(.data, "\(file.listing.path): \(name): its bytes do not have its SHA-256; it is damaged")
    }
    return Tensor(entry.shape, values)
  }
}
