#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// How many bytes this user may still write where `path` is or would be: on the disk of the nearest folder that is there.
///
/// Nil where the system does not say.
public func freeSpace(at path: String) -> Int? {
  var folder = absolutePath(path)
  while !folderExists(at: folder), let end = folder.lastIndex(of: "/"), end > folder.startIndex {
    folder = String(folder[..<end])
  }
  if !folderExists(at: folder) { folder = "/" }
  var status = statvfs()
  guard folder.withSystemPath({ statvfs($0, &status) }) == 0 else { return nil }
  let (bytes, isTooLarge) = Int(clamping: status.f_bavail).multipliedReportingOverflow(
    by: Int(clamping: status.f_frsize))
  return isTooLarge ? Int.max : bytes
}
