import Archives
import Failures
import Testing

@Suite("zip")
struct ZipTests {
  private let limit = 1 << 20

  /// Name and content of every file in `bytes`.
  private func contents(_ bytes: [UInt8]) throws -> [String: [UInt8]] {
    let archive = try ZipArchive(bytes, limit: limit, name: "x")
    return try Dictionary(uniqueKeysWithValues: archive.entries.map { ($0.name, try archive.contents(of: $0)) })
  }

  private func expected() throws -> [String: [UInt8]] {
    try [
      "a.txt": Array("stored or not".utf8), "folder/text.txt": fixture("text.txt"), "empty": [],
      "grüß.txt": Array("utf-8".utf8),
    ]
  }

  @Test(
    "Stored, deflated, zip64 and streamed files are read", arguments: ["plain", "deflated", "zip64", "descriptors"])
  func reads(name: String) throws { #expect(try contents(fixture("\(name).zip")) == expected()) }

  @Test("Sizes, offsets and counts are read from the fields of zip64")
  func largeFields() throws {
    #expect(try contents(fixture("large-fields.zip")) == ["a.txt": Array("stored or not".utf8)])
  }

  @Test("A zip64 end that is not where it says, or of another length, is refused")
  func largeEnd() throws {
    let bytes = try fixture("large-fields.zip")
    let (end, locator) = try (bytes.position(of: [0x50, 0x4B, 6, 6]), bytes.position(of: [0x50, 0x4B, 6, 7]))
    for position in [end + 4, locator + 8] {
      expectBadData("zip64 directory end is damaged") {
        _ = try contents(bytes.with([bytes[position] &+ 1], at: position))
      }
    }
    expectBadData("points to byte") { _ = try contents(bytes.with([0xFF, 0xFF], at: locator + 8)) }
    expectBadData("a size beyond all bounds") { _ = try contents(bytes.with([0xFF], at: locator + 15)) }
    for field in [24, 32, 40, 48] {
      let huge = bytes.with([0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F], at: end + field)
      expectBadData("its directory") { _ = try contents(huge) }
    }
  }

  @Test("An entry of a huge size in its zip64 field is refused before anything is reserved", arguments: [0, 8, 16])
  func largeEntry(field: Int) throws {
    let bytes = try fixture("large-fields.zip")
    // The extra field of the directory: 6 bytes of another kind, 4 of the head, then size, packed size and offset.
    let record = try bytes.position(of: [0x50, 0x4B, 1, 2])
    let position = record + 46 + "a.txt".utf8.count + 10 + field
    expectBadData("") { _ = try contents(bytes.with([0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F], at: position)) }
    expectBadData("") { _ = try contents(bytes.with([0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF], at: position)) }
  }

  @Test("Entries come in the order of the directory with their sizes")
  func order() throws {
    let archive = try ZipArchive(fixture("deflated.zip"), limit: limit, name: "x")
    #expect(archive.entries.map(\.name) == ["a.txt", "folder/text.txt", "empty", "grüß.txt"])
    #expect(archive.entries.map(\.size) == [13, 6290, 0, 5])
  }

  @Test("An archive without entries is read and written")
  func empty() throws {
    #expect(try contents(zipStoring([])) == [:])
    #expect(try zipStoring([]) == [0x50, 0x4B, 5, 6] + [UInt8](repeating: 0, count: 18))
  }

  @Test("The writer gives the bytes of Python's zipfile")
  func writes() throws {
    let names = ["a.txt", "folder/text.txt", "empty", "grüß.txt"]
    let expected = try expected()
    let written = try zipStoring(names.map { (name: $0, bytes: expected[$0] ?? []) })
    #expect(try written == fixture("plain.zip"))
  }

  @Test("A file cut short anywhere is refused", arguments: ["stored", "zip64", "descriptors", "large-fields"])
  func truncated(name: String) throws {
    let bytes = try fixture("\(name).zip")
    for count in bytes.indices {
      #expect(try unlessBadData { try contents(Array(bytes[..<count])) } == nil, "\(count) bytes")
    }
  }

  @Test(
    "One damaged byte is found, or changes no name and no content",
    arguments: ["stored", "zip64", "descriptors", "deflated", "large-fields"])
  func damaged(name: String) throws {
    let bytes = try fixture("\(name).zip")
    let whole = try contents(bytes)
    for position in bytes.indices {
      for value in [~bytes[position], bytes[position] ^ 1, 0xFF] {
        let read = try unlessBadData { try contents(bytes.with([value], at: position)) }
        #expect(read == nil || read == whole, "byte \(position)")
      }
    }
  }

  @Test("A damaged byte of a stored file fails its checksum")
  func checksum() throws {
    let bytes = try fixture("stored.zip")
    let position = try bytes.position(of: Array("stored or".utf8))
    expectBadData("a.txt: its size or CRC-32 is wrong") {
      _ = try contents(bytes.with([0x53], at: position))
    }
  }

  @Test("A bomb is refused by what it says it holds, and by what it holds if it lies")
  func bomb() throws {
    let bytes = try fixture("bomb.zip")
    expectBadData("holds more than the 1048576 bytes") { _ = try contents(bytes) }
    // The size in the directory, made 16: the data must not go beyond it.
    let record = try bytes.position(of: [0x50, 0x4B, 1, 2])
    expectBadData("zeros: holds more than the 16 bytes") {
      _ = try contents(bytes.with([16, 0, 0, 0], at: record + 24))
    }
  }

  @Test("The limit counts all entries together")
  func sum() throws {
    let bytes = try fixture("deflated.zip")
    #expect(try ZipArchive(bytes, limit: 6308, name: "x").entries.count == 4)
    expectBadData("more than the 6307 bytes") { _ = try ZipArchive(bytes, limit: 6307, name: "x") }
  }

  @Test("Encrypted entries and other methods of packing are refused")
  func unsupported() throws {
    let bytes = try fixture("stored.zip")
    let record = try bytes.position(of: [0x50, 0x4B, 1, 2])
    expectBadData("a.txt: is encrypted") { _ = try contents(bytes.with([1, 0], at: record + 8)) }
    expectBadData("a.txt: packed by method 12") { _ = try contents(fixture("bzip2.zip")) }
  }

  @Test(
    "Names that lead out of a folder are refused",
    arguments: ["/etc/passwd", "../a", "a/../../b", "..", "a\\b", "C:a", "a\0b", ""])
  func names(name: String) throws {
    let bytes = try zipStoring([(name: name, bytes: [1])])
    expectBadData("not a relative file name") { _ = try contents(bytes) }
  }

  @Test("Names with dots that lead nowhere are read", arguments: ["..a", "a..b/c...", "a/.b"])
  func dots(name: String) throws { #expect(try contents(zipStoring([(name: name, bytes: [1])])) == [name: [1]]) }

  @Test("Two entries of one name are refused")
  func duplicates() throws {
    let bytes = try zipStoring([(name: "a", bytes: [1]), (name: "a", bytes: [2])])
    expectBadData("a: comes twice") { _ = try contents(bytes) }
  }

  @Test("Two directory entries that share bytes are refused")
  func overlap() throws {
    // The second file's content is itself a whole local entry called b, to which the directory then points.
    let inner = try zipStoring([(name: "b", bytes: [7])])
    let local = Array(inner[..<32])
    let bytes = try zipStoring([(name: "a", bytes: local), (name: "b", bytes: [7])])
    let record = try #require(bytes.indices.last { bytes[$0...].starts(with: [0x50, 0x4B, 1, 2]) })
    #expect(try contents(bytes).count == 2)
    expectBadData("b: overlaps another entry") { _ = try contents(bytes.with([31, 0, 0, 0], at: record + 42)) }
  }

  @Test("A directory of a wrong place, size or count is refused")
  func directory() throws {
    let bytes = try fixture("stored.zip")
    for (offset, part) in [(8, "not where it says"), (10, "not where it says"), (12, "not where"), (16, "not where")] {
      let position = bytes.count - 22 + offset
      expectBadData(part) { _ = try contents(bytes.with([bytes[position] + 1], at: position)) }
    }
    let count = bytes.count - 14
    expectBadData("does not hold the 2 entries") { _ = try contents(bytes.with([2, 0, 2, 0], at: count)) }
    expectBadData("does not hold the 4 entries") { _ = try contents(bytes.with([4, 0, 4, 0], at: count)) }
    expectBadData("not a zip file") { _ = try contents([]) }
    expectBadData("not a zip file") { _ = try contents([UInt8](repeating: 0, count: 100_000)) }
  }
}
