import Archives
import Failures
import Files
import HDF5
import Records

extension ModelFormat {
  /// What `model.save("net.keras")` writes: a network in JSON and its tensors in HDF5, in a zip archive.
  public static let keras = ModelFormat(
    "keras", suffixes: ["keras"], kinds: [.keras], open: { source, _ in try openKeras(source) },
    writer: .network { try $0.writeKeras(to: $1, isLegacy: false) })

  /// What `model.save("net.h5")` of Keras writes: the same in one HDF5 file, told by its attributes as it is read.
  public static let kerasLegacy = ModelFormat(
    "keras-h5", suffixes: ["keras.h5"], kinds: [],
    open: { source, input in
      guard let input else { throw Failure(.internal, "\(source.name): HDF5 is read from a file alone") }
      return try openHDF5(input)
    }, writer: .network { try $0.writeKeras(to: $1, isLegacy: true) })
}

/// What the members of an archive are called.
enum KerasLayout {
  static let metadata = "metadata.json"
  static let configuration = "config.json"
  static let weights = "model.weights.h5"
  /// The attribute of an HDF5 file that holds the network, and the group with its tensors.
  static let attribute = "model_config"
  static let group = "/model_weights"
  /// The most bytes of JSON that are read.
  static let textLimit = 16 << 20
}

/// Opens an archive of Keras.
private func openKeras(_ source: ByteSource) throws -> TensorFile.Parts {
  let archive = try TensorFile.archive(source)
  let members = Dictionary(uniqueKeysWithValues: archive.entries.map { ($0.name, $0) })
  func text(_ name: String) throws -> [UInt8]? {
    guard let entry = members[name] else { return nil }
    guard entry.size <= KerasLayout.textLimit else {
      throw Failure(
        .data, "\(source.name): \(name) has \(entry.size) bytes; \(KerasLayout.textLimit) are read at most")
    }
    return try archive.contents(of: entry)
  }
  guard let configuration = try text(KerasLayout.configuration), let weights = members[KerasLayout.weights] else {
    let missing = [KerasLayout.configuration, KerasLayout.weights].filter { members[$0] == nil }
    throw Failure(
      .data, "\(source.name): a Keras archive without \(missing.joined(separator: " and ")), which are not read")
  }
  let metadata = textMetadata(try text(KerasLayout.metadata) ?? [])
  let model = try KerasModel(text: configuration, of: source.name, version: metadata["keras_version"] ?? "")
  let listing = try HDF5Listing(copy(of: weights, in: archive, source.name))
  let (tensors, unread) = try listedTensors(of: listing)
  let store = KerasWeights(tensors, of: listing, isLegacy: false)
  return TensorFile.Parts(
    tensors: tensors, unread: unread, metadata: metadata, content: .listing(listing),
    findModel: { try model.network(in: $0, $1, store) },
    makeTree: {
      FileNode(
        "", "zip archive", children: archive.entries.map { FileNode($0) } + [model.tree(), tree(of: listing)])
    })
}

/// The HDF5 file within an archive, on the disk: its library reads files alone.
private func copy(of entry: ZipArchive.Entry, in archive: ZipArchive, _ name: String) throws -> InputFile {
  // Trained numbers hardly deflate; Keras refuses what grows more, too.
  guard entry.isStored || entry.size <= max(1 << 28, 20 * entry.packed.count) else {
    throw Failure(
      .data, "\(name): \(entry.name) unpacks from \(entry.packed.count) to \(entry.size) bytes; it is forged")
  }
  let file = try ScratchFile()
  try archive.forEachPart(of: entry) { try file.append($0) }
  return file.input(named: "\(name): \(entry.name)")
}

/// The network of the HDF5 file `listing` that Keras wrote, and the tensors of it; nil for any other file.
func legacyKeras(_ listing: HDF5Listing, _ tensors: [StoredTensor]) throws -> (model: KerasModel, KerasWeights)? {
  let attributes = listing.attributes(of: "/")
  guard case .string(let text)? = attributes[KerasLayout.attribute] else { return nil }
  if let link = listing.links.first {
    throw Failure(.data, "\(listing.path): \(printable(link.name)): \(link.kind) are not followed")
  }
  guard text.utf8.count <= KerasLayout.textLimit else {
    throw Failure(
      .data,
      "\(listing.path): its \(KerasLayout.attribute) has \(text.utf8.count) bytes; \(KerasLayout.textLimit) are read")
  }
  var version = ""
  if case .string(let text)? = attributes["keras_version"] { version = text }
  return (
    try KerasModel(text: Array(text.utf8), of: listing.path, version: version),
    KerasWeights(tensors, of: listing, isLegacy: true)
  )
}

extension KerasModel {
  /// The raw structure.
  func tree() -> FileNode {
    FileNode(
      name, isSequential ? "sequential model" : "functional model", "\(layers.count) layers",
      children: layers.map { layer in
        layer.inner.map { $0.tree().named(layer.name) } ?? FileNode(layer.name, layer.kind)
      })
  }
}
