public import Networks
public import Tensors

/// A trained network, or one in the midst of training: everything that evaluation and an exact resume need.
///
/// Two checkpoints with the same content make files with the same bytes. The page `formats/checkpoint.md` gives the
/// layout.
public struct Checkpoint: Sendable {
  /// Where a training run stands.
  public struct Progress: Equatable, Sendable {
    /// Epochs completed, 0 or more.
    public var epoch: Int
    /// Steps of the optimiser completed in the epoch after those, 0 or more.
    public var step: Int
    /// Running sums over those steps, by name, such as the loss; kept to the last bit.
    public var sums: [String: Double]

    /// A run that has completed `epoch` epochs and `step` steps of the next.
    public init(epoch: Int = 0, step: Int = 0, sums: [String: Double] = [:]) {
      self.epoch = epoch
      self.step = step
      self.sums = sums
    }
  }

  /// The documents that travel with the weights, each JSON, or empty where there is none.
  ///
  /// What is not ASCII is written as `\u` escapes, which mean the same.
  public struct Documents: Equatable, Sendable {
    /// The configuration of the run with all defaults filled in.
    public var configuration: String
    /// What each completed epoch gave.
    public var history: String
    /// Tool, version and the parent's digest.
    public var provenance: String

    /// Documents; none unless given.
    public init(configuration: String = "", history: String = "", provenance: String = "") {
      self.configuration = configuration
      self.history = history
      self.provenance = provenance
    }
  }

  /// The architecture as data, with the preprocessing of pixels.
  public let definition: NetworkDefinition
  /// The tensors of the network.
  public let parameters: Parameters
  /// The SHA-256 of the definition and the parameters, 64 lowercase hexadecimal digits: what a model is known by.
  ///
  /// It depends on nothing else in the checkpoint, and not on the file.
  public let digest: String
  /// The names of the classes in the order of the logits; empty if nobody gave them.
  public var classNames: [String]
  /// The tensors of the optimiser by dotted name, as in `momentum.features.0.weight`.
  public var optimizer: [String: Tensor]
  /// Where the training stands.
  public var progress: Progress
  /// The documents that travel along.
  public var documents: Documents

  /// The SHA-256 of each of `parameters.tensors`, in their order.
  let parameterDigests: [String]
  /// The definition's JSON as it is stored and digested.
  let definitionText: String

  /// A checkpoint of the network `definition` with `parameters`; takes their digest, about a second per 500 MB.
  ///
  /// - Throws: `.internal` if the definition cannot be written as JSON, as with a setting that is not finite.
  public init(
    definition: NetworkDefinition, parameters: Parameters, classNames: [String] = [],
    optimizer: [String: Tensor] = [:], progress: Progress = Progress(), documents: Documents = Documents()
  ) throws {
    self.definition = definition
    self.parameters = parameters
    self.classNames = classNames
    self.optimizer = optimizer
    self.progress = progress
    self.documents = documents
    parameterDigests = parameters.tensors.map { sha256(of: $0.values) }
    let entries = zip(parameters.specs, parameterDigests).map { TensorEntry(spec: $0, digest: $1) }
    definitionText = try definitionJSON(definition)
    digest = modelDigest(definition: definitionText, tensors: entries)
  }
}
