import Failures
import HDF5

/// Opens an HDF5 file, in a guarded way: a checkpoint of ours, or any file of datasets.
func openHDF5(path: String) throws -> TensorFile.Parts {
  let listing = try HDF5Listing(path: path)
  let isCheckpoint = listing.attributes(of: "/")["format"] == .string("cusp-checkpoint")
  let tensors = try listing.datasets.compactMap { dataset in
    try storedTensor(dataset, of: listing, isCheckpoint: isCheckpoint)
  }
  var metadata: [String: String] = [:]
  for (key, value) in listing.attributes(of: "/") {
    if case .string(let text) = value { metadata[key] = text }
  }
  return TensorFile.Parts(
    tensors: tensors, metadata: metadata, content: .listing(listing), makeTree: { tree(of: listing) })
}

/// The tensor in `dataset`, under its dotted name; nil for what are no numbers.
private func storedTensor(
  _ dataset: HDF5Dataset, of listing: HDF5Listing, isCheckpoint: Bool
) throws -> StoredTensor? {
  guard let element = ElementType(dataset.element) else { return nil }
  var names = dataset.name.split(separator: "/")
  let group = isCheckpoint && names.count > 1 ? String(names.removeFirst()) : ""
  var digest: String?
  if isCheckpoint, case .string(let text) = listing.attributes(of: dataset.name)["sha256"] { digest = text }
  return try StoredTensor(
    group: group, name: names.joined(separator: "."), element: element, sizes: dataset.shape, digest: digest,
    location: .dataset(dataset), place: "\(listing.path): \(printable(dataset.name))")
}

private func tree(of listing: HDF5Listing) -> FileNode {
  // Names of what lies in a group come behind its own.
  var children: [String: [FileNode]] = [:]
  func parent(_ name: String) -> String {
    let slash = name.lastIndex(of: "/") ?? name.startIndex
    return slash == name.startIndex ? "/" : String(name[..<slash])
  }
  func last(_ name: String) -> String {
    String(name[(name.lastIndex(of: "/").map(name.index(after:)) ?? name.startIndex)...])
  }
  func attributes(_ name: String) -> [FileNode] {
    listing.attributes(of: name).sorted { $0.key < $1.key }.map { FileNode($0.key, "attribute", detail(of: $0.value)) }
  }
  for dataset in listing.datasets {
    let shape = dataset.shape.isEmpty ? "scalar" : dataset.shape.map(String.init).joined(separator: "x")
    let node = FileNode(
      last(dataset.name), "dataset", "\(dataset.element) \(shape)", children: attributes(dataset.name))
    children[parent(dataset.name), default: []].append(node)
  }
  for group in listing.groups.dropFirst().reversed() {
    let node = FileNode(last(group), "group", children: attributes(group) + (children[group] ?? []))
    children[parent(group), default: []].insert(node, at: 0)
  }
  return FileNode("/", "group", children: attributes("/") + (children["/"] ?? []))
}

private func detail(of value: HDF5Value) -> String {
  switch value {
  case .string(let text): printable(text)
  case .strings(let texts): "\(texts.count) texts: " + printable(texts.prefix(10).joined(separator: ", "))
  case .integer(let number): "\(number)"
  case .integers(let numbers): "\(numbers.count) integers"
  case .float(let number): "\(number)"
  case .floats(let numbers): "\(numbers.count) numbers"
  }
}

extension ElementType {
  /// The type of a dataset's elements; nil for what are no numbers.
  fileprivate init?(_ element: HDF5ElementType) {
    switch element {
    case .float16: self = .float16
    case .float32: self = .float32
    case .float64: self = .float64
    case .int8: self = .int8
    case .int16: self = .int16
    case .int32: self = .int32
    case .int64: self = .int64
    case .uint8: self = .uint8
    case .uint16: self = .uint16
    case .uint32: self = .uint32
    case .uint64: self = .uint64
    case .string, .unsupported: return nil
    }
  }
}
