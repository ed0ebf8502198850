internal import Failures
internal import HDF5
internal import Networks
internal import Tensors

/// A checkpoint's file, listed and checked for all that can be checked without reading the tensors.
struct CheckpointFile {
  let listing: HDF5Listing
  let graph: NetworkGraph
  let definitionText: String
  let digest: String
  let classNames: [String]
  let parameters: [TensorEntry]
  let optimizer: [TensorEntry]
  let progress: Checkpoint.Progress
  let documents: Checkpoint.Documents

  init(_ listing: HDF5Listing) throws {
    let path = listing.path
    self.listing = listing
    let root = Attributes(listing, "/")
    try Self.checkVersion(root)
    definitionText = try root.string("definition")
    digest = try root.string("digest")
    classNames = try root.strings("class_names")
    documents = Checkpoint.Documents(
      configuration: try root.string("configuration"), history: try root.string("history"),
      provenance: try root.string("provenance"))
    progress = try Self.progress(listing)
    let entries = try Self.entries(listing, in: Layout.parameters)
    optimizer = try Self.entries(listing, in: Layout.optimizer)
    do {
      graph = try NetworkGraph(definition(json: definitionText))
      try graph.checkParameters(Dictionary(uniqueKeysWithValues: entries.map { (ParameterPath($0.name), $0.shape) }))
    } catch let failure as Failure {
      throw Failure(failure.kind, "\(path): \(failure.message)")
    }
    let byName = Dictionary(uniqueKeysWithValues: entries.map { ($0.name, $0) })
    parameters = graph.parameters.compactMap { byName[$0.path.text] }
    guard modelDigest(definition: definitionText, tensors: parameters) == digest else {
      throw Failure(.data, "\(path): its digest is not that of its definition and tensors; it is damaged")
    }
  }

  private static func checkVersion(_ root: Attributes) throws {
    guard root.values["format"] == .string(Layout.format) else {
      throw root.failure("is HDF5 but no checkpoint of this package: it has no attribute format = \(Layout.format)")
    }
    guard root.values["version"] == .integer(Layout.version) else {
      throw root.failure("a checkpoint of another version than \(Layout.version); read it with the tools that wrote it")
    }
  }

  private static func progress(_ listing: HDF5Listing) throws -> Checkpoint.Progress {
    let attributes = Attributes(listing, Layout.progress)
    let sums = Attributes(listing, Layout.sums)
    return Checkpoint.Progress(
      epoch: try attributes.count("epoch"), step: try attributes.count("step"),
      sums: Dictionary(uniqueKeysWithValues: try sums.values.keys.map { ($0, try sums.float($0)) }))
  }

  /// The tensors below the group `root`, sorted by name.
  private static func entries(_ listing: HDF5Listing, in root: String) throws -> [TensorEntry] {
    var entries: [String: TensorEntry] = [:]
    for dataset in listing.datasets {
      guard let name = Layout.name(ofDataset: dataset.name, in: root) else { continue }
      guard dataset.element == .float32, entries[name] == nil, try Layout.dataset(name, in: root) == dataset.name else {
        throw Failure(.data, "\(listing.path): \(dataset.name): not 32-bit floats under a dotted name of their own")
      }
      let digest = try Attributes(listing, dataset.name).string(Layout.digest)
      entries[name] = TensorEntry(name: name, shape: Shape(dataset.shape), digest: digest)
    }
    return entries.values.sorted { $0.name < $1.name }
  }
}

/// The attributes of one object, each asked for by the type it must have.
struct Attributes {
  let path: String
  let object: String
  let values: [String: HDF5Value]

  init(_ listing: HDF5Listing, _ object: String) {
    path = listing.path
    self.object = object
    values = listing.attributes(of: object)
  }

  func string(_ name: String) throws -> String {
    guard case .string(let text) = values[name] else { throw missing(name, "a string") }
    return text
  }

  func strings(_ name: String) throws -> [String] {
    guard case .strings(let texts) = values[name] else { throw missing(name, "strings") }
    return texts
  }

  func float(_ name: String) throws -> Double {
    guard case .float(let number) = values[name] else { throw missing(name, "a floating-point number") }
    return number
  }

  /// An integer of at least 0.
  func count(_ name: String) throws -> Int {
    guard case .integer(let number) = values[name], number >= 0 else { throw missing(name, "an integer of at least 0") }
    return Int(number)
  }

  func failure(_ reason: String) -> Failure { Failure(.data, "\(path): \(reason)") }

  private func missing(_ name: String, _ kind: String) -> Failure {
    failure("\(object): no attribute \(name) that is \(kind); it is damaged or no checkpoint")
  }
}
