import Checkpoints
import Failures
import Foundation
import TestSupport
import Testing

/// Digests that another thread takes.
@Suite("Digests")
struct DigestTests {
  // hashlib.sha256(bytes(range(256)) * 10000), which takes several pieces.
  private let bytes = (0..<2_560_000).map { UInt8(truncatingIfNeeded: $0) }
  private let known = "2350b445eb01b3dc3c68b3e42b5b5678349472e2cbf75539fd75172f931ad1ee"

  @Test("A pending digest is that of the file, whenever it is asked for")
  func pending() throws {
    try Fixture.withTemporaryFolder { folder in
      let path = "\(folder)/file"
      try Data(bytes).write(to: URL(fileURLWithPath: path))
      let digests = (0..<4).map { _ in PendingDigest(ofFileAt: path) }
      for digest in digests {
        #expect(try digest.text() == known)
        #expect(try digest.text() == known)
      }
    }
  }

  @Test("A file that cannot be read is told where its digest is asked for")
  func missing() throws {
    try Fixture.withTemporaryFolder { folder in
      let digest = PendingDigest(ofFileAt: "\(folder)/missing")
      #expect(throws: Failure(.noInput, "\(folder)/missing: no such file; check the path")) { try digest.text() }
    }
  }

  @Test("Parts of any sizes make the digest of the whole, and each was worked on once", arguments: [1000, 1 << 18])
  func concurrent(size: Int) throws {
    let digest = ConcurrentDigest()
    var seen: [UInt8] = []
    bytes.withUnsafeBytes { bytes in
      for start in stride(from: 0, to: bytes.count, by: size) {
        let part = UnsafeRawBufferPointer(rebasing: bytes[start..<min(start + size, bytes.count)])
        digest.add(part) { seen += part }
      }
    }
    #expect(digest.text == known && seen == bytes)
  }

  @Test("What the work on a part throws comes through, once the digest has its bytes")
  func failing() throws {
    let digest = ConcurrentDigest()
    bytes.withUnsafeBytes { bytes in
      #expect(throws: CancellationError.self) { try digest.add(bytes) { throw CancellationError() } }
    }
    #expect(digest.text == known)
  }
}
