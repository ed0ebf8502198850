import Foundation

/// A pipe inside of the test that programs started meanwhile do not keep open.
public struct PipeEnds: Sendable {
  /// The descriptor to read from.
  public let reading: Int32
  /// The descriptor to write to.
  public let writing: Int32

  /// A new pipe; whoever made it closes both ends.
  /// - Throws: when the system has no descriptor left.
  public init() throws {
    var ends: [Int32] = [0, 0]
    guard pipe(&ends) == 0 else { throw POSIXError(.EMFILE) }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    (reading, writing) = (ends[0], ends[1])
  }

  /// Writes all of `bytes`, waiting while the pipe is full.
  public func write(_ bytes: some Sequence<UInt8>) {
    try? FileHandle(fileDescriptor: writing, closeOnDealloc: false).write(contentsOf: Data(bytes))
  }

  /// Closes the end to write to, so that a reader comes to the end.
  public func closeWriting() { close(writing) }
}
