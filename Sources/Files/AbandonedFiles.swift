#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// Removes what `replaceFile(at:writing:)` or `makeFolder(at:writing:)` for `path` left beside it where its process was
/// killed.
///
/// Such a file or folder is known by its name, `.NAME.cusp-PID-N`, and stays while there is a process PID; what cannot be removed
/// stays, too.
public func removeAbandonedFiles(of path: String) {
  guard let target = try? resolvingLinks(path) else { return }
  let (folder, name) = split(target)
  let prefix = temporaryPrefix(name)
  for entry in names(in: folder) where entry.utf8.starts(with: prefix.utf8) {
    let numbers = entry.utf8.dropFirst(prefix.utf8.count).split(
      separator: UInt8(ascii: "-"), omittingEmptySubsequences: false
    )
    .map { Int32(String(decoding: $0, as: UTF8.self)) }
    guard numbers.count == 2, let process = numbers[0], process > 0, numbers[1] != nil else { continue }
    if kill(process, 0) != 0, errno == ESRCH { removeTree("\(folder)/\(entry)") }
  }
}

/// Removes the file at `path`, or the folder with all that it holds; links are removed, not followed. What cannot be removed
/// stays.
func removeTree(_ path: String) {
  guard path.withSystemPath({ unlink($0) }) != 0, errno != ENOENT else { return }
  var status = stat()
  guard path.withSystemPath({ lstat($0, &status) }) == 0, status.st_mode & S_IFMT == S_IFDIR else { return }
  for name in names(in: path) { removeTree("\(path)/\(name)") }
  _ = path.withSystemPath { rmdir($0) }
}
