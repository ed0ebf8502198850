import Archives
import Failures
import Files
import HDF5

/// The longest pickle of a zip archive that is read, in bytes.
private let maximalPickleSize = 64 << 20

/// Opens what `torch.save` wrote: a zip archive with a pickle and storages, or pickles followed by storages.
func openPyTorch(_ source: ByteSource) throws -> TensorFile.Parts {
  if try source.bytes(0..<min(2, source.count)) == Array("PK".utf8) { return try openZip(source) }
  return try openLegacy(source)
}

private func openZip(_ source: ByteSource) throws -> TensorFile.Parts {
  let archive = try TensorFile.archive(source)
  let members = Dictionary(uniqueKeysWithValues: archive.entries.map { ($0.name, $0) })
  guard let main = archive.entries.first(where: { $0.name.hasSuffix("/data.pkl") }) else {
    throw Failure(.data, "\(source.name): has no data.pkl; it is no PyTorch file")
  }
  let root = main.name.dropLast("data.pkl".count)
  if let order = members["\(root)byteorder"], try archive.prefix(of: order, count: 8) != Array("little".utf8) {
    throw Failure(.data, "\(source.name): its numbers are big-endian, which are not read")
  }
  guard main.size <= maximalPickleSize else {
    throw Failure(.data, "\(source.name): a pickle of \(main.size) bytes; \(maximalPickleSize) are read at most")
  }
  let name = "\(source.name): data.pkl"
  var input = PickleInput(ByteSource(try archive.contents(of: main), name: name), name: name)
  let graph = try Unpickler.graph(&input)
  var storages = try TorchStorages(graph, name: source.name)
  try storages.locate { key, byteCount in
    guard let entry = members["\(root)data/\(key)"] else {
      throw Failure(.data, "\(source.name): has no storage \(printable(key)); it is damaged")
    }
    guard entry.size == byteCount else {
      let found = "storage \(printable(key)) has \(entry.size) bytes instead of \(byteCount)"
      throw Failure(.data, "\(source.name): \(found); it is damaged")
    }
    return .entry(entry)
  }
  let extra = try members["\(root)\(TorchLayout.metadata)"].map { try archive.contents(of: $0) }
  let found = try TorchTensors(graph, storages, name: source.name)
  return TensorFile.Parts(
    tensors: found.tensors, unread: found.unread, metadata: extra.map(textMetadata) ?? [:],
    content: .archive(archive, VerifiedEntries()),
    makeTree: {
      FileNode("", "zip archive", children: archive.entries.map { FileNode($0) } + [found.tree()])
    })
}

/// Names in the archives that this package writes.
enum TorchLayout {
  /// The member with what this package knows of a model; PyTorch passes over it.
  static let metadata = "cusp.json"
}

/// Pickles: a magic number, a version, sizes of the writer's types, the object, the keys of its storages; then for each
/// key the number of elements and the elements.
private func openLegacy(_ source: ByteSource) throws -> TensorFile.Parts {
  var input = PickleInput(source, name: source.name)
  let magic: [UInt8] = [0x80, 2, 0x8A, 10, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19, 0x2E]
  guard try source.bytes(0..<min(magic.count, source.count)) == magic else {
    throw Failure(.data, "\(source.name): a Python pickle, but not one of PyTorch; write it with torch.save")
  }
  try input.skip(magic.count)
  guard try Unpickler.graph(&input).root == .integer(1001) else {
    throw Failure(.data, "\(source.name): a PyTorch file of another version than 1001; write it with torch.save")
  }
  let system = try Unpickler.graph(&input)
  guard system.entry("little_endian", of: system.root) != .bool(false) else {
    throw Failure(.data, "\(source.name): its numbers are big-endian, which are not read")
  }
  let graph = try Unpickler.graph(&input)
  let keys = try Unpickler.graph(&input)
  var storages = try TorchStorages(graph, name: source.name)
  var places: [String: Range<Int>] = [:]
  for key in keys.object(keys.root)?.items ?? [] {
    guard case .text(let key) = key, let expected = storages.byteCount(of: key), places[key] == nil else {
      throw Failure(.data, "\(source.name): stores what no tensor uses, or twice; it is damaged or forged")
    }
    let count = try input.count(Int64.self)
    let start = input.position
    guard count == storages.elementCount(of: key) else {
      throw Failure(.data, "\(source.name): storage \(printable(key)) has \(count) elements; it is damaged")
    }
    try input.skip(expected)
    places[key] = start..<start + expected
  }
  guard input.position == source.count else {
    let rest = source.count - input.position
    throw Failure(.data, "\(source.name): \(rest) bytes after the last storage; it is damaged or forged")
  }
  try storages.locate { key, _ in
    guard let place = places[key] else {
      throw Failure(.data, "\(source.name): has no storage \(printable(key)); it is damaged")
    }
    return .bytes(place)
  }
  let found = try TorchTensors(graph, storages, name: source.name)
  return TensorFile.Parts(
    tensors: found.tensors, unread: found.unread, content: .source(source),
    makeTree: { FileNode("", "pickles", "as before PyTorch 1.6", children: [found.tree()]) })
}
