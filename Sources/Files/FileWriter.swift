internal import CFiles
internal import Failures

#if canImport(Darwin)
  internal import Darwin
#else
  internal import Glibc
#endif

/// A new file that is written piece by piece, front to back.
///
/// Nothing here reaches the disk for certain: write inside `replaceFile(at:writing:)`.
public struct FileWriter: ~Copyable {
  private let file: Descriptor
  private let name: String
  /// How many bytes have been written, which is where the next ones go.
  public private(set) var position = 0
  /// Up to where the system was asked to start writing to the disk.
  private var started = 0

  /// Creates the file at `path`, which must not exist; messages name `name`, as a temporary file means nothing to anybody.
  ///
  /// - Throws: `.cannotCreate`.
  public init(path: String, named name: String) throws {
    guard let file = Descriptor(path, O_WRONLY | O_CREAT | O_EXCL) else { throw writeFailure(name, errno) }
    self.file = file
    self.name = name
  }

  /// Appends `bytes`.
  ///
  /// - Throws: `.inputOutput` on a full or failing disk.
  public mutating func write(_ bytes: UnsafeRawBufferPointer) throws {
    try writeAll(bytes, to: file.number, path: name)
    position += bytes.count
    startWriting()
  }

  /// Has the disk work meanwhile, so that syncing a large file at its end takes no time.
  private mutating func startWriting() {
    guard position - started >= 8 << 20 else { return }
    cusp_start_writing(file.number, Int64(started), Int64(position - started))
    started = position
  }

  /// Appends `bytes`.
  ///
  /// - Throws: `.inputOutput` on a full or failing disk.
  public mutating func write(_ bytes: [UInt8]) throws { try bytes.withUnsafeBytes { try write($0) } }

  /// Replaces what was written at `offset` by `bytes`.
  ///
  /// - Precondition: that much was written there.
  /// - Throws: `.inputOutput` on a failing disk.
  public func overwrite(_ bytes: [UInt8], at offset: Int) throws {
    precondition(offset >= 0 && offset + bytes.count <= position, "only what was written can be replaced")
    var done = 0
    while done < bytes.count {
      let count = bytes[done...].withUnsafeBytes { pwrite(file.number, $0.baseAddress, $0.count, off_t(offset + done)) }
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { throw writeFailure(name, errno) }
      done += count
    }
  }
}
