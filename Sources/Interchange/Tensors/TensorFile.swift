import Archives
import Failures
public import Files
import HDF5

/// A model file of any format, listed but not read: its tensors, texts and raw structure.
///
/// Opening reads headers alone, so that a file of 500 MB is listed at once; tensors are read in parts. Nothing in a file
/// is trusted or run: every size is checked before memory is reserved for it.
public struct TensorFile: Sendable {
  /// The path, or what errors call the bytes.
  public let path: String
  /// The format.
  public let format: ModelFormat
  /// The bytes of the file, with those of its shards.
  public let byteCount: Int
  /// The tensors in the order of the file; no two have the same `path`.
  public let tensors: [StoredTensor]
  /// What else the file holds in places of tensors, and is not read.
  public let unread: [UnreadObject]
  /// The texts that the file holds beside them, by key: root attributes of HDF5, `__metadata__` of safetensors.
  public let metadata: [String: String]
  /// All bytes of the file.
  let source: ByteSource
  let content: Content
  /// Finds the network of a file that holds one, not tensors alone; nil where names and shapes have to tell it.
  let findModel: (@Sendable (TensorFile, ModelRequest) throws -> MatchedModel)?
  private let makeTree: @Sendable () throws -> FileNode

  /// Where the bytes of tensors come from.
  enum Content: Sendable {
    case source(ByteSource)
    case archive(ZipArchive, VerifiedEntries)
    case listing(HDF5Listing)
    case shards([TensorFile])
  }

  /// The paths of the file and of its shards.
  public var paths: [String] {
    if case .shards(let files) = content { return [path] + files.map(\.path) }
    return [path]
  }

  /// What a reader of one format finds out.
  struct Parts {
    var tensors: [StoredTensor]
    var unread: [UnreadObject] = []
    var metadata: [String: String] = [:]
    let content: Content
    var findModel: (@Sendable (TensorFile, ModelRequest) throws -> MatchedModel)?
    /// The format, where what is in the file tells it, not its first bytes.
    var format: ModelFormat?
    let makeTree: @Sendable () throws -> FileNode
  }

  /// Opens the model file at `path`.
  ///
  /// - Throws: `.noInput` if there is none; `.data` if it is no model, damaged, hostile, or of a format that is not read
  ///   yet; `.inputOutput` if the disk fails.
  public init(path: String) throws { try self.init(InputFile(onDisk: path)) }

  /// Opens the model file `input`.
  ///
  /// - Throws: as `init(path:)`.
  public init(_ input: InputFile) throws {
    let source = try ByteSource(input)
    if let index = try ShardIndex(source) {
      let (parts, format) = try index.open(beside: input)
      try self.init(parts, source, format)
      return
    }
    let format = try ModelFormat(contentOf: source)
    try self.init(Self.parts(of: source, input, format), source, format)
  }

  /// Opens `input`, a file of arrays: a model file's, or one array of NumPy by itself (`.npy`), which is called `array`.
  ///
  /// - Throws: as `init(path:)`.
  public init(arraysIn input: InputFile) throws {
    let source = try ByteSource(input)
    if case .numPyArray = try FileKind(contentOf: source) {
      try self.init(openNumPyArray(source), source, .numpy)
    } else {
      try self.init(input)
    }
  }

  /// Opens the model file `source`, whose format is any but HDF5.
  ///
  /// - Throws: as `init(path:)`.
  package init(_ source: ByteSource) throws {
    let format = try ModelFormat(contentOf: source)
    try self.init(Self.parts(of: source, nil, format), source, format)
  }

  private init(_ parts: Parts, _ source: ByteSource, _ format: ModelFormat) throws {
    var paths: Set<String> = []
    for tensor in parts.tensors where !paths.insert(tensor.path).inserted {
      throw Failure(.data, "\(source.name): \(printable(tensor.path)): comes twice; it is damaged or forged")
    }
    (path, self.format) = (source.name, parts.format ?? format)
    if case .shards(let files) = parts.content {
      byteCount = files.reduce(source.count) { $0 + $1.byteCount }
    } else {
      byteCount = source.count
    }
    (tensors, unread, metadata) = (parts.tensors, parts.unread, parts.metadata)
    (self.source, content, makeTree) = (source, parts.content, parts.makeTree)
    findModel = parts.findModel
  }

  private static func parts(of source: ByteSource, _ input: InputFile?, _ format: ModelFormat) throws -> Parts {
    guard let open = format.open else {
      throw Failure(.data, "\(source.name): \(format.rawValue) files are not read yet")
    }
    return try open(source, input)
  }

  /// The raw structure: groups, datasets, pickled objects with their classes, members of archives.
  ///
  /// - Throws: `.data` if it is damaged.
  public func tree() throws -> FileNode { try makeTree() }

  /// The zip archive `source`, which holds no more than any model file.
  static func archive(_ source: ByteSource) throws -> ZipArchive {
    let archive = try ZipArchive(source, limit: unpackedLimit(of: source))
    guard archive.entries.count <= entryLimit else {
      throw Failure(.data, "\(source.name): \(archive.entries.count) entries; \(entryLimit) are read at most")
    }
    return archive
  }

  private static let entryLimit = 100_000

  /// The most bytes that a zip archive may unpack to: more than that from a small file is a bomb.
  private static func unpackedLimit(of source: ByteSource) -> Int { max(1 << 32, source.count * 4) }
}
