internal import CHDF5
internal import Failures
internal import Synchronization

/// No thread is inside the library while another forks, or the copy would wait for a lock that nobody releases.
///
/// Made before the library's first call. We close what we open, and the library's own cleaning up at exit crashes where
/// a file could not be closed, as on a full disk.
let libraryLock: Mutex<Void> = {
  _ = H5dont_atexit()
  return Mutex(())
}()

/// The one way into the HDF5 library: each call is named, silenced and checked.
struct CheckedCalls: Sendable {
  enum Purpose: Sendable {
    case creating, writing, reading
  }

  /// The file that messages name.
  let path: String
  let purpose: Purpose
  /// False in the forked reader, which is alone and was forked under the lock.
  var locks = true

  /// The result of `body`, which calls the function `name` of the library once.
  ///
  /// - Throws: the innermost entry of the library's error stack, as a `Failure` that names the file.
  @discardableResult
  func callAsFunction<Status: SignedInteger & Sendable>(
    _ name: StaticString, of object: String? = nil, _ body: () -> Status
  ) throws -> Status {
    let (status, text) = locks ? libraryLock.withLock { _ in silently(body) } : silently(body)
    guard status >= 0 else { throw failure(calling: name, of: object, text: text ?? "no reason given") }
    return status
  }

  /// Runs `body` and drops its result, where nothing can be done about a mistake, as in a `deinit`.
  func ignoringStatus<Status: SignedInteger & Sendable>(_ body: () -> Status) {
    _ = locks ? libraryLock.withLock { _ in silently(body) } : silently(body)
  }

  /// The automatic printing of errors is a setting of each thread, hence switched off at every call.
  private func silently<Status: SignedInteger & Sendable>(_ body: () -> Status) -> (Status, String?) {
    _ = H5Eset_auto2(hid_t(H5E_DEFAULT), nil, nil)
    _ = H5Eclear2(hid_t(H5E_DEFAULT))
    let status = body()
    return (status, status < 0 ? innermostError() : nil)
  }

  private func innermostError() -> String? {
    var text: String?
    _ = withUnsafeMutablePointer(to: &text) { pointer in
      H5Ewalk2(
        hid_t(H5E_DEFAULT), H5E_WALK_UPWARD,
        { position, entry, context in
          guard position == 0, let description = entry?.pointee.desc else { return 0 }
          context?.assumingMemoryBound(to: String?.self).pointee = String(cString: description)
          return 0
        }, pointer)
    }
    return text
  }
}
