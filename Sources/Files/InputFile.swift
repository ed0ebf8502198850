internal import Failures

#if canImport(Darwin)
  internal import Darwin
#else
  internal import Glibc
#endif

/// A file that is read from any place, whatever its path leads to: what comes through a pipe, or on standard input, is
/// copied to the disk first.
///
/// The copy lies in `TMPDIR`, else `/tmp`, and has no name, so that nothing stays of it however the process ends.
public struct InputFile: Sendable {
  /// The most bytes that are copied from a stream.
  private static let limit = 1 << 36

  /// What errors and records call it: its path, or `stdin`.
  public let name: String
  /// The path by which this process opens it.
  package let location: String
  private let copy: UnnamedFile?

  /// The file at `path`, which has to be on the disk: a stream is refused when it is to be read, and `-` is a name.
  public init(onDisk path: String) { self.init(name: path, location: path, copy: nil) }

  /// The file at `path`; `-` is standard input. A stream is read to its end now.
  ///
  /// - Throws: `.noInput`, `.inputOutput`, `.cannotCreate` if a stream cannot be read or copied, `.data` if it is larger
  ///   than 64 GiB. Whether a file is there shows when it is read.
  public init(path: String) throws {
    if path == "-" || isStream(path) {
      try self.init(SequentialInput(path: path))
    } else {
      self.init(onDisk: path)
    }
  }

  /// The file that comes through `input`, to its end.
  ///
  /// - Throws: as `init(path:)`.
  public init(_ input: SequentialInput) throws { try self.init(input, limit: Self.limit) }

  package init(_ input: SequentialInput, limit: Int) throws {
    let copy = try UnnamedFile()
    var count = 0
    func append(_ part: [UInt8]) throws {
      count += part.count
      guard count <= limit else { throw tooLarge(input.name, limit) }
      try part.withUnsafeBytes { try writeAll($0, to: copy.number, path: copy.place) }
    }
    try append(input.first)
    try input.forEachLaterPart(append)
    self.init(name: input.name, location: "/dev/fd/\(copy.number)", copy: copy)
  }

  fileprivate init(name: String, location: String, copy: UnnamedFile?) {
    (self.name, self.location, self.copy) = (name, location, copy)
  }
}

/// A new file that has no name: written first, then read; it is gone once nobody holds it.
///
/// It lies in `TMPDIR`, else `/tmp`.
public struct ScratchFile: Sendable {
  private let file: UnnamedFile

  /// An empty file.
  ///
  /// - Throws: `.cannotCreate` if none can be made there.
  public init() throws { file = try UnnamedFile() }

  /// Appends `bytes`.
  ///
  /// - Throws: `.inputOutput` on a full or failing disk.
  public func append(_ bytes: UnsafeRawBufferPointer) throws { try writeAll(bytes, to: file.number, path: file.place) }

  /// The file, to be read, which errors call `name`.
  public func input(named name: String) -> InputFile {
    InputFile(name: name, location: "/dev/fd/\(file.number)", copy: file)
  }
}

/// The file at `path`, open from now on, and its name taken away: it is gone once nobody holds it, and the name is free.
///
/// - Throws: `.noInput` if there is none; `.inputOutput` if its name cannot be taken away.
public func withoutName(_ path: String) throws -> ByteSource {
  let source = try ByteSource(path: path)
  guard path.withSystemPath({ unlink($0) }) == 0 else { throw writeFailure(path, errno) }
  return source
}

/// Whether `path` leads to a pipe, a socket, or by way of a descriptor to any file: that may be closed meanwhile, and its
/// front may have been read.
private func isStream(_ path: String) -> Bool {
  var status = stat()
  guard path.withSystemPath({ stat($0, &status) }) == 0 else { return false }
  switch status.st_mode & S_IFMT {
  case S_IFIFO, S_IFSOCK: return true
  case S_IFREG: return (try? resolvingLinks(path)) == nil
  default: return false
  }
}

/// A new file without a name, which is gone once nobody has it open.
private final class UnnamedFile: Sendable {
  /// What the system calls it.
  let number: Int32
  /// Where it takes room, for errors.
  let place: String

  init() throws {
    let folder = getenv("TMPDIR").map { PathText.text($0) } ?? "/tmp"
    place = "\(folder) (TMPDIR)"
    var template =
      PathText.bytes("\(folder)/cusp-" + String(repeating: "X", count: 6)).map { CChar(bitPattern: $0) } + [0]
    number = mkstemp(&template)
    guard number >= 0 else { throw writeFailure(place, errno) }
    unlink(template)
    _ = fcntl(number, F_SETFD, FD_CLOEXEC)
  }

  deinit { close(number) }
}
