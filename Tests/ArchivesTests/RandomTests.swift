import Archives
import Foundation
import TestSupport
import Testing

/// Files of random content, written by Python and NumPy; `random.json` says what is in them.
@Suite("Archives of random content")
struct RandomTests {
  private struct Expected: Decodable {
    struct File: Decodable {
      let name: String
      let size: Int
      let digest: String
    }

    struct Array: Decodable {
      let descr: String
      let shape: [Int]
      let digest: String
    }

    let zip: [File]
    let gzip: File
    let arrays: [String: Array]

    static func load() throws -> Expected {
      try JSONDecoder().decode(Expected.self, from: Fixture.data("archives/random.json"))
    }
  }

  private let limit = 1 << 20

  /// A sum that depends on the place of every byte, modulo 2^64, as `digest` of the generator.
  private func digest(_ bytes: [UInt8]) -> String {
    var sum: UInt64 = 0
    for (index, byte) in bytes.enumerated() { sum &+= UInt64(byte) &* UInt64(2 * index + 1) }
    return String(sum)
  }

  @Test("Entries of every size and packing, with extra fields and comments, come out whole and in order")
  func entries() throws {
    let expected = try Expected.load().zip
    let archive = try ZipArchive(fixture("random.zip"), limit: limit, name: "x")
    #expect(archive.entries.map(\.name) == expected.map(\.name))
    #expect(archive.entries.map(\.size) == expected.map(\.size))
    for (entry, expected) in zip(archive.entries, expected) {
      #expect(try digest(archive.contents(of: entry)) == expected.digest, "\(entry.name)")
    }
  }

  @Test("What is unpacked and stored again is read the same, and storing that is the same file")
  func storing() throws {
    let archive = try ZipArchive(fixture("random.zip"), limit: limit, name: "x")
    let files = try archive.entries.map { (name: $0.name, bytes: try archive.contents(of: $0)) }
    let stored = try zipStoring(files)
    let again = try ZipArchive(stored, limit: limit, name: "x")
    #expect(again.entries.map(\.name) == files.map(\.name))
    let contents = try again.entries.map(again.contents)
    #expect(contents == files.map(\.bytes))
    #expect(try zipStoring(again.entries.map { (name: $0.name, bytes: try again.contents(of: $0)) }) == stored)
  }

  @Test("Members of every level, with names, comments, extra fields and header checksums, come out as one")
  func members() throws {
    let expected = try Expected.load().gzip
    let bytes = try gunzip(fixture("random.gz"), limit: limit, name: "x")
    #expect(bytes.count == expected.size)
    #expect(digest(bytes) == expected.digest)
    expectBadData("holds more than the \(expected.size - 1) bytes that are unpacked at most") {
      _ = try gunzip(fixture("random.gz"), limit: expected.size - 1, name: "x")
    }
  }

  @Test("Thousands of members without content are unpacked to nothing")
  func emptyMembers() throws {
    let member = try fixture("empty.gz")
    let packed = [[UInt8]](repeating: member, count: 20_000).flatMap { $0 }
    #expect(try gunzip(packed, limit: 0, name: "x").isEmpty)
  }

  @Test("Arrays of every kind and of 0 to 5 axes have NumPy's shape and bytes")
  func arrays() throws {
    let expected = try Expected.load().arrays
    let archive = try NumPyArchive(parsing: fixture("random.npz"), limit: limit, name: "x")
    #expect(archive.names == expected.keys.sorted())
    #expect(Set(expected.values.map(\.descr)) == Set(NumPyArray.Element.allCases.map(\.rawValue)))
    for (name, expected) in expected {
      let array = try #require(try archive.array(name))
      #expect(array.element.rawValue == expected.descr, "\(name)")
      #expect(array.shape == expected.shape, "\(name)")
      #expect(digest(array.bytes) == expected.digest, "\(name)")
      #expect(array.count == expected.shape.reduce(1, *), "\(name)")
      let isFloat = array.element.rawValue.contains("f")
      #expect((array.floats == nil) == !isFloat, "\(name)")
      #expect(array.floats?.count == (isFloat ? array.count : nil), "\(name)")
      #expect(!isFloat || array.integers == nil, "\(name)")
    }
  }

  @Test("Written again, every array has byte for byte the file that NumPy wrote")
  func writes() throws {
    let archive = try ZipArchive(fixture("random.npz"), limit: limit, name: "x")
    #expect(archive.entries.count == 12 * 7)
    for entry in archive.entries {
      let file = try archive.contents(of: entry)
      #expect(try NumPyArray(parsing: file, name: entry.name).fileBytes == file, "\(entry.name)")
      expectBadData("bytes of elements instead of", name: entry.name) {
        _ = try NumPyArray(parsing: file + [0], name: entry.name)
      }
      #expect(throws: (any Error).self) { try NumPyArray(parsing: Array(file.dropLast()), name: entry.name) }
    }
  }

  @Test("Ranges that are moved within a file are found, or change no content", arguments: ["zip", "npz", "gz"])
  func moved(format: String) throws {
    let bytes = try fixture("random.\(format)")
    let read = { (bytes: [UInt8]) -> [[UInt8]] in
      if format == "gz" { return [try gunzip(bytes, limit: limit, name: "x")] }
      let archive = try ZipArchive(bytes, limit: limit, name: "x")
      return try archive.entries.map { Array($0.name.utf8) + (try archive.contents(of: $0)) }
    }
    let whole = try read(bytes)
    var state: UInt64 = 1
    let next = { (bound: Int) -> Int in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % bound
    }
    for round in 0..<300 {
      let count = 1 + next(40)
      let (from, to) = (next(bytes.count - count), next(bytes.count - count))
      let damaged = bytes.with(Array(bytes[from..<from + count]), at: to)
      let found = try unlessBadData { try read(damaged) }
      #expect(found == nil || found == whole || damaged == bytes, "round \(round): \(count) bytes of \(from) at \(to)")
    }
  }
}
