#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// Removes what `replaceFile(at:writing:)` of the file at `path` left in its folder where its process was killed.
///
/// Such a file is known by its name, `.NAME.cusp-PID-N`, and stays while there is a process PID; what cannot be removed
/// stays, too.
public func removeAbandonedFiles(of path: String) {
  guard let target = try? resolvingLinks(path) else { return }
  let (folder, name) = split(target)
  let prefix = temporaryPrefix(name)
  for entry in entries(of: folder) where entry.utf8.starts(with: prefix.utf8) {
    let numbers = entry.utf8.dropFirst(prefix.utf8.count).split(
      separator: UInt8(ascii: "-"), omittingEmptySubsequences: false
    )
    .map { Int32(String(decoding: $0, as: UTF8.self)) }
    guard numbers.count == 2, let process = numbers[0], process > 0, numbers[1] != nil else { continue }
    if kill(process, 0) != 0, errno == ESRCH { _ = "\(folder)/\(entry)".withSystemPath { unlink($0) } }
  }
}

/// The names in `folder`; none where it cannot be read.
private func entries(of folder: String) -> [String] {
  guard let stream = folder.withSystemPath({ opendir($0) }) else { return [] }
  defer { closedir(stream) }
  var names: [String] = []
  while let entry = readdir(stream) {
    names.append(
      withUnsafeBytes(of: &entry.pointee.d_name) { PathText.text($0.prefix { $0 != 0 }) })
  }
  return names
}
