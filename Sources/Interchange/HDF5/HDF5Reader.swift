import Failures
import Files
import HDF5

/// Opens an HDF5 file, in a guarded way: a checkpoint of ours, a model of Keras, or any file of datasets.
func openHDF5(_ input: InputFile) throws -> TensorFile.Parts {
  let listing = try HDF5Listing(withLinks: input)
  let (tensors, unread) = try listedTensors(of: listing)
  var metadata: [String: String] = [:]
  for (key, value) in listing.attributes(of: "/") {
    if case .string(let text) = value { metadata[key] = text }
  }
  var parts = TensorFile.Parts(
    tensors: tensors, unread: unread, metadata: metadata, content: .listing(listing),
    makeTree: { tree(of: listing) })
  if let (model, weights) = try legacyKeras(listing, tensors) {
    parts.format = .kerasLegacy
    parts.findModel = { try model.network(in: $0, $1, weights) }
  }
  return parts
}

/// The tensors of the HDF5 file `listing`, and what of it is not read.
func listedTensors(of listing: HDF5Listing) throws -> (tensors: [StoredTensor], unread: [UnreadObject]) {
  let isCheckpoint = listing.attributes(of: "/")["format"] == .string("cusp-checkpoint")
  var tensors: [StoredTensor] = []
  var unread: [UnreadObject] = []
  for dataset in listing.datasets {
    let place = DottedName(dataset.name, isCheckpoint: isCheckpoint)
    if let reason = refusal(of: dataset) {
      unread.append(
        UnreadObject(group: place.group, name: place.name, reason: reason, mayBeTensor: reason != textReason))
    } else if let element = ElementType(dataset.element) {
      tensors.append(try storedTensor(dataset, element, place, of: listing, isCheckpoint: isCheckpoint))
    }
  }
  for link in listing.links {
    let place = DottedName(link.name, isCheckpoint: isCheckpoint)
    unread.append(UnreadObject(group: place.group, name: place.name, reason: "\(link.kind) are not followed"))
  }
  return (tensors, unread)
}

/// Where an object of an HDF5 file stands among tensors.
private struct DottedName {
  let group: String
  let name: String

  /// The place of the object with the absolute name `path`.
  init(_ path: String, isCheckpoint: Bool) {
    var names = path.split(separator: "/")
    group = isCheckpoint && names.count > 1 ? String(names.removeFirst()) : ""
    name = names.joined(separator: ".")
  }
}

private let textReason = "text is no tensor"

/// Why the elements of `dataset` are not read; nil if they are.
private func refusal(of dataset: HDF5Dataset) -> String? {
  switch dataset.storage {
  case .refused(let reason): reason
  case .value: textReason
  case .contiguous, .decoded, .packed: nil
  }
}

/// The tensor in `dataset`, whose elements are of the type `element`.
private func storedTensor(
  _ dataset: HDF5Dataset, _ element: ElementType, _ place: DottedName, of listing: HDF5Listing, isCheckpoint: Bool
) throws -> StoredTensor {
  var digest: String?
  if isCheckpoint, case .string(let text) = listing.attributes(of: dataset.name)["sha256"] { digest = text }
  return try StoredTensor(
    group: place.group, name: place.name, element: element, sizes: dataset.shape, digest: digest,
    location: .dataset(dataset), place: "\(listing.path): \(printable(dataset.name))")
}

/// The raw structure of the HDF5 file `listing`.
func tree(of listing: HDF5Listing) -> FileNode {
  // Names of what lies in a group come after its own.
  var children: [String: [FileNode]] = [:]
  func parent(_ name: String) -> String {
    let slash = name.lastIndex(of: "/") ?? name.startIndex
    return slash == name.startIndex ? "/" : String(name[..<slash])
  }
  func last(_ name: String) -> String {
    String(name[(name.lastIndex(of: "/").map(name.index(after:)) ?? name.startIndex)...])
  }
  func attributes(_ name: String) -> [FileNode] {
    let read = listing.attributes(of: name).mapValues(detail(of:))
    let others = listing.unreadAttributes(of: name).mapValues { "not read: \($0)" }
    return read.merging(others) { first, _ in first }.sorted { $0.key < $1.key }.map {
      FileNode($0.key, "attribute", $0.value)
    }
  }
  for dataset in listing.datasets {
    let shape = dataset.shape.isEmpty ? "scalar" : dataset.shape.map(String.init).joined(separator: "x")
    let node = FileNode(
      last(dataset.name), "dataset", "\(dataset.element) \(shape)", children: attributes(dataset.name))
    children[parent(dataset.name), default: []].append(node)
  }
  for link in listing.links {
    children[parent(link.name), default: []].append(FileNode(last(link.name), "link", "\(link.kind) are not followed"))
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
    case .bfloat16: self = .bfloat16
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
