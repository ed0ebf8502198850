public import Checkpoints
import Failures
public import Networks
import Records

/// What a model file says about its network beside the tensors.
///
/// Checkpoints of ours say everything; other formats say what this package put into them, see `formats/interchange.md`.
public struct ModelDescription: Sendable {
  /// The architecture as data, with the preprocessing of pixels; nil if the file does not hold it.
  public var definition: NetworkDefinition?
  /// The names of the classes in the order of the logits; may be empty.
  public var classNames: [String] = []
  /// How long the model was trained.
  public var progress = Checkpoint.Progress()
  /// The documents that travel along.
  public var documents = Checkpoint.Documents()
  /// The digest of definition and tensors, of a checkpoint of ours alone.
  public var digest: String?
}

extension TensorFile {
  /// Whether this is a checkpoint of ours.
  public var isCheckpoint: Bool { format == .hdf5 && metadata["format"] == "cusp-checkpoint" }

  /// What the file says about its network.
  ///
  /// - Throws: `.data` if a checkpoint of ours is damaged, or if what this package put into another format is.
  public func description() throws -> ModelDescription {
    if isCheckpoint, case .listing(let listing) = content {
      let summary = try CheckpointSummary(listing)
      return ModelDescription(
        definition: summary.definition, classNames: summary.classNames, progress: summary.progress,
        documents: summary.documents, digest: summary.digest)
    }
    var description = ModelDescription()
    do {
      description.definition = try metadata[MetadataKey.definition].map(definition(json:))
    } catch let failure as Failure {
      throw Failure(failure.kind, "\(path): \(failure.message)")
    }
    description.classNames = (try json(MetadataKey.classNames)?.array ?? []).compactMap(\.string)
    description.documents.provenance = metadata[MetadataKey.provenance] ?? ""
    _ = try json(MetadataKey.provenance)
    description.progress.epoch = max(0, try json(MetadataKey.epoch)?.integer ?? 0)
    return description
  }

  private func json(_ key: String) throws -> JSON? {
    guard let text = metadata[key], !text.isEmpty else { return nil }
    do {
      return try JSON(parsing: text)
    } catch {
      throw Failure(.data, "\(path): its \(key) is not JSON: \(error.message)")
    }
  }
}

/// Under which keys this package puts what it knows of a model into files of other formats.
enum MetadataKey {
  static let definition = "cusp.definition"
  static let classNames = "cusp.class_names"
  static let epoch = "cusp.epoch"
  static let counters = "cusp.counters"
  static let provenance = "cusp.provenance"
}

/// The texts in the JSON object `bytes`; none if it is no object of texts.
func textMetadata(_ bytes: [UInt8]) -> [String: String] {
  guard let members = (try? JSON(parsing: bytes))?.members else { return [:] }
  let texts = members.compactMap { member in member.value.string.map { (member.key, $0) } }
  return Dictionary(texts, uniquingKeysWith: { first, _ in first })
}
