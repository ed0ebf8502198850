#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// Which file a path leads to, whatever it is called: links of both kinds, `.` and `..` make no difference.
struct FileIdentity: Hashable {
  private let device: UInt64
  private let number: UInt64
  /// The name in the folder of that number, of a file that is still to come.
  private let name: [UInt8]?

  /// The file at `path`, be it there or still to come; nil where there is not even a folder for it.
  init?(path: String) {
    if let there = Self(name: nil, status: { status in path.withSystemPath { stat($0, &status) } }) {
      self = there
      return
    }
    guard let target = try? resolvingLinks(path) else { return nil }
    let (folder, name) = split(target)
    guard
      let place = Self(name: PathText.bytes(name), status: { status in folder.withSystemPath { stat($0, &status) } })
    else { return nil }
    self = place
  }

  /// The file that is open as `descriptor`; nil where that is closed or no regular file.
  init?(descriptor: Int32) {
    var isRegular = false
    let file = Self(name: nil) { status in
      let result = fstat(descriptor, &status)
      isRegular = status.st_mode & S_IFMT == S_IFREG
      return result
    }
    guard let file, isRegular else { return nil }
    self = file
  }

  private init?(name: [UInt8]?, status ask: (inout stat) -> Int32) {
    var status = stat()
    guard ask(&status) == 0 else { return nil }
    device = UInt64(truncatingIfNeeded: status.st_dev)
    number = UInt64(truncatingIfNeeded: status.st_ino)
    self.name = name
  }
}

/// Whether two paths lead to one file, whatever they call it.
public func leadsTo(_ path: String, sameFileAs other: String) -> Bool {
  guard let file = FileIdentity(path: path) else { return false }
  return file == FileIdentity(path: other)
}
