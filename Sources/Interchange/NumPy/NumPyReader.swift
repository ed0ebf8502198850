import Archives
import Failures
import Files
import HDF5

/// Opens a `.npz` file: a zip archive whose members `NAME.npy` hold an array each.
func openNumPy(_ source: ByteSource) throws -> TensorFile.Parts {
  let archive = try TensorFile.archive(source)
  var (members, unread): ([(ZipArchive.Entry, StoredTensor?)], [UnreadObject]) = ([], [])
  for entry in archive.entries {
    let found = entry.name.hasSuffix(".npy") ? try numPyArray(entry, in: archive) : nil
    switch found {
    case .tensor(let tensor)?: members.append((entry, tensor))
    case .unread(let object)?:
      members.append((entry, nil))
      unread.append(object)
    case nil:
      members.append((entry, nil))
      guard !entry.name.hasSuffix("/") else { continue }
      unread.append(UnreadObject(group: "", name: entry.name, reason: "members that are no arrays are not read"))
    }
  }
  let shown = members
  return TensorFile.Parts(
    tensors: members.compactMap(\.1), unread: unread, metadata: textMetadata(archive.comment),
    content: .archive(archive, VerifiedEntries()),
    makeTree: {
      FileNode("", "zip archive", children: shown.map { FileNode($0, children: $1.map { [FileNode($0)] } ?? []) })
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

/// What one member of an archive holds.
private enum NumPyMember {
  case tensor(StoredTensor)
  case unread(UnreadObject)
}

private func numPyArray(_ entry: ZipArchive.Entry, in archive: ZipArchive) throws -> NumPyMember {
  let place = "\(archive.source.name): \(printable(entry.name))"
  // The names of other programs' trees of parameters.
  let name = String(entry.name.dropLast(4).replacing("/", with: "."))
  let start = try archive.prefix(of: entry, count: NumPyHeader.maximalOffset)
  let kind = try NumPyHeader.elementKind(startOf: start, name: place)
  if let (reason, mayBeTensor) = refusal(ofElements: kind) {
    return .unread(UnreadObject(group: "", name: name, reason: reason, mayBeTensor: mayBeTensor))
  }
  let header = try NumPyHeader(startOf: start, name: place)
  let tensor = try StoredTensor(
    name: name, element: ElementType(header.element), sizes: header.shape,
    location: header.isOrdered ? .entry(entry, skip: header.dataOffset) : .array(entry, header), place: place)
  guard tensor.byteCount == entry.size - header.dataOffset else {
    let found = entry.size - header.dataOffset
    throw Failure(.data, "\(place): holds \(found) bytes of elements instead of \(tensor.byteCount); write it again")
  }
  return .tensor(tensor)
}

/// Why elements of the `kind` of NumPy are not read, and whether they may be a tensor's; nil if they are numbers.
private func refusal(ofElements kind: String) -> (reason: String, mayBeTensor: Bool)? {
  let letter = kind.drop { "<>|=".contains($0) }.first
  switch letter {
  case "U", "S", "a": return ("text is no tensor", false)
  case "M", "m": return ("times are no tensor", false)
  case "O": return ("Python objects are not read", true)
  case "c": return ("complex numbers are not read", true)
  case "V": return ("elements of kind \(printable(kind)) are not read", true)
  default: return nil
  }
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
