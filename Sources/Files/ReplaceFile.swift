import Failures
import Synchronization

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// Replaces the file at `path` as a whole: readers see the earlier file or the new one, never a part of either.
///
/// `body` is given a new name in the same folder, creates a file there and closes it; then that file is synced to the
/// disk, renamed over `path`, and the folder is synced. On any error the temporary is removed and the earlier file
/// stays as it was. A symbolic link at `path` stays, and the file that it points to is replaced.
///
/// - Throws: what `body` throws; `.cannotCreate` if no file can be made there; `.inputOutput` if the disk is full or
///   fails on the way.
public func replaceFile(at path: String, writing body: (_ temporaryPath: String) throws -> Void) throws {
  let target = try resolvingLinks(path)
  let (folder, name) = split(target)
  try checkReplaceable(target, folder: folder, path: path)
  let temporary = temporaryPath(folder: folder, name: name)
  var renamed = false
  defer { if !renamed { _ = temporary.withSystemPath { unlink($0) } } }
  try body(temporary)
  try synchronize(temporary, O_RDONLY, path: path)
  guard temporary.withSystemPath({ from in target.withSystemPath { rename(from, $0) } }) == 0 else {
    throw writeFailure(path, errno)
  }
  renamed = true
  try synchronize(folder, O_RDONLY | O_DIRECTORY, path: path)
}

/// Replaces the file at `path` as a whole by one that holds `bytes`, as `replaceFile(at:writing:)` does.
///
/// - Throws: `.cannotCreate` if no file can be made there; `.inputOutput` if the disk is full or fails on the way.
public func writeFile(at path: String, bytes: [UInt8]) throws {
  try replaceFile(at: path) { temporary in
    guard let file = Descriptor(temporary, O_WRONLY | O_CREAT | O_EXCL) else { throw writeFailure(path, errno) }
    try bytes.withUnsafeBytes { try writeAll($0, to: file.number, path: path) }
  }
}

// MARK: - Names

/// `path` with the symbolic links of its last component followed, also to a target that does not exist yet.
///
/// The names of descriptors, such as `/dev/stdout`, are links to whatever is open there, and no place for a file.
///
/// - Throws: `.cannotCreate` for what names no file.
func resolvingLinks(_ path: String) throws -> String {
  guard !path.isEmpty, !path.utf8.contains(0) else {
    throw Failure(.cannotCreate, "\"\(path.prefix { $0 != "\0" })\": not a file name; name a file to write")
  }
  var target = path
  for _ in 0..<40 {
    let folder = resolve(split(target).folder) ?? ""
    guard !folder.hasPrefix("/proc/"), folder != "/dev/fd" else {
      throw Failure(.cannotCreate, "\(path): cannot create: this is a descriptor; name a plain file")
    }
    let bytes = [UInt8](unsafeUninitializedCapacity: Int(PATH_MAX)) { buffer, initialized in
      guard let start = buffer.baseAddress else { return }
      let text = UnsafeMutableRawPointer(start).assumingMemoryBound(to: CChar.self)
      initialized = max(0, target.withSystemPath { readlink($0, text, buffer.count) })
    }
    guard !bytes.isEmpty else { return target }
    let link = PathText.text(bytes)
    target = link.hasPrefix("/") ? link : "\(split(target).folder)/\(link)"
  }
  throw writeFailure(path, ELOOP)
}

/// The folder of `path` (`.` if it names none) and the last component.
func split(_ path: String) -> (folder: String, name: String) {
  guard let slash = path.lastIndex(of: "/") else { return (".", path) }
  let folder = path[..<slash]
  return (folder.isEmpty ? "/" : String(folder), String(path[path.index(after: slash)...]))
}

private let temporaryCount = Atomic<Int>(0)

/// A name in `folder` that no other call gets and no file has: `.NAME.cusp-PID-N`.
func temporaryPath(folder: String, name: String) -> String {
  var status = stat()
  while true {
    let number = temporaryCount.add(1, ordering: .relaxed).newValue
    let path = "\(folder)/\(temporaryPrefix(name))\(getpid())-\(number)"
    if path.withSystemPath({ lstat($0, &status) }) != 0 { return path }
  }
}

/// How the names of temporaries for the file `name` begin: `.NAME.cusp-`.
func temporaryPrefix(_ name: String) -> String {
  // Names end at 255 bytes; what follows NAME takes at most 40.
  ".\(PathText.text(PathText.bytes(name).prefix(200))).cusp-"
}

// MARK: - Checks

/// Refuses a `target` that renaming would destroy (a device) or cannot replace (a folder), and a `folder` that takes
/// no new file, before any work is done.
func checkReplaceable(_ target: String, folder: String, path: String) throws {
  var status = stat()
  if target.withSystemPath({ stat($0, &status) }) == 0 && status.st_mode & S_IFMT != S_IFREG {
    let kind = [S_IFDIR: "a folder", S_IFIFO: "a named pipe", S_IFSOCK: "a socket"][status.st_mode & S_IFMT]
    throw Failure(.cannotCreate, "\(path): cannot create: this is \(kind ?? "a device"); name a plain file")
  }
  guard folder.withSystemPath({ stat($0, &status) }) == 0 else { throw writeFailure(path, errno) }
  guard status.st_mode & S_IFMT == S_IFDIR else { throw writeFailure(path, ENOTDIR) }
  guard folder.withSystemPath({ access($0, W_OK | X_OK) }) == 0 else { throw writeFailure(path, errno) }
}

/// Has the system write the file or folder at `name` to the disk.
func synchronize(_ name: String, _ flags: Int32, path: String) throws {
  guard let file = Descriptor(name, flags) else {
    throw Failure(.inputOutput, "\(path): cannot be synced: \(systemErrorText(errno)); run again")
  }
  // Some file systems cannot sync a folder and say so by EINVAL or ENOTSUP; the rename is done there all the same.
  guard fsync(file.number) == 0 || errno == EINVAL || errno == ENOTSUP else { throw writeFailure(path, errno) }
}
