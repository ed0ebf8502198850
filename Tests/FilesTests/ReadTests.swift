import Failures
import Files
import Foundation
import TestSupport
import Testing

@Suite("Reading files")
struct ReadTests {
  private let text = Array("twelve bytes".utf8)

  private func expectFailure(_ kind: Failure.Kind, containing part: String, _ body: () throws -> Void) {
    let failure = #expect(throws: Failure.self) { try body() }
    #expect(failure?.kind == kind)
    #expect(failure?.message.contains(part) == true, "\(failure?.message ?? "")")
  }

  @Test("A file is read whole when it has at most as many bytes as the limit", arguments: [12, 13, 1 << 40])
  func whole(limit: Int) throws {
    try Fixture.withTemporaryFolder { folder in
      try Data(text).write(to: URL(fileURLWithPath: "\(folder)/a"))
      #expect(try readBytes(path: "\(folder)/a", limit: limit) == text)
    }
  }

  @Test("An empty file gives no bytes")
  func empty() throws {
    try Fixture.withTemporaryFolder { folder in
      try Data().write(to: URL(fileURLWithPath: "\(folder)/a"))
      #expect(try readBytes(path: "\(folder)/a", limit: 0) == [])
    }
  }

  @Test("A file of several chunks is read whole")
  func large() throws {
    let bytes = (0..<300_001).map { UInt8(truncatingIfNeeded: $0 &* 7919) }
    try Fixture.withTemporaryFolder { folder in
      try Data(bytes).write(to: URL(fileURLWithPath: "\(folder)/a"))
      #expect(try readBytes(path: "\(folder)/a", limit: 300_001) == bytes)
    }
  }

  @Test("A file larger than the limit is bad data, one without a size too", arguments: ["a", "/dev/zero"])
  func tooLarge(name: String) throws {
    try Fixture.withTemporaryFolder { folder in
      try Data(text).write(to: URL(fileURLWithPath: "\(folder)/a"))
      let path = name.hasPrefix("/") ? name : "\(folder)/\(name)"
      expectFailure(.data, containing: "\(path): larger than the 11 bytes") { _ = try readBytes(path: path, limit: 11) }
    }
  }

  @Test("A missing file, a folder and a name with a NUL byte are no input")
  func missing() throws {
    try Fixture.withTemporaryFolder { folder in
      try Data(text).write(to: URL(fileURLWithPath: "\(folder)/a"))
      let cases = [
        ("\(folder)/none", "none: no such file"), ("\(folder)/a/b", "a/b: no such file"), (folder, "is a folder"),
        ("\(folder)/a\0b", "no such file"), ("", "no such file"),
      ]
      for (path, part) in cases {
        expectFailure(.noInput, containing: part) { _ = try readBytes(path: path, limit: 100) }
      }
    }
  }

  @Test("A pipe is read to its end, within the limit", arguments: [0, 1, 4096, 60_000])
  func pipe(count: Int) throws {
    let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    for limit in [count, count + 1, count - 1] {
      // A pipe holds 64 KiB, so that writing does not wait for reading.
      let pipe = Pipe()
      try pipe.fileHandleForWriting.write(contentsOf: Data(bytes))
      try pipe.fileHandleForWriting.close()
      let path = "/dev/fd/\(pipe.fileHandleForReading.fileDescriptor)"
      if limit < count {
        expectFailure(.data, containing: "larger than the \(limit) bytes") {
          _ = try readBytes(path: path, limit: limit)
        }
      } else {
        #expect(try readBytes(path: path, limit: limit) == bytes)
      }
    }
  }

  @Test("Only something other than a folder exists as a file")
  func exists() throws {
    try Fixture.withTemporaryFolder { folder in
      try Data(text).write(to: URL(fileURLWithPath: "\(folder)/a"))
      #expect(fileExists(at: "\(folder)/a"))
      #expect(!fileExists(at: "\(folder)/b"))
      #expect(!fileExists(at: folder))
      #expect(!fileExists(at: "\(folder)/a\0"))
    }
  }

  @Test("The system's words for an error are those of strerror")
  func errorText() {
    #expect(systemErrorText(ENOENT) == "No such file or directory")
    #expect(systemErrorText(ENOSPC) == "No space left on device")
  }
}
