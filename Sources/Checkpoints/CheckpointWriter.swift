internal import Failures
internal import HDF5
public import Networks
public import Tensors

/// A checkpoint on its way into a file, tensor by tensor, so that no more than one has to be in memory.
///
/// Tensors come first, then `finish`. Nothing here reaches the disk for certain: write inside
/// `replaceFile(at:writing:)`.
public struct CheckpointWriter: ~Copyable {
  private let file: HDF5Writer
  private let name: String
  private var entries: [TensorEntry] = []
  private var weights: [(layer: String, names: [String])] = []

  /// Creates the file at `path`; messages name `name`, as a temporary file means nothing to anybody.
  ///
  /// - Throws: `.cannotCreate`.
  public init(path: String, named name: String) throws {
    let file = try HDF5Writer(path: path, named: name)
    try file.createGroup(Layout.parameters)
    try file.createGroup(Layout.optimizer)
    self.file = file
    self.name = name
  }

  /// Writes the network's next tensor, and takes its digest.
  ///
  /// - Throws: `.inputOutput` if the disk is full or fails.
  public mutating func add(_ path: ParameterPath, _ tensor: Tensor) throws {
    try add(path, tensor, digest: sha256(of: tensor.values))
  }

  /// Writes the network's next tensor, whose digest is known.
  mutating func add(_ path: ParameterPath, _ tensor: Tensor, digest: String) throws {
    let dataset = try Layout.dataset(path.text, in: Layout.parameters)
    try write(tensor, digest: digest, to: dataset)
    entries.append(TensorEntry(name: path.text, shape: tensor.shape, digest: digest))
    let slash = dataset.lastIndex(of: "/") ?? dataset.startIndex
    let (layer, weight) = (String(dataset[..<slash]), String(dataset[dataset.index(after: slash)...]))
    if weights.last?.layer != layer { weights.append((layer, [])) }
    weights[weights.count - 1].names.append(weight)
  }

  /// Writes the tensor `name` of the optimiser; they come sorted by name.
  ///
  /// - Throws: `.inputOutput` if the disk is full or fails.
  public mutating func add(optimizer name: String, _ tensor: Tensor) throws {
    try write(tensor, digest: sha256(of: tensor.values), to: Layout.dataset(name, in: Layout.optimizer))
  }

  /// Writes all else and closes the file; the model's digest.
  ///
  /// - Throws: `.data` for more than 4000 class names; `.inputOutput` if the disk is full or fails.
  public consuming func finish(
    definition: NetworkDefinition, classNames: [String], progress: Checkpoint.Progress, documents: Checkpoint.Documents
  ) throws -> String {
    guard classNames.count <= Layout.nameLimit else {
      let reason = "\(classNames.count) class names, but a checkpoint holds \(Layout.nameLimit); leave them out"
      throw Failure(.data, "\(name): \(reason)")
    }
    let definitionText = try definitionJSON(definition)
    let digest = modelDigest(definition: definitionText, tensors: entries)
    try writeLayers()
    try file.setAttribute("format", of: "/", to: .string(Layout.format))
    try file.setAttribute("version", of: "/", to: .integer(Layout.version))
    try file.setAttribute("digest", of: "/", to: .string(digest))
    try file.setAttribute("architecture", of: "/", to: .string(definition.architecture))
    try file.setAttribute("definition", of: "/", to: .string(definitionText))
    try file.setAttribute("configuration", of: "/", to: .string(ascii(documents.configuration)))
    try file.setAttribute("history", of: "/", to: .string(ascii(documents.history)))
    try file.setAttribute("provenance", of: "/", to: .string(ascii(documents.provenance)))
    try file.setAttribute("class_names", of: "/", to: .strings(classNames))
    try write(progress)
    try file.close()
    return digest
  }

  /// Names layers and weights in the way by which Keras and Netron know a file of weights.
  private func writeLayers() throws {
    for layer in weights { try file.setAttribute("weight_names", of: layer.layer, to: .strings(layer.names)) }
    guard weights.count <= Layout.nameLimit else { return }
    try file.setAttribute("layer_names", of: "/", to: .strings(weights.map { String($0.layer.dropFirst()) }))
  }

  private func write(_ tensor: Tensor, digest: String, to name: String) throws {
    try file.write(tensor.values, shape: tensor.shape.sizes, to: name)
    try file.setAttribute(Layout.digest, of: name, to: .string(digest))
  }

  private func write(_ progress: Checkpoint.Progress) throws {
    try file.createGroup(Layout.sums)
    try file.setAttribute("epoch", of: Layout.progress, to: .integer(Int64(progress.epoch)))
    try file.setAttribute("step", of: Layout.progress, to: .integer(Int64(progress.step)))
    for (name, sum) in progress.sums.sorted(by: { $0.key < $1.key }) {
      try file.setAttribute(name, of: Layout.sums, to: .float(sum))
    }
  }
}
