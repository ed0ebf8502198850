import Failures

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// An open file that closes itself.
struct Descriptor: ~Copyable {
  /// What the system calls it.
  let number: Int32

  /// Opens `path` with `flags`; `nil` leaves the reason in `errno`. A new file gets the mode the `umask` allows.
  ///
  /// A path with a NUL byte, which the system would cut short there, names no file.
  init?(_ path: String, _ flags: Int32) {
    guard !path.utf8.contains(0) else {
      errno = ENOENT
      return nil
    }
    var opened: Int32
    repeat { opened = path.withSystemPath { open($0, flags | O_CLOEXEC, 0o666) } } while opened < 0 && errno == EINTR
    guard opened >= 0 else { return nil }
    number = opened
  }

  /// Leaves the closing to the caller.
  consuming func release() -> Int32 {
    let released = number
    discard self
    return released
  }

  deinit { _ = close(number) }
}

/// Writes all of `bytes` to the open file `descriptor`, which errors name `path`.
///
/// - Throws: `.inputOutput` on a full or failing disk.
package func writeAll(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32, path: String) throws {
  var written = 0
  while written < bytes.count {
    let count = write(descriptor, bytes.baseAddress?.advanced(by: written), bytes.count - written)
    if count < 0 && errno == EINTR { continue }
    guard count >= 0 else { throw writeFailure(path, errno) }
    written += count
  }
}
