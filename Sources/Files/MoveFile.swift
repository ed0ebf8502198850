internal import Failures

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// Gives the file at `path` the name `target`, in place of a file that is there: readers see that one or this, both whole.
///
/// File and folder are synced to the disk. Symbolic links stay where they are: what `path` leads to becomes what `target`
/// leads to.
///
/// - Throws: `.cannotCreate` where `target` can be no name of it; `.inputOutput` where the disk fails.
public func moveFile(_ path: String, to target: String) throws {
  let (source, destination) = (try resolvingLinks(path), try resolvingLinks(target))
  try synchronize(source, O_RDONLY, path: path)
  guard source.withSystemPath({ from in destination.withSystemPath { rename(from, $0) } }) == 0 else {
    throw writeFailure(target, errno)
  }
  try synchronize(split(destination).folder, O_RDONLY | O_DIRECTORY, path: target)
}

/// Finds out now whether `moveFile(_:to:)` could give the file `path`, which is still to come, the name `target`.
///
/// - Throws: `.usage` where both are one file; `.cannotCreate` where they lie on different file systems.
public func checkMove(_ path: String, to target: String) throws {
  guard FileIdentity(path: path) != FileIdentity(path: target) else {
    throw Failure(.usage, "\(path): is the file that it is to become, \(target); name another one")
  }
  let devices = try [path, target].map { name in
    var status = stat()
    let folder = split(try resolvingLinks(name)).folder
    guard folder.withSystemPath({ stat($0, &status) }) == 0 else { throw writeFailure(name, errno) }
    return status.st_dev
  }
  guard devices[0] == devices[1] else {
    throw Failure(.cannotCreate, "\(path): lies on another file system than \(target); name a file beside that")
  }
}
