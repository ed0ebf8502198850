internal import Failures

#if canImport(Darwin)
  internal import Darwin
#else
  internal import Glibc
#endif

/// A file that grows by several runs of a program, until it is whole and gets its name: what a killed run leaves is where
/// the next one goes on.
///
/// One process has it at a time; the system lets go of it when that ends, however it ends.
public struct GrowingFile: ~Copyable {
  private let file: Descriptor
  /// Where it lies until it is whole.
  public let path: String
  /// How many bytes it has.
  public private(set) var count: Int

  /// Opens the file at `path`, a new one if there is none.
  ///
  /// - Throws: `.inputOutput` if another process has it; `.cannotCreate`.
  public init(path: String) throws {
    guard let file = Descriptor(path, O_RDWR | O_CREAT | O_APPEND) else { throw writeFailure(path, errno) }
    guard flock(file.number, LOCK_EX | LOCK_NB) == 0 else {
      throw Failure(.inputOutput, "\(path): another process is writing it; wait for that, or end it")
    }
    var status = stat()
    guard fstat(file.number, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw Failure(.cannotCreate, "\(path): is no file; take it away")
    }
    self.file = file
    self.path = path
    count = Int(status.st_size)
  }

  // A process that was forked meanwhile, such as a guarded reader's, has the file open, too, and the lock with it.
  deinit { _ = flock(file.number, LOCK_UN) }

  /// Appends `bytes`.
  ///
  /// - Throws: `.inputOutput` on a full or failing disk.
  public mutating func append(_ bytes: UnsafeRawBufferPointer) throws {
    try writeAll(bytes, to: file.number, path: path)
    count += bytes.count
  }

  /// Takes all bytes away, to begin anew.
  ///
  /// - Throws: `.inputOutput` on a failing disk.
  public mutating func removeAll() throws { try shorten(to: 0) }

  /// Takes all bytes after the first `length` away.
  ///
  /// - Precondition: it has so many.
  /// - Throws: `.inputOutput` on a failing disk.
  public mutating func shorten(to length: Int) throws {
    guard ftruncate(file.number, off_t(length)) == 0 else { throw writeFailure(path, errno) }
    count = length
  }

  /// Brings the file to the disk and gives it the name `name`, in the same folder.
  ///
  /// - Throws: `.inputOutput` and `.cannotCreate`.
  public consuming func finish(as name: String) throws {
    let target = "\(split(path).folder)/\(name)"
    guard fsync(file.number) == 0,
      path.withSystemPath({ from in target.withSystemPath { rename(from, $0) } }) == 0
    else { throw writeFailure(target, errno) }
  }
}

/// Makes the folder at `path` and those that it lies in, where they are not there.
///
/// - Throws: `.cannotCreate`.
public func makeFolders(_ path: String) throws {
  guard !folderExists(at: path) else { return }
  let parent = split(path).folder
  if parent != path, !path.isEmpty { try makeFolders(parent) }
  guard path.withSystemPath({ mkdir($0, 0o777) }) == 0 || errno == EEXIST else { throw writeFailure(path, errno) }
}

/// Removes the folder at `path` with all that it holds; links are removed, not followed. What cannot be removed stays.
public func removeFolder(_ path: String) { removeTree(path) }
