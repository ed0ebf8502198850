import Checkpoints
import Failures
import Files
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
      let digests = try (0..<4).map { _ in PendingDigest(of: try ByteSource(path: path)) }
      for digest in digests {
        #expect(try digest.text() == known)
        #expect(try digest.text() == known)
      }
    }
  }

  @Test("A file that has become shorter is told where its digest is asked for")
  func shorter() throws {
    try Fixture.withTemporaryFolder { folder in
      let path = "\(folder)/file"
      try Data(bytes).write(to: URL(fileURLWithPath: path))
      let source = try ByteSource(path: path)
      truncate(path, 1000)
      let digest = PendingDigest(of: source)
      #expect(throws: Failure(.data, "\(path): ends at byte 1000, in the midst of data")) { try digest.text() }
    }
  }

  @Test("Parts of any sizes make the digest of the whole, changed afterwards or not", arguments: [1000, 1 << 18])
  func concurrent(size: Int) throws {
    let digest = ConcurrentDigest()
    var part = [UInt8](repeating: 0, count: size)
    for start in stride(from: 0, to: bytes.count, by: size) {
      let count = min(size, bytes.count - start)
      part.replaceSubrange(0..<count, with: bytes[start..<start + count])
      part.withUnsafeBytes { digest.add(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
      part.withUnsafeMutableBytes { _ = $0.initializeMemory(as: UInt8.self, repeating: 0xFF) }
    }
    #expect(digest.text == known)
  }

  @Test("Nothing added is the digest of nothing, and asking changes nothing")
  func pausing() throws {
    let digest = ConcurrentDigest()
    #expect(digest.text == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    let middle = bytes.count / 3
    bytes.withUnsafeBytes { digest.add(UnsafeRawBufferPointer(rebasing: $0[..<middle])) }
    #expect(digest.text != known)
    bytes.withUnsafeBytes { digest.add(UnsafeRawBufferPointer(rebasing: $0[middle...])) }
    #expect(digest.text == known)
    #expect(digest.text == known)
  }

  @Test("A digest that nobody asks for any more is let go of, whatever still waits")
  func abandoned() throws {
    for _ in 0..<20 {
      let digest = ConcurrentDigest()
      bytes.withUnsafeBytes { for _ in 0..<6 { digest.add($0) } }
    }
  }
}
