import Failures
import Files
import Foundation
import TestSupport
import Testing

/// Bytes at any place of a file or an array, and files written piece by piece.
@Suite struct ByteSourceTests {
  private let bytes = (0..<5000).map { UInt8(truncatingIfNeeded: $0 &* 31) }

  /// Runs `body` with the bytes in memory, and in a file.
  private func withSources(_ body: (ByteSource) throws -> Void) throws {
    try body(ByteSource(bytes, name: "memory"))
    try Fixture.withTemporaryFolder { folder in
      try Data(bytes).write(to: URL(fileURLWithPath: "\(folder)/file"))
      try body(ByteSource(path: "\(folder)/file"))
    }
  }

  @Test("Any range is read, and none beyond the end")
  func ranges() throws {
    try withSources { source in
      #expect(source.count == 5000)
      for range in [0..<0, 0..<1, 17..<4000, 4999..<5000, 5000..<5000, 0..<5000] {
        let found = try source.bytes(range)
        #expect(found == Array(bytes[range]))
      }
      for range in [0..<5001, 5000..<5001, 6000..<6000] {
        let failure = #expect(throws: Failure.self) { _ = try source.bytes(range) }
        #expect(failure?.kind == .data && failure?.message.hasPrefix("\(source.name): ends early") == true)
      }
    }
  }

  @Test("Parts come in order, whole, and of the size asked for", arguments: [1, 7, 1000, 4999, 5000, 1 << 20])
  func parts(size: Int) throws {
    try withSources { source in
      for range in [0..<5000, 3..<4998, 10..<10] {
        var sizes: [Int] = []
        var all: [UInt8] = []
        try source.forEachPart(of: range, size: size) { part in
          sizes.append(part.count)
          all += part
        }
        #expect(all == Array(bytes[range]))
        #expect(sizes.dropLast().allSatisfy { $0 == size })
        #expect(sizes.count == (range.count + size - 1) / size)
      }
    }
  }

  @Test("What is no file is no source")
  func refusals() throws {
    for path in ["/nonexistent/file", "/tmp", "/dev/null", "a\0b"] {
      let failure = #expect(throws: Failure.self) { _ = try ByteSource(path: path) }
      #expect(failure?.kind == .noInput)
    }
  }

  @Test("A file that becomes shorter under the reader is bad data")
  func shorter() throws {
    try Fixture.withTemporaryFolder { folder in
      try Data(bytes).write(to: URL(fileURLWithPath: "\(folder)/file"))
      let source = try ByteSource(path: "\(folder)/file")
      #expect(truncate("\(folder)/file", 100) == 0)
      let failure = #expect(throws: Failure.self) { _ = try source.bytes(0..<200) }
      #expect(failure?.kind == .data && failure?.message.contains("ends at byte 100") == true)
      #expect(try source.bytes(0..<100) == Array(bytes[..<100]))
    }
  }

  @Test("A source has the kind of its bytes")
  func kinds() throws {
    #expect(try FileKind(contentOf: ByteSource(path: Fixture.path("checkpoints/tiny.h5"))) == .hdf5)
    #expect(try FileKind(contentOf: ByteSource([], name: "x")) == .empty)
    #expect(try FileKind(contentOf: ByteSource(Array("text".utf8), name: "x")) == .text)
  }

  @Test("Pieces are written in order, and replaced where they were")
  func writing() throws {
    try Fixture.withTemporaryFolder { folder in
      let path = "\(folder)/file"
      var writer = try FileWriter(path: path, named: "name")
      try writer.write(Array(bytes[..<1000]))
      try bytes[1000...].withUnsafeBytes { try writer.write($0) }
      #expect(writer.position == 5000)
      try writer.overwrite([1, 2, 3], at: 4997)
      try writer.overwrite([], at: 0)
      try writer.overwrite([9], at: 0)
      let written = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
      #expect(written == [9] + bytes[1..<4997] + [1, 2, 3])
    }
  }

  @Test("A large file, whose writing to the disk starts early, holds what was written and what replaced it")
  func largeFile() throws {
    try Fixture.withTemporaryFolder { folder in
      let path = "\(folder)/large"
      var expected: [UInt8] = []
      var writer = try FileWriter(path: path, named: "name")
      for number in 0..<20 {
        let part = [UInt8](repeating: UInt8(number), count: 1_000_003)
        try writer.write(part)
        expected += part
      }
      try writer.overwrite([7, 8, 9], at: 0)
      expected.replaceSubrange(0..<3, with: [7, 8, 9])
      #expect(writer.position == expected.count)
      #expect(try readBytes(path: path, limit: 1 << 30) == expected)
    }
  }

  @Test("A file that exists is not written over, and failures name what a person knows")
  func refusedWriting() throws {
    try Fixture.withTemporaryFolder { folder in
      try Data(bytes).write(to: URL(fileURLWithPath: "\(folder)/file"))
      for path in ["\(folder)/file", "\(folder)/missing/file"] {
        let failure = #expect(throws: Failure.self) { _ = try FileWriter(path: path, named: "name") }
        #expect(failure?.kind == .cannotCreate && failure?.message.hasPrefix("name: ") == true)
      }
    }
  }
}
