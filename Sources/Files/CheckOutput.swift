internal import Failures

#if canImport(Darwin)
  internal import Darwin
#else
  internal import Glibc
#endif

/// A descriptor that a program reads or writes besides files, with the words for it.
public struct OpenStream: Sendable {
  /// What the system calls it.
  let descriptor: Int32
  /// What people call it, such as `standard input`.
  let name: String

  /// The stream open as `descriptor`, which people call `name`.
  public init(_ descriptor: Int32, _ name: String) { (self.descriptor, self.name) = (descriptor, name) }
}

/// Finds out now whether a program can write the file `path` in the end, before hours of work that would be lost, and
/// whether it would destroy what it reads or mix with what else it writes.
///
/// - Parameters:
///   - inputs: The paths of all that the program reads, also of what need not be there.
///   - streams: The program's streams, which may be files.
/// - Throws: `.usage` for `-`, and if `path` leads to the file of an input or a stream, by whatever name; `.cannotCreate` if
///   no file can be made there.
public func checkOutput(_ path: String, reading inputs: [String], besides streams: [OpenStream]) throws {
  try refuseStandardOutput(path)
  let target = try resolvingLinks(path)
  try checkReplaceable(target, folder: split(target).folder, path: path)
  guard let output = FileIdentity(path: path) else { return }
  if let input = inputs.first(where: { FileIdentity(path: $0) == output }) {
    let words = input == path ? "is an input" : "is the input \(input) by another name"
    throw Failure(.usage, "\(path): \(words); write to another file")
  }
  if let stream = streams.first(where: { FileIdentity(descriptor: $0.descriptor) == output }) {
    throw ownFile(path, stream)
  }
}

/// Finds out now whether a program can make the folder `path` in the end: it is still to come, or there and empty.
///
/// - Throws: `.usage` for `-`; `.cannotCreate` if something is there, or no folder can be made.
public func checkFolderOutput(_ path: String) throws {
  try refuseStandardOutput(path)
  try checkMakeable(path)
}

private func refuseStandardOutput(_ path: String) throws {
  guard path == "-" else { return }
  throw Failure(.usage, "-: is no file to write here, as standard output carries records; name a file, or ./-")
}

/// Refuses the input `path`, `-` for standard input, if it is the file that `output` writes: it would grow while it is
/// read, and be another one afterwards.
///
/// - Throws: `.usage`.
public func checkInput(_ path: String, besides output: OpenStream) throws {
  let input = path == "-" ? FileIdentity(descriptor: 0) : FileIdentity(path: path)
  if let input, input == FileIdentity(descriptor: output.descriptor) { throw ownFile(path, output) }
}

/// Whether what `output` writes is added to the end of the file at `path`, whatever that is called.
///
/// - Throws: `.usage` where it is that file, and is written from its front.
public func isAppended(_ output: OpenStream, to path: String) throws -> Bool {
  guard let file = FileIdentity(path: path), file == FileIdentity(descriptor: output.descriptor) else { return false }
  guard fcntl(output.descriptor, F_GETFL) & O_APPEND != 0 else {
    throw Failure(.usage, "\(path): is the file of \(output.name), which takes its place; append to it, by >>")
  }
  return true
}

private func ownFile(_ path: String, _ stream: OpenStream) -> Failure {
  Failure(.usage, "\(path): is the file of \(stream.name); write to another file")
}
