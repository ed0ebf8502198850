internal import Failures

/// Bytes that can be read from any place: those of an open file, or of an array.
///
/// Whoever reads a file of any size through this holds only the parts that it asks for.
public struct ByteSource: Sendable {
  private enum Storage: Sendable {
    case file(OpenFile)
    case memory([UInt8])
  }

  /// The file's path, or what errors call the bytes.
  public let name: String
  /// How many bytes there are.
  public let count: Int
  private let storage: Storage

  /// The regular file at `path`, open from now on.
  ///
  /// - Throws: `.noInput` if there is none.
  public init(path: String) throws { try self.init(InputFile(onDisk: path)) }

  /// The regular file `input`, open from now on.
  ///
  /// - Throws: `.noInput` if there is none.
  public init(_ input: InputFile) throws {
    let file = try OpenFile(input)
    (name, count, storage) = (input.name, file.size, .file(file))
  }

  /// The bytes of an array, called `name` in errors.
  public init(_ bytes: [UInt8], name: String) {
    (self.name, count, storage) = (name, bytes.count, .memory(bytes))
  }

  /// Fills `buffer` with the bytes from `offset` on.
  ///
  /// - Throws: `.data` if they are not all there; `.inputOutput` if the disk fails.
  public func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws {
    guard offset >= 0, buffer.count <= count, offset <= count - buffer.count else {
      throw Failure(.data, "\(name): ends early, at byte \(count); it is truncated, fetch it again")
    }
    switch storage {
    case .file(let file): try file.read(into: buffer, at: offset)
    case .memory(let bytes):
      bytes.withUnsafeBytes { buffer.copyMemory(from: .init(rebasing: $0[offset..<offset + buffer.count])) }
    }
  }

  /// The bytes at `range`, all in memory: the caller bounds how many.
  ///
  /// - Throws: as `read(into:at:)`.
  public func bytes(_ range: Range<Int>) throws -> [UInt8] {
    guard range.lowerBound >= 0, range.upperBound <= count else {
      throw Failure(.data, "\(name): ends early, at byte \(count); it is truncated, fetch it again")
    }
    return try [UInt8](unsafeUninitializedCapacity: range.count) { buffer, initialized in
      try read(into: UnsafeMutableRawBufferPointer(buffer), at: range.lowerBound)
      initialized = range.count
    }
  }

  /// Hands the bytes at `range` to `body` in order, in parts of `size` bytes and a last one with the rest; parts of the
  /// usual size stay in a processor's cache.
  ///
  /// - Throws: as `read(into:at:)`, and what `body` throws.
  public func forEachPart(
    of range: Range<Int>, size: Int = 1 << 18, _ body: (UnsafeRawBufferPointer) throws -> Void
  ) throws {
    precondition(size > 0, "a part has at least one byte")
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: min(size, range.count), alignment: 64)
    defer { buffer.deallocate() }
    var position = range.lowerBound
    while position < range.upperBound {
      let part = UnsafeMutableRawBufferPointer(rebasing: buffer[..<min(size, range.upperBound - position)])
      try read(into: part, at: position)
      try body(UnsafeRawBufferPointer(part))
      position += part.count
    }
  }
}
