#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// Something in a folder.
public struct FolderEntry: Hashable, Sendable {
  /// Its name, without a path.
  public let name: String
  /// Whether it is a folder, or a link to one.
  public let isFolder: Bool
}

/// Whether a folder, or a link to one, is at `path`.
public func folderExists(at path: String) -> Bool {
  var status = stat()
  return !path.utf8.contains(0) && path.withSystemPath { stat($0, &status) } == 0 && status.st_mode & S_IFMT == S_IFDIR
}

/// What the folder at `path` holds, in the order of the names' bytes, which is that of their characters.
///
/// - Throws: `.noInput` if there is no folder or it cannot be read.
public func folderEntries(_ path: String) throws -> [FolderEntry] {
  guard !path.utf8.contains(0), let stream = path.withSystemPath({ opendir($0) }) else {
    throw readFailure(path, path.utf8.contains(0) ? ENOENT : errno)
  }
  closedir(stream)
  return names(in: path)
    .map { (bytes: PathText.bytes($0), name: $0) }
    .sorted { $0.bytes.lexicographicallyPrecedes($1.bytes) }
    .map { FolderEntry(name: $0.name, isFolder: folderExists(at: "\(path)/\($0.name)")) }
}

/// The names in `folder` but for `.` and `..`; none where it cannot be read.
func names(in folder: String) -> [String] {
  guard let stream = folder.withSystemPath({ opendir($0) }) else { return [] }
  defer { closedir(stream) }
  var names: [String] = []
  while let entry = readdir(stream) {
    names.append(withUnsafeBytes(of: &entry.pointee.d_name) { PathText.text($0.prefix { $0 != 0 }) })
  }
  return names.filter { $0 != "." && $0 != ".." }
}
