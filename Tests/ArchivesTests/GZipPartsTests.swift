import Archives
import Files
import Testing

/// gzip files unpacked part by part, against the same files unpacked at once.
@Suite("gzip in parts")
struct GZipPartsTests {
  private func parts(_ bytes: [UInt8], limit: Int = 1 << 20) throws -> [UInt8] {
    var content: [UInt8] = []
    try gunzip(ByteSource(bytes, name: "x"), limit: limit) { content += $0 }
    return content
  }

  @Test(
    "Files of one member, of two, of none and of noise unpack alike",
    arguments: ["one-member", "two-members", "named", "empty"])
  func alike(name: String) throws {
    let packed = try fixture("\(name).gz")
    #expect(try parts(packed) == gunzip(packed, limit: 1 << 20, name: "x"))
  }

  @Test("A file of more than a part unpacks whole")
  func large() throws {
    let packed = try fixture("random.gz")
    #expect(try parts(packed) == gunzip(packed, limit: 1 << 20, name: "x"))
  }

  @Test("A file cut short anywhere is truncated, but between its members")
  func truncated() throws {
    let packed = try fixture("two-members.gz")
    let text = try fixture("text.txt")
    let whole = try packed.indices.compactMap { count in try unlessBadData { try parts(Array(packed[..<count])) } }
    #expect(whole == [Array(text[..<1000])])
  }

  @Test("More than the limit, other files and what follows are refused")
  func refused() throws {
    expectBadData("holds more than the 100 bytes") { _ = try parts(fixture("one-member.gz"), limit: 100) }
    expectBadData("not a gzip file") { _ = try parts([1, 2, 3]) }
    expectBadData("not a gzip file") { _ = try parts([]) }
    expectBadData("damaged") { _ = try parts(fixture("one-member.gz") + [1, 2, 3, 4]) }
    expectBadData("holds more than") { _ = try parts(fixture("bomb.gz"), limit: 1 << 16) }
  }
}
