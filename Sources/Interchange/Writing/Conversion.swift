import Checkpoints
import Failures
import Files
import HDF5
import Networks
import Records
import Tensors

/// A model file on its way into another format.
///
/// A checkpoint of ours holds a network, so its tensors must be those of one. Into other formats go the tensors of the
/// file's state dictionary as they are, whatever network they belong to.
public struct Conversion: Sendable {
  /// What was written.
  public struct Result: Sendable {
    /// The digest, epochs and architecture of a checkpoint of ours; nil for other formats.
    public let checkpoint: (digest: String, epoch: Int, architecture: String)?
    /// The data set the model was trained on, as `--data` takes it, if that is known.
    public let data: String?
    /// What a person should know, one line each.
    public let notes: [String]
  }

  let file: TensorFile
  let request: ModelRequest
  let data: String?
  private let tolerance: Tolerance
  private let derivation: Derivation

  /// What a conversion puts up with.
  public struct Tolerance: Sendable {
    /// Objects among the network's tensors that are not read are left out.
    public var skipsUnread: Bool
    /// A model of this package may have numbers that are not finite.
    public var allowsNonFinite: Bool

    /// Nothing of it, unless told.
    public init(skipsUnread: Bool = false, allowsNonFinite: Bool = false) {
      (self.skipsUnread, self.allowsNonFinite) = (skipsUnread, allowsNonFinite)
    }
  }

  /// The conversion of `file`; `data` is the data set it was trained on, where the file does not say.
  public init(
    _ file: TensorFile, _ request: ModelRequest = ModelRequest(), data: String? = nil,
    tolerance: Tolerance = Tolerance(), by derivation: Derivation
  ) {
    (self.file, self.request, self.data, self.tolerance, self.derivation) = (file, request, data, tolerance, derivation)
  }

  /// Writes the model to the file at `path`, as a whole.
  ///
  /// - Throws: `.data` if the tensors are not those of the network asked for, of a kind that `format` does not have, not
  ///   finite in a model of this package, or not all read;
  ///   `.usage` for a format that is not written yet; `.cannotCreate` and `.inputOutput` as `replaceFile(at:writing:)`.
  public func write(_ format: ModelFormat, to path: String) throws -> Result {
    guard let writer = format.writer else {
      throw Failure(.usage, "\(path): \(format.rawValue) files are not written yet")
    }
    let unread = try file.unreadOfNetwork(request.selection)
    if !tolerance.skipsUnread { try file.refuse(unread) }
    let result =
      switch writer {
      case .network(let write): try write(self, path)
      case .tensors: try writeState(format, to: path)
      }
    let notes = unread.map { "left out \(printable($0.path)): \($0.reason)" }
    return Result(checkpoint: result.checkpoint, data: result.data, notes: result.notes + notes)
  }

  // MARK: - Into a checkpoint of ours

  func writeCheckpoint(to path: String) throws -> Result {
    let model = try file.model(request)
    let description = model.description
    let provenance = derivation.provenance(of: file, description)
    let definition = model.graph.definition
    let namesFit = [0, definition.classCount].contains(description.classNames.count)
    let names = namesFit ? description.classNames : []
    let known = configuration(description)
    var digest = ""
    try replaceFile(at: path) { temporary in
      var writer = try CheckpointWriter(path: temporary, named: path)
      for (spec, tensor) in zip(model.graph.parameters, model.tensors) {
        try writer.add(spec.path, checked(model.read(tensor, as: spec), spec.path.text))
      }
      for tensor in optimizer {
        try writer.add(optimizer: tensor.name, checked(Tensor(tensor.shape, file.floats(of: tensor)), tensor.path))
      }
      digest = try writer.finish(
        definition: definition, classNames: names, progress: description.progress,
        documents: Checkpoint.Documents(
          configuration: known.text, history: description.documents.history, provenance: provenance.json()))
    }
    let summary = (digest, description.progress.epoch, definition.architecture)
    let lost = "left out \(description.classNames.count) class names, which are not one for each of its classes"
    return Result(checkpoint: summary, data: known.data, notes: model.notes + (namesFit ? [] : [lost]))
  }

