internal import Dispatch
internal import Failures
internal import Files
internal import Synchronization

/// The SHA-256 of a file, which another thread takes while whoever asked for it goes on.
public final class PendingDigest: Sendable {
  private let outcome: Mutex<Result<String, any Error>>
  private let thread = DispatchGroup()

  /// Starts to read the file at `path`, to its end.
  public init(ofFileAt path: String) {
    outcome = Mutex(.failure(Failure(.internal, "\(path): nobody took its digest")))
    DispatchQueue.global().async(group: thread) { [self] in
      let digest = Result { try sha256(ofFileAt: path) }
      outcome.withLock { $0 = digest }
    }
  }

  /// The digest, 64 lowercase hexadecimal digits, as soon as it is there.
  ///
  /// - Throws: `.noInput` if there is no such file; `.inputOutput` if the disk fails.
  public func text() throws -> String {
    thread.wait()
    return try outcome.withLock { $0 }.get()
  }
}

/// A SHA-256 of parts, each of which another thread takes in while whoever hands it over works on it, too.
public final class ConcurrentDigest: Sendable {
  private let digest = Mutex(RunningDigest())
  private let queue = DispatchQueue(label: "digest")

  /// The digest of no bytes.
  public init() {}

  /// Takes in the next bytes while `body` runs here.
  ///
  /// - Throws: what `body` throws.
  public func add(_ bytes: UnsafeRawBufferPointer, while body: () throws -> Void) rethrows {
    // The other thread is done with them before this function returns.
    nonisolated(unsafe) let bytes = bytes
    let thread = DispatchGroup()
    queue.async(group: thread) { [self] in digest.withLock { $0.add(bytes) } }
    defer { thread.wait() }
    try body()
  }

  /// The digest of all bytes so far, 64 lowercase hexadecimal digits.
  public var text: String { digest.withLock { $0.text } }
}
