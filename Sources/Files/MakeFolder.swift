import CFiles
internal import Failures

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// Makes the folder at `path` as a whole: readers see all of it or nothing.
///
/// `body` fills a new folder beside it, which is then brought to the disk and renamed. On any error it is removed with all
/// that is in it. A folder that is there already must be empty, so that nothing is ever lost or mixed.
///
/// - Throws: what `body` throws; `.cannotCreate` if something is there or no folder can be made; `.inputOutput` if the disk
///   is full or fails on the way.
public func makeFolder(at path: String, writing body: (FolderWriter) throws -> Void) throws {
  let target = try checkMakeable(path)
  let (parent, name) = split(target)
  let temporary = temporaryPath(folder: parent, name: name)
  guard temporary.withSystemPath({ mkdir($0, 0o777) }) == 0 else { throw writeFailure(path, errno) }
  var renamed = false
  defer { if !renamed { removeTree(temporary) } }
  try body(FolderWriter(folder: temporary, path: path))
  guard let folder = Descriptor(temporary, O_RDONLY | O_DIRECTORY), cusp_write_all(folder.number) == 0 else {
    throw writeFailure(path, errno)
  }
  guard temporary.withSystemPath({ from in target.withSystemPath { rename(from, $0) } }) == 0 else {
    throw writeFailure(path, errno)
  }
  renamed = true
  try synchronize(parent, O_RDONLY | O_DIRECTORY, path: path)
}

/// A folder on its way.
public struct FolderWriter {
  fileprivate let folder: String
  fileprivate let path: String

  /// Makes the folder `name` in it.
  ///
  /// - Throws: `.cannotCreate` and `.inputOutput` as `makeFolder(at:writing:)`.
  public func makeFolder(_ name: String) throws {
    guard "\(folder)/\(name)".withSystemPath({ mkdir($0, 0o777) }) == 0 else {
      throw writeFailure("\(path)/\(name)", errno)
    }
  }

  /// Writes the file `name`, which is new and may begin with the name of a folder that has been made.
  ///
  /// - Throws: as above.
  public func write(_ bytes: [UInt8], to name: String) throws {
    try write(to: name) { append in try bytes.withUnsafeBytes(append) }
  }

  /// Writes the file `name` of the parts that `body` appends.
  ///
  /// - Throws: as above, and what `body` throws.
  public func write(to name: String, _ body: ((UnsafeRawBufferPointer) throws -> Void) throws -> Void) throws {
    let place = "\(path)/\(name)"
    guard let file = Descriptor("\(folder)/\(name)", O_WRONLY | O_CREAT | O_EXCL) else {
      throw writeFailure(place, errno)
    }
    let number = file.number
    try body { try writeAll($0, to: number, path: place) }
  }
}

/// The path that `path` means without slashes in the end, where a folder is still to come, or there and empty.
@discardableResult func checkMakeable(_ path: String) throws -> String {
  var target = path
  while target.count > 1, target.hasSuffix("/") { target.removeLast() }
  target = try resolvingLinks(target)
  var status = stat()
  if target.withSystemPath({ stat($0, &status) }) == 0 {
    guard status.st_mode & S_IFMT == S_IFDIR else {
      throw Failure(.cannotCreate, "\(path): cannot create: a file is there; name a new folder")
    }
    guard names(in: target).isEmpty else {
      throw Failure(.cannotCreate, "\(path): cannot create: the folder is not empty; empty it, or name a new one")
    }
  }
  let parent = split(target).folder
  guard parent.withSystemPath({ stat($0, &status) }) == 0 else { throw writeFailure(path, errno) }
  guard status.st_mode & S_IFMT == S_IFDIR else { throw writeFailure(path, ENOTDIR) }
  guard parent.withSystemPath({ access($0, W_OK | X_OK) }) == 0 else { throw writeFailure(path, errno) }
  return target
}
