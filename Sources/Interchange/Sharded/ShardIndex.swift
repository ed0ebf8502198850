import Failures
package import Files
import HDF5
import Records
import Tensors

/// The index of a model in several files: which of them each tensor lies in, as in `model.safetensors.index.json`.
package struct ShardIndex {
  /// The file of each tensor, in the order of the index.
  private let places: [(tensor: String, file: String)]
  private let source: ByteSource

  /// The longest index that is read, in bytes.
  private static let limit = 16 << 20
  /// The most files that it may name.
  private static let fileLimit = 1000

  /// Whether `source` is such an index.
  ///
  /// - Throws: `.inputOutput` if the disk fails.
  package static func isOne(_ source: ByteSource) throws -> Bool { try members(of: source) != nil }

  /// The index in `source`; nil for anything else.
  ///
  /// - Throws: `.data` for one that names what is no file beside it; `.inputOutput` if the disk fails.
  init?(_ source: ByteSource) throws {
    guard let members = try Self.members(of: source) else { return nil }
    self.source = source
    places = try members.map { member in
      guard let file = member.value.string, Self.isName(file) else {
        throw Failure(
          .data,
          "\(source.name): \(printable(member.key)): lies in what is no file beside the index; it is damaged or forged")
      }
      return (member.key, file)
    }
    guard Set(places.map(\.file)).count <= Self.fileLimit else {
      throw Failure(.data, "\(source.name): names more than \(Self.fileLimit) files")
    }
  }

  private static func members(of source: ByteSource) throws -> [JSON.Member]? {
    guard source.count <= limit,
      try source.bytes(0..<min(source.count, 64)).first(where: { $0 > 0x20 }) == UInt8(ascii: "{"),
      let members = try? JSON(parsing: source.bytes(0..<source.count))["weight_map"]?.members, !members.isEmpty
    else { return nil }
    return members
  }

  /// Whether `text` is the name of a file in the folder of the index.
  private static func isName(_ text: String) -> Bool {
    !text.isEmpty && !text.contains("/") && !text.contains("\0") && text != "." && text != ".."
  }

  /// Opens the files that the index `input` names, and the tensors in them.
  ///
  /// - Throws: `.data` for a tensor that is not where the index says, or that it does not name, and for damaged files;
  ///   `.noInput` where one is missing.
  func open(beside input: InputFile) throws -> (TensorFile.Parts, ModelFormat) {
    guard input.name == input.location else {
      throw Failure(.data, "\(source.name): an index of shards, which lie beside it; give its path")
    }
    let folder = input.name.lastIndex(of: "/").map { String(input.name[...$0]) } ?? ""
    var names: [String] = []
    for place in places where !names.contains(place.file) { names.append(place.file) }
    let files = try names.map { name in
      let path = folder + name
      guard try !Self.isOne(ByteSource(path: path)) else {
        throw Failure(.data, "\(source.name): names \(printable(name)), an index itself; it is damaged or forged")
      }
      return try TensorFile(path: path)
    }
    let told = Dictionary(places.map { ($0.tensor, $0.file) }, uniquingKeysWith: { first, _ in first })
    var found: Set<String> = []
    let tensors = try zip(files, files.indices).flatMap { file, index in
      try file.tensors.map { tensor in
        guard told[tensor.path] == names[index] else {
          throw Failure(
            .data, "\(file.path): \(printable(tensor.path)): is not named by \(source.name); fetch both again")
        }
        found.insert(tensor.path)
        return try StoredTensor(
          group: tensor.group, name: tensor.name, element: tensor.element, sizes: tensor.shape.sizes,
          location: .shard(index, tensor), place: file.path)
      }
    }
    let unread = files.flatMap(\.unread)
    if let missing = places.first(where: { place in
      !found.contains(place.tensor) && !unread.contains { $0.path == place.tensor }
    }) {
      throw Failure(.data, "\(folder)\(missing.file): has no \(printable(missing.tensor)), which \(source.name) names")
    }
    let metadata = files.reduce(into: [:]) { texts, file in texts.merge(file.metadata) { first, _ in first } }
    let parts = TensorFile.Parts(
      tensors: tensors, unread: unread, metadata: metadata, content: .shards(files),
      makeTree: {
        FileNode("", "index", "\(files.count) files", children: try files.map { try $0.tree().named($0.path) })
      })
    return (parts, files[0].format)
  }
}

/// What the name of one of several files of a model says, as in `model-00001-of-00002.safetensors`.
struct ShardName {
  let number: Int
  let count: Int
  /// The name of the index.
  let index: String

  /// Nil for another name.
  init?(path: String) {
    let name = path.split(separator: "/").last ?? ""
    guard let dot = name.lastIndex(of: ".") else { return nil }
    let parts = name[..<dot].split(separator: "-")
    guard parts.count >= 4, parts[parts.count - 2] == "of", let number = Int(parts[parts.count - 3]),
      let count = Int(parts[parts.count - 1]), count > 1, (0...count).contains(number)
    else { return nil }
    (self.number, self.count) = (number, count)
    index = parts.dropLast(3).joined(separator: "-") + "\(name[dot...]).index.json"
  }
}