  /// `tensor`, whose numbers have to be finite unless others are put up with.
  private func checked(_ tensor: Tensor, _ name: String) throws -> Tensor {
    if !tolerance.allowsNonFinite {
      try tensor.requireFinite("\(file.path): \(printable(name))", advice: "--allow-non-finite takes such a model")
    }
    return tensor
  }

  /// The tensors of a checkpoint's optimiser by name; none of other files.
  private var optimizer: [StoredTensor] {
    file.isCheckpoint ? file.tensors.filter { $0.group == "optimizer" }.sorted { $0.name < $1.name } : []
  }

  /// The configuration with the data set in it, and the data set.
  private func configuration(_ description: ModelDescription) -> (text: String, data: String?) {
    let text = description.documents.configuration
    let json = try? JSON(parsing: text)
    guard let data else { return (text, json?["data"]?.string) }
    let others = (json?.members ?? []).filter { $0.key != "data" }
    return (JSON.object([.init("data", .string(data))] + others).text, data)
  }

  // MARK: - Into other formats

  private func writeState(_ format: ModelFormat, to path: String) throws -> Result {
    var description = try file.description()
    let tensors: [StoredTensor]
    var notes: [String]
    // Whoever names a network or its preprocessing wants it in the file, and whose file holds one, too.
    if request.describesNetwork || file.findModel != nil {
      let model = try file.model(request)
      description.definition = model.graph.definition
      (tensors, notes) = (model.named, model.notes)
    } else {
      tensors = try ordered(file.stateDictionary(request.selection), description)
      notes = try file.notes(on: request.selection)
      // Under other names the tensors are not those of the network any more.
      if request.selection.prefix != nil || !request.selection.renamings.isEmpty { description.definition = nil }
    }
    let state = try tensors.map { try outgoing($0, format) }
    if state.contains(where: { $0.widened }) {
      notes.append("NumPy has no bfloat16, so these tensors are widened to float32, exactly")
    }
    let metadata = try metadata(description)
    if format == .numpy, try !fitsNumPy(metadata) {
      notes.append("left out what is known of the network, which is too long for a NumPy archive")
    }
    try writeTensors(state.map(\.tensor), metadata: metadata, format: format, to: path)
    return Result(checkpoint: nil, data: data, notes: notes)
  }

  /// The tensors of a checkpoint of ours in the order of its network, as PyTorch has them, and those with other names after
  /// them; HDF5 sorts them by name.
  private func ordered(_ tensors: [StoredTensor], _ description: ModelDescription) throws -> [StoredTensor] {
    guard file.isCheckpoint, let definition = description.definition else { return tensors }
    let byName = Dictionary(uniqueKeysWithValues: tensors.map { ($0.name, $0) })
    let known = try NetworkGraph(definition).parameters.compactMap { byName[$0.path.text] }
    let names = Set(known.map(\.name))
    return known + tensors.filter { !names.contains($0.name) }
  }

  private func outgoing(
    _ tensor: StoredTensor, _ format: ModelFormat
  ) throws -> (tensor: OutgoingTensor, widened: Bool) {
    if file.isCheckpoint, tensor.name.hasSuffix("num_batches_tracked"), tensor.shape.count == 1 {
      // PyTorch counts in 64-bit integers; a counter that is none stays as it is.
      let value = try file.floats(of: tensor)
      let isWhole = Int64(exactly: value[0]).map { Float($0).bitPattern == value[0].bitPattern } ?? false
      return (
        OutgoingTensor(name: tensor.name, shape: tensor.shape, values: value, as: isWhole ? .int64 : .float32), false
      )
    }
    let widens = format == .numpy && tensor.element == .bfloat16
    return (OutgoingTensor(tensor, of: file, as: widens ? .float32 : nil), widens)
  }

  /// The texts that other formats keep of the model.
  func metadata(_ description: ModelDescription, counters: String? = nil) throws -> OutgoingTexts {
    var texts: [String: String] = [:]
    if let definition = description.definition { texts[MetadataKey.definition] = try definitionJSON(definition) }
    if !description.classNames.isEmpty {
      texts[MetadataKey.classNames] = JSON.array(description.classNames.map(JSON.string)).text
    }
    if let counters { texts[MetadataKey.counters] = counters }
    if description.progress.epoch > 0 { texts[MetadataKey.epoch] = "\(description.progress.epoch)" }
    return OutgoingTexts(texts, derivation.provenance(of: file, description))
  }
}
