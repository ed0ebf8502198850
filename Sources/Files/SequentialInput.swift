internal import Failures

#if canImport(Darwin)
  internal import Darwin
#else
  internal import Glibc
#endif

/// A file or a stream that is read once, from its front to its end, and tells by its first bytes what it is.
public final class SequentialInput: Sendable {
  /// What errors call it: its path, or `stdin`.
  public let name: String
  /// What is to be read from next, after `first`.
  public let descriptor: Int32
  /// The bytes that it starts with, read already: enough to tell records from other files, and no more than have come,
  /// since the next ones may come hours later.
  public let first: [UInt8]
  private let isOwner: Bool

  /// What it is.
  public var kind: FileKind { FileKind(firstBytes: first) }

  /// The file at `path`, which may be a pipe; `-` is standard input.
  ///
  /// - Throws: `.noInput` if there is none; `.inputOutput` if it cannot be read on.
  public convenience init(path: String) throws {
    guard path != "-" else {
      try self.init(descriptor: STDIN_FILENO, name: "stdin")
      return
    }
    guard let file = Descriptor(path, O_RDONLY) else { throw readFailure(path, errno) }
    let first = try front(of: file.number, name: path, isPath: true)
    self.init(file.release(), isOwner: true, name: path, first: first)
  }

  /// The file `input`, from its front.
  ///
  /// - Throws: `.noInput` if there is none; `.inputOutput` if it cannot be read.
  public convenience init(_ input: InputFile) throws {
    guard let file = Descriptor(input.location, O_RDONLY) else { throw readFailure(input.name, errno) }
    // The name of a descriptor may lead to where somebody else has read or written up to.
    lseek(file.number, 0, SEEK_SET)
    let first = try front(of: file.number, name: input.name, isPath: true)
    self.init(file.release(), isOwner: true, name: input.name, first: first)
  }

  /// The stream that is open as `descriptor`, and stays so.
  ///
  /// - Throws: `.inputOutput` if it cannot be read.
  public convenience init(descriptor: Int32, name: String) throws {
    let first = try front(of: descriptor, name: name, isPath: false)
    self.init(descriptor, isOwner: false, name: name, first: first)
  }

  private init(_ descriptor: Int32, isOwner: Bool, name: String, first: [UInt8]) {
    (self.descriptor, self.isOwner, self.name, self.first) = (descriptor, isOwner, name, first)
  }

  deinit { if isOwner { close(descriptor) } }

  /// All bytes, at most `limit`.
  ///
  /// - Throws: `.data` if there are more; `.inputOutput` if reading fails.
  public func allBytes(limit: Int) throws -> [UInt8] {
    guard first.count <= limit else { throw tooLarge(name, limit) }
    var bytes = first
    try forEachLaterPart { part in
      bytes += part
      guard bytes.count <= limit else { throw tooLarge(name, limit) }
    }
    return bytes
  }

  /// Hands all bytes after `first` to `body`, part by part.
  func forEachLaterPart(_ body: ([UInt8]) throws -> Void) throws {
    while true {
      let part = try readSome(descriptor, name: name, isPath: isOwner)
      if part.isEmpty { return }
      try body(part)
    }
  }
}

/// The bytes that come first, enough of them to tell what they are the front of.
private func front(of descriptor: Int32, name: String, isPath: Bool) throws -> [UInt8] {
  var bytes: [UInt8] = []
  while bytes.count < 16 {
    let more = try readSome(descriptor, name: name, isPath: isPath)
    if more.isEmpty { break }
    bytes += more
  }
  return bytes
}

/// The bytes that come next, as soon as there are any; none at the end.
private func readSome(_ descriptor: Int32, name: String, isPath: Bool) throws -> [UInt8] {
  try [UInt8](unsafeUninitializedCapacity: 1 << 18) { buffer, initialized in
    var count = -1
    repeat { count = read(descriptor, buffer.baseAddress, buffer.count) } while count < 0 && errno == EINTR
    guard count >= 0 else {
      throw isPath ? readFailure(name, errno) : Failure(.inputOutput, "\(name): \(systemErrorText(errno))")
    }
    initialized = count
  }
}
