internal import Dispatch
internal import Failures
public import Files
internal import Synchronization

/// The SHA-256 of a file, which another thread takes while whoever asked for it goes on.
public final class PendingDigest: Sendable {
  private let outcome: Mutex<Result<String, any Error>>
  private let thread = DispatchGroup()

  /// Starts to read all bytes of `source`.
  public init(of source: ByteSource) {
    outcome = Mutex(.failure(Failure(.internal, "\(source.name): nobody took its digest")))
    DispatchQueue.global().async(group: thread) { [self] in
      let digest = Result { try sha256(of: source) }
      outcome.withLock { $0 = digest }
    }
  }

  /// The digest, 64 lowercase hexadecimal digits, as soon as it is there.
  ///
  /// - Throws: `.data` if the file has become shorter; `.inputOutput` if the disk fails.
  public func text() throws -> String {
    thread.wait()
    return try outcome.withLock { $0 }.get()
  }
}

/// A SHA-256 of parts, which another thread takes in while whoever hands them over goes on.
public final class ConcurrentDigest: Sendable {
  private let digest = Mutex(RunningDigest())
  private let queue = DispatchQueue(label: "digest")
  /// How many parts may wait at once, copied.
  private let room = DispatchSemaphore(value: 4)
  /// What held parts before, so that memory is not asked for again.
  private let spare = Mutex<[[UInt8]]>([])

  /// The digest of no bytes.
  public init() {}

  /// Takes in the next bytes, a copy of them; waits where too many wait already.
  public func add(_ bytes: UnsafeRawBufferPointer) {
    room.wait()
    var part = spare.withLock { $0.popLast() } ?? []
    part.removeAll(keepingCapacity: true)
    part.append(contentsOf: bytes)
    queue.async { [self, part] in
      digest.withLock { digest in part.withUnsafeBytes { digest.add($0) } }
      spare.withLock { $0.append(part) }
      room.signal()
    }
  }

  /// The digest of all bytes so far, 64 lowercase hexadecimal digits, as soon as it is there.
  public var text: String { queue.sync { digest.withLock { $0.text } } }
}
