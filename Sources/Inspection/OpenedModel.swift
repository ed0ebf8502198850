internal import Failures
public import Files
public import Interchange
public import Networks

/// A model file of any format, open for a look: what it says of itself is read, its tensors are not.
public struct OpenedModel: Sendable {
  /// The file with all its tensors.
  public let file: TensorFile
  /// What the file says of its network beside the tensors.
  public let description: ModelDescription
  /// The network whose parameters the tensors are: the one that the file describes, or one that was recognised.
  public let graph: NetworkGraph?
  /// The tensors of the network in its order and by its names. Where no network is known, those of the dictionary that is
  /// the network's by its place in the file, or all by their paths.
  public let tensors: [NamedTensor]
  /// The tensors beside the network's, such as those of an optimiser.
  public let others: [NamedTensor]
  /// Which of the file's tensors were taken for the network's.
  let selection: StateSelection

  /// A tensor under the name that it is compared by.
  public struct NamedTensor: Sendable {
    /// The dotted name.
    public let name: String
    /// Where it is.
    public let stored: StoredTensor
  }

  /// Opens the file at `path`.
  ///
  /// - Throws: `.noInput` if there is none; `.data` if it is no model, saying what it is, or damaged or hostile.
  public init(path: String) throws { try self.init(InputFile(onDisk: path)) }

  /// Opens the file `input`, whose network is as `request` has it.
  ///
  /// - Throws: as `init(path:)`.
  public init(_ input: InputFile, _ request: ModelRequest = ModelRequest()) throws {
    try Self.refuseOtherKinds(input)
    try self.init(TensorFile(input), request)
  }

  /// Opens the file `input`, whose network is as `request` has it, unless the file is a checkpoint of ours: that says all of
  /// it itself.
  ///
  /// - Throws: as `init(path:)`.
  public init(_ input: InputFile, unlessOurs request: ModelRequest) throws {
    try Self.refuseOtherKinds(input)
    let file = try TensorFile(input)
    try self.init(file, file.isCheckpoint ? ModelRequest() : request)
  }

  /// The model in `file`, whose network is as `request` has it.
  ///
  /// - Throws: `.data` if it is no model, saying what it is, or damaged or hostile, or has no such network.
  public init(_ file: TensorFile, _ request: ModelRequest = ModelRequest()) throws {
    try Self.refuseOtherKinds(file)
    (self.file, selection) = (file, request.selection)
    // A checkpoint has to be sound; in other files the network may be one that nobody here knows.
    let mustFit = file.isCheckpoint || request.describesNetwork
    let model = mustFit ? try file.model(request) : try? file.model(request)
    description = try model?.description ?? file.description()
    graph = model?.graph
    if let model {
      tensors = zip(model.graph.parameters, model.tensors).compactMap { spec, tensor in
        tensor.map { NamedTensor(name: spec.path.text, stored: $0) }
      }
    } else {
      let state =
        request.selection == StateSelection()
        ? (try? file.stateDictionary()) ?? file.tensors : try file.stateDictionary(request.selection)
      tensors = state.map { NamedTensor(name: $0.path, stored: $0) }
    }
    let ignored = (model?.ignored ?? []).map { NamedTensor(name: $0.path, stored: $0) }
    guard let group = try? file.networkGroup(request.selection) else {
      others = ignored
      return
    }
    let isCheckpoint = file.isCheckpoint
    others =
      ignored
      + file.tensors.filter { $0.group != group }.map { tensor in
        NamedTensor(name: isCheckpoint ? tensor.name : tensor.path, stored: tensor)
      }
  }

  /// Refuses `file` if its arrays are images and labels.
  ///
  /// - Throws: `.data` that says what it is.
  public static func refuseOtherKinds(_ file: TensorFile) throws {
    if let data = FileDescription.ofData(file) { throw Failure(.data, "\(file.path): \(data), no model") }
  }

  /// Refuses the file `input` if its first bytes are those of something that is no model.
  ///
  /// - Throws: `.data` that says what it is; `.noInput` if there is no file.
  public static func refuseOtherKinds(_ input: InputFile) throws {
    let source = try ByteSource(input)
    guard let other = try FileDescription.ofNoModel(source) else { return }
    let advice = try FileKind(contentOf: source).advice.map { "; \($0)" } ?? ""
    throw Failure(.data, "\(input.name): \(other), no model\(advice)")
  }
}
