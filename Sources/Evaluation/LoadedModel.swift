public import Checkpoints
public import Files
public import Networks
public import Programs
import Records
import Tensors

/// A model read from a file, ready to be compiled.
public struct LoadedModel {
  /// What the file it was read from is called.
  public let path: String
  /// The SHA-256 of its definition and tensors.
  public var digest: String { checkpoint.digest }
  /// The data set it was trained on, as `--data` takes it.
  public let data: String
  /// What the file holds.
  public let checkpoint: Checkpoint
  /// The network, checked.
  public let graph: NetworkGraph
  /// How many channels its images have.
  public var channels: Int { graph.imageShape[0] }
  /// How many bytes its tensors take.
  public var byteCount: Int { checkpoint.parameters.tensors.reduce(0) { $0 + 4 * $1.shape.count } }
  private let backend: any Backend

  /// The model in the file `input`; `data` in place of the data set that the file names.
  ///
  /// - Throws: `Failure` when there is none, a damaged one, or one with numbers that are not finite, unless it
  ///   `allowsNonFinite`.
  public init(
    reading input: InputFile, data: String? = nil, allowsNonFinite: Bool = false, on backend: any Backend
  ) throws {
    path = input.name
    checkpoint = try Checkpoint(reading: input)
    if !allowsNonFinite { try checkpoint.requireFinite(path, advice: "--allow-non-finite takes such a model") }
    graph = try NetworkGraph(checkpoint.definition)
    self.data = data ?? (try? JSON(parsing: checkpoint.documents.configuration))?["data"]?.string ?? "digits"
    self.backend = backend
  }

  /// Compiles it to answer with logits.
  ///
  /// - Throws: `Failure` when the engine refuses.
  public func inference() throws -> InferenceProgram {
    try InferenceProgram(graph, parameters: checkpoint.parameters, on: backend)
  }

  /// Compiles it to answer with gradients with respect to the pixels.
  ///
  /// - Throws: `Failure` when the engine refuses.
  public func inputGradient() throws -> InputGradientProgram {
    try InputGradientProgram(graph, parameters: checkpoint.parameters, on: backend)
  }
}
