import Archives
import Failures
import Files
import Foundation
import TestSupport
import Testing

/// Zip files that are written piece by piece.
@Suite struct ZipWriterTests {
  private let entries: [(name: String, bytes: [UInt8])] = [
    ("a.txt", Array("text".utf8)), ("folder/empty", []), ("grüß", [UInt8](repeating: 7, count: 3000)),
  ]

  /// The bytes of the file that `body` writes.
  private func written(_ body: (inout ZipWriter) throws -> Void, comment: [UInt8] = []) throws -> [UInt8] {
    try Fixture.withTemporaryFolder { folder in
      var writer = try ZipWriter(path: "\(folder)/x.zip", named: "x.zip")
      try body(&writer)
      try writer.finish(comment: comment)
      return [UInt8](try Data(contentsOf: URL(fileURLWithPath: "\(folder)/x.zip")))
    }
  }

  @Test("Entries in pieces make the same file as entries at once")
  func pieces() throws {
    let bytes = try written { writer in
      for (name, bytes) in entries {
        try writer.add(name, size: bytes.count) { write in
          for byte in bytes { try [byte].withUnsafeBytes(write) }
        }
      }
    }
    #expect(try bytes == zipStoring(entries))
  }

  @Test("Aligned entries begin at multiples, and the comment is read back")
  func alignment() throws {
    for alignment in [2, 64, 4096] {
      let bytes = try written(
        { writer in
          for (name, bytes) in entries { try writer.add(name, bytes, alignment: alignment) }
        }, comment: Array("a comment".utf8))
      let archive = try ZipArchive(bytes, limit: 1 << 20, name: "x")
      #expect(archive.comment == Array("a comment".utf8))
      for (entry, wanted) in zip(archive.entries, entries) {
        #expect(entry.packed.lowerBound % alignment == 0)
        #expect(entry.name == wanted.name && entry.isStored)
        #expect(try archive.contents(of: entry) == wanted.bytes)
        #expect(try archive.prefix(of: entry, count: 2) == Array(wanted.bytes.prefix(2)))
      }
    }
  }

  @Test("A number of bytes that was not announced, and names and comments without room, are refused")
  func refusals() throws {
    #expect(throws: Failure.self) { try written { try $0.add("a", size: 3) { _ in } } }
    #expect(throws: Failure.self) { try written { try $0.add(String(repeating: "a", count: 1 << 16), []) } }
    #expect(throws: Failure.self) { try written({ _ in }, comment: [UInt8](repeating: 0, count: 1 << 16)) }
    #expect(throws: Failure.self) { _ = try ZipWriter(path: "/nonexistent/x.zip", named: "x.zip") }
  }

  @Test("Entries of more than 4 GiB, and those after them, use the fields of zip64")
  func large() throws {
    try Fixture.withTemporaryFolder { folder in
      let path = "\(folder)/large.zip"
      let first = ZipRecord(name: "zeros", size: 5 << 30, offset: 0, alignment: 64)
      let second = ZipRecord(name: "behind", size: 0, offset: first.header.count + first.size)
      let start = second.offset + second.header.count
      #expect(FileManager.default.createFile(atPath: path, contents: nil))
      let file = try #require(FileHandle(forWritingAtPath: path))
      try file.write(contentsOf: Data(first.header))
      // A hole takes no room on the disk.
      try file.seek(toOffset: UInt64(second.offset))
      try file.write(contentsOf: Data(second.header + ZipRecord.directory(of: [first, second], at: start)))
      try file.close()
      let archive = try ZipArchive(ByteSource(path: path), limit: 6 << 30)
      #expect(archive.entries.map(\.name) == ["zeros", "behind"])
      #expect(archive.entries.map(\.size) == [5 << 30, 0])
      #expect(archive.entries[0].packed.lowerBound % 64 == 0)
      #expect(try archive.prefix(of: archive.entries[0], count: 4) == [0, 0, 0, 0])
      #expect(try archive.contents(of: archive.entries[1]).isEmpty)
    }
  }

  @Test("Any part of an entry's beginning is read, packed or not", arguments: ["deflated.zip", "stored.zip"])
  func prefixes(name: String) throws {
    let archive = try ZipArchive(fixture(name), limit: 1 << 20, name: "x")
    for entry in archive.entries {
      let contents = try archive.contents(of: entry)
      for count in [0, 1, 5, 5000, 1 << 20] {
        #expect(try archive.prefix(of: entry, count: count) == Array(contents.prefix(count)))
      }
    }
  }
}
