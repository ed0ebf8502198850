import Archives
import Failures
import Files
import HDF5

/// Opens a `.npz` file: a zip archive whose members `NAME.npy` hold an array each.
func openNumPy(_ source: ByteSource) throws -> TensorFile.Parts {
  let archive = try TensorFile.archive(source)
  let members = try archive.entries.map { entry in
    (entry, entry.name.hasSuffix(".npy") ? try numPyTensor(entry, in: archive) : nil)
  }
  return TensorFile.Parts(
    tensors: members.compactMap(\.1),
    unread: members.filter { $1 == nil && !$0.name.hasSuffix("/") }.map {
      UnreadObject(group: "", name: $0.0.name, reason: "members that are no arrays are not read")
    }, metadata: textMetadata(archive.comment),
    content: .archive(archive, VerifiedEntries()),
    makeTree: {
      FileNode("", "zip archive", children: members.map { FileNode($0, children: $1.map { [FileNode($0)] } ?? []) })
    })
}

/// Opens a `.npy` file, whose one array is called `array`.
func openNumPyArray(_ source: ByteSource) throws -> TensorFile.Parts {
  let header = try NumPyHeader(
    startOf: source.bytes(0..<min(source.count, NumPyHeader.maximalOffset)), name: source.name)
  let (size, found) = (try header.byteCount(name: source.name), source.count - header.dataOffset)
  guard found == size else {
    throw Failure(.data, "\(source.name): holds \(found) bytes of elements instead of \(size); write it again")
  }
  let tensor = try StoredTensor(
    name: "array", element: ElementType(header.element), sizes: header.shape,
    location: .bytes(offset: header.isOrdered ? header.dataOffset : 0), place: source.name)
  // Another order is put right in memory.
  let ordered =
    header.isOrdered
    ? source : ByteSource(header.ordered(try source.bytes(header.dataOffset..<source.count)[...]), name: source.name)
  return TensorFile.Parts(tensors: [tensor], content: .source(ordered), makeTree: { FileNode(tensor) })
}

private func numPyTensor(_ entry: ZipArchive.Entry, in archive: ZipArchive) throws -> StoredTensor {
  let place = "\(archive.source.name): \(printable(entry.name))"
  let header = try NumPyHeader(startOf: archive.prefix(of: entry, count: NumPyHeader.maximalOffset), name: place)
  let tensor = try StoredTensor(
    name: String(entry.name.dropLast(4)), element: ElementType(header.element), sizes: header.shape,
    location: header.isOrdered ? .entry(entry, skip: header.dataOffset) : .array(entry, header), place: place)
  guard tensor.byteCount == entry.size - header.dataOffset else {
    let found = entry.size - header.dataOffset
    throw Failure(.data, "\(place): holds \(found) bytes of elements instead of \(tensor.byteCount); write it again")
  }
  return tensor
}

extension FileNode {
  /// A member of a zip archive.
  init(_ entry: ZipArchive.Entry, children: [FileNode] = []) {
    let packed = entry.isStored ? "stored" : "deflated to \(entry.packed.count)"
    self.init(entry.name, "member", "\(entry.size) bytes, \(packed)", children: children)
  }
}

extension ElementType {
  /// The type of a NumPy array's elements.
  init(_ element: NumPyArray.Element) {
    self =
      switch element {
      case .bool: .bool
      case .int8: .int8
      case .int16: .int16
      case .int32: .int32
      case .int64: .int64
      case .uint8: .uint8
      case .uint16: .uint16
      case .uint32: .uint32
      case .uint64: .uint64
      case .float16: .float16
      case .float32: .float32
      case .float64: .float64
      }
  }
}
