internal import Failures
package import HDF5
public import Networks
internal import Tensors

/// What a checkpoint says about itself: everything but the numbers, which are not read.
public struct CheckpointSummary: Sendable {
  /// The architecture as data, with the preprocessing of pixels; `NetworkGraph` accepts it.
  public let definition: NetworkDefinition
  /// The JSON of `definition` as it is stored and digested.
  public let definitionText: String
  /// The digest of definition and parameters; it agrees with the digests of `parameters`, which only reading verifies.
  public let digest: String
  /// The names of the classes in the order of the logits; may be empty.
  public let classNames: [String]
  /// The tensors of the network in its order.
  public let parameters: [TensorEntry]
  /// The tensors of the optimiser, sorted by name.
  public let optimizer: [TensorEntry]
  /// Where the training stands.
  public let progress: Checkpoint.Progress
  /// The documents that travel along.
  public let documents: Checkpoint.Documents

  /// Reads what the file at `path` says, in a guarded way.
  ///
  /// - Throws: `.noInput` if there is no file; `.data` if it is damaged, hostile or no checkpoint.
  public init(path: String) throws {
    try self.init(HDF5Listing(path: path))
  }

  /// What the file says that `listing` lists.
  ///
  /// - Throws: `.data` if it is damaged, hostile or no checkpoint.
  package init(_ listing: HDF5Listing) throws {
    let file = try CheckpointFile(listing)
    definition = file.graph.definition
    definitionText = file.definitionText
    digest = file.digest
    classNames = file.classNames
    parameters = file.parameters
    optimizer = file.optimizer
    progress = file.progress
    documents = file.documents
  }
}
