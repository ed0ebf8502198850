public import Checkpoints
internal import Failures
internal import Interchange
internal import Networks
public import Records

extension OpenedModel {
  /// How the file came to be; nil if it does not say so.
  public var provenance: Provenance? { Provenance(json: description.documents.provenance) }

  /// One of the documents that travel along; nil when it is empty.
  ///
  /// - Throws: `.data` if it is not JSON, under its `name`.
  public func document(_ document: KeyPath<Checkpoint.Documents, String>, _ name: String) throws -> JSON? {
    let text = description.documents[keyPath: document]
    guard !text.isEmpty else { return nil }
    do {
      return try JSON(parsing: text)
    } catch {
      throw Failure(.data, "\(file.path): its \(name) is not JSON: \(error.message)")
    }
  }

  /// The network's definition as JSON: byte for byte as a checkpoint has it, else that of the network recognised.
  ///
  /// - Throws: `.data` if no network is known.
  public func definitionText() throws -> String {
    if file.isCheckpoint, let text = file.metadata["definition"] { return text }
    guard let graph else {
      // A graph that is not taken says why.
      _ = try file.model()
      throw Failure(.data, "\(file.path): no network known here has tensors of these names and shapes")
    }
    return try definitionJSON(graph.definition)
  }
}
