internal import Failures
public import Files

/// What an HDF5 file holds, found out without trust in the file.
///
/// The library reads the file in a child process with limits on memory, time and files; the elements of contiguous
/// datasets are then read by this process itself. A file that crashes or hangs the library is a `Failure`. Refused by
/// name: links other than hard ones, unless they are asked for, virtual datasets, data in other files, circles of groups,
/// and datasets that declare more than they store.
public struct HDF5Listing: Sendable {
  /// The path, as given.
  public let path: String
  let file: OpenFile
  private let contents: Contents
  private let indices: [String: Int]

  struct Contents: Sendable {
    var groups: [String] = []
    var datasets: [HDF5Dataset] = []
    var links: [HDF5Link] = []
    var attributes: [String: [String: HDF5Value]] = [:]
    var unreadAttributes: [String: [String: String]] = [:]
  }

  /// Lists the file at `path`.
  ///
  /// - Throws: `.noInput` if there is none; `.data` if it is not HDF5, damaged, hostile or holds what is refused.
  public init(path: String) throws { try self.init(InputFile(onDisk: path)) }

  /// Lists the file `input`.
  ///
  /// - Throws: as `init(path:)`.
  public init(_ input: InputFile) throws {
    try self.init(withLinks: input)
    if let link = links.first {
      throw Failure(.data, "\(path): \(printable(link.name)): \(link.kind) are not followed")
    }
  }

  /// Lists the file `input`, also one with links that are not followed.
  ///
  /// - Throws: as `init(path:)`.
  public init(withLinks input: InputFile) throws { try self.init(input, limits: GuardLimits(), answer: nil) }

  /// Lists the file at `path` within `limits`, by what `answer` gives in the child in place of what the file lists.
  ///
  /// - Throws: as `init(path:)`.
  package init(path: String, limits: GuardLimits, answer: (@Sendable () -> [UInt8])?) throws {
    try self.init(InputFile(onDisk: path), limits: limits, answer: answer)
  }

  private init(_ input: InputFile, limits: GuardLimits, answer: (@Sendable () -> [UInt8])?) throws {
    let path = input.name
    // A file replaced by renaming between two openings is tried again: a training run may be saving.
    for attempt in 1... {
      let file = try OpenFile(input)
      do {
        let contents = try GuardedReader(path: path, file: file, limits: limits, substitute: answer).contents()
        try self.init(path: path, file: file, contents: contents)
        return
      } catch let failure as Failure where failure.message.hasSuffix(GuardedChild.replaced) && attempt < 4 {
        continue
      }
    }
    throw Failure(.data, "\(path): \(GuardedChild.replaced)")
  }

  private init(path: String, file: OpenFile, contents: Contents) throws {
    for dataset in contents.datasets {
      guard case .contiguous(let offset) = dataset.storage else { continue }
      guard offset >= 0, dataset.byteCount <= file.size - offset else {
        throw Failure(.data, "\(path): \(printable(dataset.name)): its data lie beyond the end of the file")
      }
    }
    // Swift takes names for equal that differ only in how they write their accents.
    let names = contents.datasets.map(\.name)
    indices = Dictionary(zip(names, names.indices), uniquingKeysWith: { first, _ in first })
    for (index, name) in names.enumerated() where indices[name] != index {
      throw Failure(.data, "\(path): \(printable(name)): two datasets have this name")
    }
    self.path = path
    self.file = file
    self.contents = contents
  }

  /// The absolute names of the groups, `/` first, sorted within each group.
  public var groups: [String] { contents.groups }

  /// The datasets, sorted by name within each group.
  public var datasets: [HDF5Dataset] { contents.datasets }

  /// The links that are not followed.
  public var links: [HDF5Link] { contents.links }

  /// The dataset with the absolute name `name`, if there is one.
  public func dataset(_ name: String) -> HDF5Dataset? { indices[name].map { contents.datasets[$0] } }

  /// The attributes of the group or dataset `object`, `/` for the file; those neither numbers nor text are left out.
  public func attributes(of object: String) -> [String: HDF5Value] { contents.attributes[object] ?? [:] }

  /// What the attributes of the group or dataset `object` that are neither numbers nor text are called, as in `records`.
  public func unreadAttributes(of object: String) -> [String: String] { contents.unreadAttributes[object] ?? [:] }
}

/// A link that is listed and not followed.
public struct HDF5Link: Equatable, Sendable {
  /// The absolute name.
  public let name: String
  /// What such links are called, as in `soft links`.
  public let kind: String
}
