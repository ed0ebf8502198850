internal import Failures

#if canImport(Darwin)
  package import Darwin
#else
  package import Glibc
#endif

/// A regular file that is open for reading, and stays the same file whatever becomes of its name.
package final class OpenFile: Sendable {
  /// What errors call it.
  package let path: String
  /// The path by which this process opens it.
  package let location: String
  private let input: InputFile
  /// What `fstat` said when the file was opened.
  package let status: stat
  private let descriptor: Int32

  /// Opens `input`.
  ///
  /// - Throws: `.noInput` if there is none.
  package init(_ input: InputFile) throws {
    let (path, location) = (input.name, input.location)
    guard !path.utf8.contains(0) else { throw readFailure(path, ENOENT) }
    // Not blocking, for else a named pipe would wait for its writer before it is seen not to be a file.
    let descriptor = location.withSystemPath { open($0, O_RDONLY | O_CLOEXEC | O_NONBLOCK) }
    guard descriptor >= 0 else { throw readFailure(path, errno) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      close(descriptor)
      throw Failure(.noInput, "\(path): not a regular file; name a file")
    }
    (self.path, self.location, self.input) = (path, location, input)
    self.descriptor = descriptor
    self.status = status
  }

  /// The bytes of the file when it was opened.
  package var size: Int { Int(status.st_size) }

  deinit { close(descriptor) }

  /// Fills `buffer` from `offset`.
  ///
  /// - Throws: `.inputOutput`; `.data` if the file has become shorter.
  package func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws {
    var position = 0
    while position < buffer.count {
      let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[position...])
      let count = pread(descriptor, rest.baseAddress, rest.count, off_t(offset + position))
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw readFailure(path, errno) }
      guard count > 0 else { throw Failure(.data, "\(path): ends at byte \(offset + position), in the midst of data") }
      position += count
    }
  }
}
