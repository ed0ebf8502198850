import Archives
import Failures
import Files
import Foundation
import TestSupport
import Testing

/// Tar files by Python's tarfile, in its three dialects, against what went into them.
@Suite("tar")
struct TarTests {
  private struct Expected: Decodable {
    struct Content: Decodable { let count, sum: Int }
    let tars: [String: Content]
  }

  private static let dialects = ["gnu", "pax", "ustar"]

  private func bytes(_ dialect: String) throws -> [UInt8] {
    try gunzip(fixture("\(dialect).tar.gz"), limit: 1 << 20, name: "x")
  }

  private func archive(_ bytes: [UInt8]) throws -> TarArchive { try TarArchive(ByteSource(bytes, name: "x")) }

  @Test("Files are found with their names and bytes, links and folders are not", arguments: dialects)
  func reads(dialect: String) throws {
    let expected = try JSONDecoder().decode(Expected.self, from: Fixture.data("datasets/public.json")).tars
    let archive = try archive(bytes(dialect))
    #expect(archive.entries.count == (dialect == "ustar" ? 3 : 4))
    for entry in archive.entries {
      var content: [UInt8] = []
      try archive.forEachPart(of: entry) { content += $0 }
      let wanted = try #require(expected[entry.name], "\(entry.name)")
      #expect(content.count == wanted.count && content.reduce(0) { $0 + Int($1) } == wanted.sum, "\(entry.name)")
    }
  }

  @Test("An archive cut short anywhere is refused, or ends with its files", arguments: dialects)
  func truncated(dialect: String) throws {
    let bytes = try bytes(dialect)
    let all = try archive(bytes).entries
    for count in stride(from: 0, to: bytes.count, by: 128) {
      let found = try unlessBadData { try archive(Array(bytes[..<count])).entries }
      if let found { #expect(found == all, "\(count)") }
    }
  }

  @Test("A damaged byte of a header is found by its checksum")
  func damaged() throws {
    let bytes = try bytes("gnu")
    for position in [0, 5, 100, 124, 130, 156, 157, 300] {
      expectBadData("byte 0: no header of a tar file") {
        _ = try archive(bytes.with([bytes[position] ^ 1], at: position))
      }
    }
  }

  @Test("Names that lead out of a folder are refused", arguments: ["/a", "../a", "a/../../b", "..", "a\u{1}"])
  func hostile(name: String) throws {
    expectBadData("not a relative file name") { _ = try archive(header(name, size: "0") + zeros(1024)) }
  }

  @Test("Sizes beyond the file, negative ones and none are refused", arguments: ["77777777777", "-1", "", "9"])
  func sizes(size: String) throws { expectBadData("") { _ = try archive(header("a", size: size) + zeros(1024)) } }

  @Test("Sizes in octal digits between spaces, and binary ones, are read")
  func numbers() throws {
    for size in ["5", "0000005", " 5 ", "00000000005"] {
      let bytes = header("a", size: size) + [1, 2, 3, 4, 5] + zeros(507 + 1024)
      let entries = try archive(bytes).entries
      #expect(entries.map(\.name) == ["a"] && entries.map(\.range) == [512..<517], "\(size)")
      var content: [UInt8] = []
      for entry in entries { try archive(bytes).forEachPart(of: entry) { content += $0 } }
      #expect(content == [1, 2, 3, 4, 5])
    }
    var binary = header("a", size: "")
    binary[124] = 0x80
    binary[135] = 5
    let sum = binary.enumerated().reduce(0) { $0 + ((148..<156).contains($1.offset) ? 32 : Int($1.element)) }
    let digits = String(sum, radix: 8)
    let filled = String(repeating: "0", count: 6 - digits.count) + digits
    for (place, digit) in filled.utf8.enumerated() { binary[148 + place] = digit }
    let entries = try archive(binary + zeros(512 + 1024)).entries
    #expect(entries.map(\.name) == ["a"])
    #expect(entries.map(\.range) == [512..<517])
    // More bytes than any file has.
    for place in 126..<135 { binary[place] = 0xFF }
    let hugeSum = binary.enumerated().reduce(0) { $0 + ((148..<156).contains($1.offset) ? 32 : Int($1.element)) }
    let huge = String(hugeSum, radix: 8)
    for (place, digit) in (String(repeating: "0", count: 6 - huge.count) + huge).utf8.enumerated() {
      binary[148 + place] = digit
    }
    expectBadData("byte 0: no header of a tar file") { _ = try archive(binary + zeros(1536)) }
  }

  @Test("A name is taken without what says nothing, and links and devices are left out")
  func names() throws {
    #expect(try archive(header("./a//b", size: "0") + zeros(1024)).entries.map(\.name) == ["a/b"])
    for kind: Character in ["1", "2", "3", "4", "5", "6"] {
      let bytes = header("x", size: "777", kind: kind) + header("a", size: "0") + zeros(1024)
      #expect(try archive(bytes).entries.map(\.name) == ["a"], "\(kind)")
    }
    #expect(try archive(zeros(1024)).entries.isEmpty)
    expectBadData("ends early") { _ = try archive([]) }
  }

  @Test("A name of many bytes is no name")
  func longName() throws {
    expectBadData("a name of 8192 bytes") {
      _ = try archive(header("x", size: "20000", kind: "L") + zeros(8192 + 1024))
    }
  }

  @Test("Damage at random is refused or harmless", arguments: dialects)
  func random(dialect: String) throws {
    let bytes = try bytes(dialect)
    var damage = Damage(seed: 5)
    for _ in 0..<300 {
      let changed = damage.damage(bytes, other: bytes)
      let found = try unlessBadData { try archive(changed) }
      for entry in found?.entries ?? [] { #expect(entry.range.upperBound <= changed.count) }
    }
  }

  private func zeros(_ count: Int) -> [UInt8] { [UInt8](repeating: 0, count: count) }

  /// A ustar header with the right checksum.
  private func header(_ name: String, size: String, kind: Character = "0") -> [UInt8] {
    var block = zeros(512)
    func put(_ text: String, at position: Int) {
      for (offset, byte) in text.utf8.enumerated() { block[position + offset] = byte }
    }
    put(name, at: 0)
    put(size, at: 124)
    put(String(kind), at: 156)
    put("ustar\u{0}00", at: 257)
    put("        ", at: 148)
    let sum = block.reduce(0) { $0 + Int($1) }
    let digits = String(sum, radix: 8)
    put(String(repeating: "0", count: 6 - digits.count) + digits + "\u{0} ", at: 148)
    return block
  }
}
