import Archives
import Failures
import Files
import HDF5
import Records
import Tensors

extension ModelFormat {
  /// What `torch.export.save` writes: a network and its tensors in a zip archive; not written.
  public static let torchExport = ModelFormat(
    "torch-export", suffixes: ["pt2"], kinds: [], entrySuffix: "/archive_format",
    open: { source, _ in try openTorchExport(source) })
}

/// The longest JSON of an archive that is read, in bytes.
private let maximalTextSize = 256 << 20

/// Opens an exported program: its tensors are the network's parameters, buffers and constants.
private func openTorchExport(_ source: ByteSource) throws -> TensorFile.Parts {
  let archive = try TensorFile.archive(source)
  let files = try TorchExportArchive(archive, name: source.name)
  let program = try ExportedProgram(files.json("models/model.json"), path: source.name)
  let tensors = try files.tensors("weights") + files.tensors("constants")
  return TensorFile.Parts(
    tensors: tensors, metadata: program.version.isEmpty ? [:] : ["torch_version": program.version],
    content: .archive(archive, VerifiedEntries()), findModel: { try program.network(in: $0, $1) },
    makeTree: {
      let operators = program.nodes.map { FileNode($0.name, $0.target) }
      let members = archive.entries.map { FileNode($0) }
      return FileNode(
        "", "zip archive", "a program of \(operators.count) operators",
        children: members + operators + tensors.map { FileNode($0) })
    })
}

/// The files of an exported program, by their paths within its folder.
private struct TorchExportArchive {
  let archive: ZipArchive
  let name: String
  let entries: [String: ZipArchive.Entry]

  init(_ archive: ZipArchive, name: String) throws {
    (self.archive, self.name) = (archive, name)
    guard let mark = archive.entries.first(where: { $0.name.hasSuffix("/archive_format") }) else {
      throw Failure(.data, "\(name): has no archive_format; it is no exported program")
    }
    let root = mark.name.dropLast("archive_format".count)
    let inside = archive.entries.filter { $0.name.hasPrefix(root) }
    entries = Dictionary(uniqueKeysWithValues: inside.map { (String($0.name.dropFirst(root.count)), $0) })
    if let order = entries["byteorder"], try archive.prefix(of: order, count: 8) != Array("little".utf8) {
      throw Failure(.data, "\(name): its numbers are big-endian, which are not read")
    }
    guard entries["models/model.json"] != nil else {
      let what = entries.keys.contains { $0.hasPrefix("data/aotinductor") } ? "compiled code" : "no models/model.json"
      throw Failure(.data, "\(name): holds \(what); write the network with torch.export.save(program, \"model.pt2\")")
    }
  }

  func json(_ path: String) throws -> JSON {
    guard let entry = entries[path] else { throw Failure(.data, "\(name): has no \(path); it is damaged") }
    guard entry.size <= maximalTextSize else {
      throw Failure(.data, "\(name): \(path) has \(entry.size) bytes; \(maximalTextSize) are read at most")
    }
    let text = try archive.contents(of: entry)
    do {
      return try JSON(parsing: text)
    } catch {
      throw Failure(.data, "\(name): its \(path) is not JSON: \(error.message)")
    }
  }

  /// The tensors in the folder `data/folder`: `weights` or `constants`.
  func tensors(_ folder: String) throws -> [StoredTensor] {
    let list = "data/\(folder)/model_\(folder)_config.json"
    guard entries[list] != nil else { return [] }
    return try (json(list)["config"]?.members ?? []).map { member in
      try tensor(member.key, member.value, "data/\(folder)/")
    }
  }

  private func tensor(_ key: String, _ json: JSON, _ folder: String) throws -> StoredTensor {
    let place = "\(name): \(printable(key))"
    guard json["use_pickle"]?.bool != true else {
      throw Failure(.data, "\(place): is a pickled object, which is not read; export plain tensors")
    }
    guard let path = json["path_name"]?.string, let meta = json["tensor_meta"],
      let sizes = Self.list(meta["sizes"]), let strides = Self.list(meta["strides"]), sizes.count == strides.count,
      let offset = meta["storage_offset"].flatMap(Self.size), offset >= 0, strides.allSatisfy({ $0 >= 0 }),
      sizes.allSatisfy({ $0 >= 0 }), let entry = entries[folder + path]
    else { throw Failure(.data, "\(place): is not told in full; the file is damaged") }
    guard let number = meta["dtype"]?.integer, let element = elementTypes[number] else {
      throw Failure(.data, "\(place): elements of kind \(meta["dtype"]?.integer ?? 0), which are not read")
    }
    guard let span = StorageView.span(sizes, strides: strides), span <= entry.size / element.size - offset else {
      throw Failure(.data, "\(place): reaches past its \(entry.size) bytes; the file is damaged or forged")
    }
    let view = StorageView(storage: .entry(entry), offset: offset, strides: strides)
    return try StoredTensor(name: key, element: element, sizes: sizes, location: .view(view), place: place)
  }

  private static func size(_ json: JSON) -> Int? { json["as_int"]?.integer }

  private static func list(_ json: JSON?) -> [Int]? {
    guard let sizes = json?.array?.map(size), !sizes.contains(nil) else { return nil }
    return sizes.compactMap { $0 }
  }
}

/// The numbers that the format gives to kinds of elements.
private let elementTypes: [Int: ElementType] = [
  1: .uint8, 2: .int8, 3: .int16, 4: .int32, 5: .int64, 6: .float16, 7: .float32, 8: .float64, 10: .complex64,
  11: .complex128, 12: .bool, 13: .bfloat16, 28: .uint16, 29: .float8E4M3, 30: .float8E5M2, 34: .uint32, 35: .uint64,
]
