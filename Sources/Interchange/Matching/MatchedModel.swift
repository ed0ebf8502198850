public import Checkpoints
import Failures
import HDF5
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
  /// The tensors among the network's that it does not have, and that are passed over.
  public let ignored: [StoredTensor]
  /// What else the file says about the network.
  public let description: ModelDescription
  /// What a person should know about the match, one line each.
  public let notes: [String]

  /// The network's tensors by its own names, in its order.
  var named: [StoredTensor] {
    zip(graph.parameters, tensors).compactMap { spec, tensor in tensor?.renamed(group: "", name: spec.path.text) }
  }

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
public struct ModelRequest: Hashable, Sendable {
  /// The architecture; the one whose names and shapes fit if nil.
  public var architecture: Architecture?
  /// The network itself, in place of an architecture.
  public var definition: NetworkDefinition?
  /// Whether that may have its head for another number of classes in the file, which then tells it.
  public var takesOtherClasses = false
  /// One image's sizes `[c, h, w]`; the usual ones that fit if nil.
  public var imageShape: [Int]?
  /// What happens to pixels before the first layer; what the file says, or nothing, if nil.
  public var preprocessing: Preprocessing?
  /// Which tensors are the network's, and by which names.
  public var selection = StateSelection()

  /// A request for what is given.
  public init(
    architecture: Architecture? = nil, definition: NetworkDefinition? = nil, imageShape: [Int]? = nil,
    preprocessing: Preprocessing? = nil, selection: StateSelection = StateSelection()
  ) {
    self.selection = selection
    self.architecture = architecture
    self.definition = definition
    self.imageShape = imageShape
    self.preprocessing = preprocessing
  }

  /// Whether it says which network it is.
  var isNamed: Bool { architecture != nil || definition != nil }

  /// Whether it says anything of the network, and not of its tensors alone.
  package var describesNetwork: Bool { isNamed || imageShape != nil || preprocessing != nil }
}

extension TensorFile {
  /// What a person should know of the dictionary that was taken, where there are others of the same shapes.
  func notes(on selection: StateSelection) throws -> [String] {
    let group = try networkGroup(selection)
    let others = siblings(of: group)
    guard !others.isEmpty else { return [] }
    let names = others.map(printable).joined(separator: ", ")
    return ["took the dictionary \(printable(group)); --group takes another of the same shapes: \(names)"]
  }

  /// The file's model, read whole as a checkpoint of this package, and what a person should know of it, one line each.
  ///
  /// - Throws: as `model(_:)`; `.data` naming what is not read among its tensors, and if one is damaged.
  public func checkpoint(_ request: ModelRequest) throws -> (Checkpoint, notes: [String]) {
    let unread = try unreadOfNetwork(request.selection)
    if let first = unread.first(where: \.mayBeTensor) {
      throw Failure(.data, "\(path): \(printable(first.path)): \(first.reason)")
    }
    let model = try model(request)
    let (definition, description) = (model.graph.definition, model.description)
    let checkpoint = try Checkpoint(
      definition: definition, parameters: model.parameters(),
      classNames: description.classNames.count == definition.classCount ? description.classNames : [],
      progress: description.progress, documents: description.documents)
    return (checkpoint, model.notes)
  }

  /// Finds the network that the file's tensors belong to.
  ///
  /// - Throws: `.data` if they fit none: with the tensors that are missing, unexpected or of another shape, at most 10 of
  ///   each, for the network that was asked for or that has more than nine tenths of the elements, else with what was found;
  ///   and as `description()` and `stateDictionary()`.
  public func model(_ request: ModelRequest = ModelRequest()) throws -> MatchedModel {
    if let findModel, !request.isNamed { return try findModel(self, request) }
    let description = try description()
    let state = try stateDictionary(request.selection)
    let found = try NetworkMatch(state, in: self, description: description, request: request)
    return MatchedModel(
      file: self, graph: found.graph, tensors: found.tensors, ignored: found.ignored, description: description,
      notes: try found.notes + notes(on: request.selection))
  }
}
