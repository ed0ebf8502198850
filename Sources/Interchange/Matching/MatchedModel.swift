import Failures
public import Networks
import Tensors

/// A model file whose tensors were found to be those of a network.
public struct MatchedModel: Sendable {
  /// The file.
  public let file: TensorFile
  /// The network, checked.
  public let graph: NetworkGraph
  /// The file's tensors, parallel to `graph.parameters`; nil for a counter of batches that the file lacks, which is 0.
  public let tensors: [StoredTensor?]
  /// What else the file says about the network.
  public let description: ModelDescription
  /// What a person should know about the match, one line each.
  public let notes: [String]

  /// Reads all tensors.
  ///
  /// - Throws: as `read(_:as:)`.
  public func parameters() throws -> Parameters {
    var remaining = tensors.makeIterator()
    return try Parameters(of: graph) { spec in try read(remaining.next() ?? nil, as: spec) }
  }

  /// Reads `tensor`, the one of `tensors` that belongs to `spec`.
  ///
  /// - Throws: `.data` if it is damaged or holds what no 32-bit float holds; `.inputOutput` if the disk fails.
  func read(_ tensor: StoredTensor?, as spec: ParameterSpec) throws -> Tensor {
    guard let tensor else { return Tensor(spec.shape) }
    let isCount = spec.role == .counter && tensor.element == .int64
    return Tensor(spec.shape, isCount ? [try count(in: tensor)] : try file.floats(of: tensor))
  }

  /// The counter of batches `tensor`, which may be rounded: after 16 million nobody minds one.
  private func count(in tensor: StoredTensor) throws -> Float {
    var count: Float = 0
    try file.forEachPart(of: tensor) { count = Float(Int64(littleEndian: $0.loadUnaligned(as: Int64.self))) }
    return count
  }
}

/// What is known of a network before its file is looked into.
public struct ModelRequest: Sendable {
  /// The architecture; the one whose names and shapes fit if nil.
  public var architecture: Architecture?
  /// The network itself, in place of an architecture.
  public var definition: NetworkDefinition?
  /// One image's sizes `[c, h, w]`; the usual ones that fit if nil.
  public var imageShape: [Int]?
  /// What happens to pixels before the first layer; what the file says, or nothing, if nil.
  public var preprocessing: Preprocessing?

  /// A request for what is given.
  public init(
    architecture: Architecture? = nil, definition: NetworkDefinition? = nil, imageShape: [Int]? = nil,
    preprocessing: Preprocessing? = nil
  ) {
    self.architecture = architecture
    self.definition = definition
    self.imageShape = imageShape
    self.preprocessing = preprocessing
  }

  /// Whether it says which network it is.
  var isNamed: Bool { architecture != nil || definition != nil }
}

extension TensorFile {
  /// Finds the network that the file's tensors belong to.
  ///
  /// - Throws: `.data` if they fit none: with the tensors that are missing, unexpected or of another shape, at most 10 of
  ///   each, for the network that was asked for or that has more than nine tenths of the elements, else with what was found;
  ///   and as `description()` and `stateDictionary()`.
  public func model(_ request: ModelRequest = ModelRequest()) throws -> MatchedModel {
    let description = try description()
    let found = try NetworkMatch(stateDictionary(), in: self, description: description, request: request)
    return MatchedModel(
      file: self, graph: found.graph, tensors: found.tensors, description: description, notes: found.notes)
  }
}
