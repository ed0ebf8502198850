import Archives
import Failures
import Files

/// A public data set on its way into a folder of its own: fetched file by file, each gone on with where an earlier run
/// left off, verified, unpacked, and put in its place whole.
public struct Fetch {
  /// How far it is.
  public struct Progress: Sendable {
    /// The file that is fetched.
    public let file: String
    /// How many bytes of all files are here.
    public let bytes: Int
  }

  private let dataset: PublicDataset
  private let mirror: String?
  private let timeout: Int
  /// Where the data set goes.
  public let folder: String
  /// Where files lie until all are there.
  private var parts: String { "\(folder).part" }

  /// How often in a row a server may break off before it is given up, and how often a broken file is begun anew.
  private static let (mostAttempts, mostBeginnings) = (5, 2)
  /// The most bytes of a file beyond what the publisher's have together.
  private static let margin = 1 << 24

  /// The fetching of `dataset` into `folder`.
  ///
  /// - Parameters:
  ///   - mirror: Where its files lie instead of the publisher's place.
  ///   - timeout: After how many seconds without a byte a server is given up.
  /// - Throws: `.usage` for a mirror that is no address of http or https.
  public init(_ dataset: PublicDataset, into folder: String, mirror: String?, timeout: Int) throws {
    if let mirror,
      !["http://", "https://"].contains(where: mirror.hasPrefix) || mirror.utf8.contains(where: { $0 <= 32 })
    {
      throw Failure(.usage, "--mirror \(mirror): give an address of http:// or https://, below which the files lie")
    }
    (self.dataset, self.folder, self.mirror, self.timeout) = (dataset, folder, mirror, timeout)
  }

  /// Whether the data set is there.
  public var isDone: Bool { (try? !folderEntries(folder).isEmpty) ?? false }

  /// Fetches what is missing.
  ///
  /// - Parameters:
  ///   - lookUp: Called several times a second; what it throws ends the fetching, and what has come is kept.
  ///   - note: Receives what a person should know on the way.
  /// - Throws: `.data` where what comes is another file, and as `makeFolder(at:writing:)`; what curl meets.
  public func run(lookUp: (Progress) throws -> Void, note: (String) -> Void) throws {
    try makeFolders(parts)
    var done = 0
    for file in dataset.files {
      let path = "\(parts)/\(file.name)"
      if !fileExists(at: path) {
        let whole = done
        try fetch(file, lookUp: { try lookUp(Progress(file: file.name, bytes: whole + $0)) }, note: note)
      }
      done += try fileSize(path: path)
    }
    try unpack()
    removeFolder(parts)
  }

  /// Fetches `file` and verifies it.
  private func fetch(_ file: PublicFile, lookUp: (Int) throws -> Void, note: (String) -> Void) throws {
    var part = try GrowingFile(path: "\(parts)/\(file.name).part")
    let transfer = Transfer(
      address: dataset.address(of: file, mirror: mirror), timeout: timeout, limit: dataset.byteCount + Self.margin)
    for beginning in 1...Self.mostBeginnings {
      let resumed = part.count > 0
      if resumed { note("\(file.name): going on after \(part.count) bytes") }
      let isWhole = try go(on: transfer, &part, lookUp: lookUp, note: note)
      let fault =
        isWhole
        ? try file.fault(of: ByteSource(path: part.path)).map { "\($0): another file, or a damaged one" }
        : "the server breaks off, and does not go on in the middle"
      guard let fault else { return try part.finish(as: file.name) }
      try part.removeAll()
      guard resumed || !isWhole, beginning < Self.mostBeginnings else {
        throw Failure(.data, "\(transfer.address): \(fault); name another address by --mirror")
      }
      note("\(file.name): \(fault); it is begun anew")
    }
  }

  /// Asks for what `part` lacks until it is whole; false where the server does not go on.
  private func go(
    on transfer: Transfer, _ part: inout GrowingFile, lookUp: (Int) throws -> Void, note: (String) -> Void
  ) throws -> Bool {
    var attempts = 0
    while true {
      let before = part.count
      switch try transfer.resume(&part, lookUp: lookUp) {
      case .whole: return true
      // A file that is whole has no rest either.
      case .noRest: return try isWhole(part, of: transfer)
      case .interrupted(let reason):
        attempts = part.count > before ? 1 : attempts + 1
        guard attempts < Self.mostAttempts else {
          let advice = "\(part.count) bytes are kept; run again to go on"
          throw Failure(.inputOutput, "\(transfer.address): \(reason); \(advice)")
        }
        note("\(transfer.address): \(reason); trying again")
      }
    }
  }

  /// Whether `part` is the whole file that `transfer` asks for.
  private func isWhole(_ part: borrowing GrowingFile, of transfer: Transfer) throws -> Bool {
    let file = dataset.files.first { dataset.address(of: $0, mirror: mirror) == transfer.address }
    return try file?.fault(of: ByteSource(path: part.path)) == nil
  }
}

// MARK: - Unpacking

extension Fetch {
  /// The most bytes that an archive holds, unpacked.
  private static let unpackedLimit = 1 << 33

  /// Makes the folder of the files in `parts`, unpacked.
  private func unpack() throws {
    try makeFolder(at: folder) { writer in
      for file in dataset.files {
        let source = try ByteSource(path: "\(parts)/\(file.name)")
        switch dataset.packing {
        case .plain:
          try writer.write(to: file.name) { append in try source.forEachPart(of: 0..<source.count, append) }
        case .tar(let isGZipped): try unpack(TarArchive(isGZipped ? unzipped(source) : source), writer)
        case .zip: try unpack(ZipArchive(source, limit: Self.unpackedLimit), writer)
        }
      }
    }
  }

  /// What the gzip file `source` holds, in a file without a name.
  private func unzipped(_ source: ByteSource) throws -> ByteSource {
    let scratch = try ScratchFile()
    try gunzip(source, limit: Self.unpackedLimit) { try scratch.append($0) }
    return try ByteSource(scratch.input(named: source.name))
  }

  private func unpack(_ archive: TarArchive, _ writer: FolderWriter) throws {
    var folders: Set<String> = []
    for entry in archive.entries where isWanted(entry.name) {
      try makeParents(of: entry.name, &folders, writer)
      try writer.write(to: entry.name) { append in try archive.forEachPart(of: entry, append) }
    }
  }

  private func unpack(_ archive: ZipArchive, _ writer: FolderWriter) throws {
    var folders: Set<String> = []
    for entry in archive.entries where isWanted(entry.name) && !entry.name.hasSuffix("/") {
      try makeParents(of: entry.name, &folders, writer)
      try writer.write(to: entry.name) { append in try archive.forEachPart(of: entry, append) }
    }
  }

  private func isWanted(_ name: String) -> Bool {
    dataset.wanted.isEmpty || dataset.wanted.contains(where: name.hasPrefix)
  }

  /// Makes the folders that the file `name` lies in, each once.
  private func makeParents(of name: String, _ made: inout Set<String>, _ writer: FolderWriter) throws {
    let parts = name.split(separator: "/").dropLast()
    for count in parts.indices.map({ $0 + 1 }) {
      let folder = parts.prefix(count).joined(separator: "/")
      if made.insert(folder).inserted { try writer.makeFolder(folder) }
    }
  }
}
