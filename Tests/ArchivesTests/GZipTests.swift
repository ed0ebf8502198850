import Archives
import Testing

@Suite("gzip")
struct GZipTests {
  @Test(
    "Files of one member, of two and with a name unpack to the text", arguments: ["one-member", "two-members", "named"])
  func unpacks(name: String) throws {
    let packed = try fixture("\(name).gz")
    let text = try fixture("text.txt")
    #expect(isGZip(packed))
    #expect(try gunzip(packed, limit: text.count, name: "x") == text)
  }

  @Test("A member of nothing unpacks to nothing")
  func empty() throws { #expect(try gunzip(fixture("empty.gz"), limit: 0, name: "x") == []) }

  @Test("A file cut short anywhere is truncated")
  func truncated() throws {
    let packed = try fixture("one-member.gz")
    for count in packed.indices {
      expectBadData("ends early") { _ = try gunzip(Array(packed[..<count]), limit: 1 << 20, name: "x") }
    }
  }

  @Test("Two members cut short anywhere but between them are truncated")
  func truncatedMembers() throws {
    let packed = try fixture("two-members.gz")
    let text = try fixture("text.txt")
    let whole = try packed.indices.compactMap { count in
      try unlessBadData { try gunzip(Array(packed[..<count]), limit: 1 << 20, name: "x") }
    }
    #expect(whole == [Array(text[..<1000])])
  }

  @Test("One damaged byte is found, or lies in a part of the header without a meaning for the content")
  func damaged() throws {
    let packed = try fixture("one-member.gz")
    let text = try fixture("text.txt")
    var found = 0
    for position in packed.indices {
      let bytes = packed.with([~packed[position]], at: position)
      let unpacked = try unlessBadData { try gunzip(bytes, limit: 1 << 20, name: "x") }
      if let unpacked { #expect(unpacked == text, "byte \(position)") } else { found += 1 }
    }
    // Time (4), extra flags and system.
    #expect(found == packed.count - 6)
  }

  @Test("A wrong checksum and a wrong length have their own words")
  func trailer() throws {
    let packed = try fixture("one-member.gz")
    let (checksum, length) = (packed.count - 8, packed.count - 4)
    expectBadData("incorrect data check") {
      _ = try gunzip(packed.with([~packed[checksum]], at: checksum), limit: 1 << 20, name: "x")
    }
    expectBadData("incorrect length check") {
      _ = try gunzip(packed.with([~packed[length]], at: length), limit: 1 << 20, name: "x")
    }
  }

  @Test("Anything after the last member is refused", arguments: [[0, 0], [0x1F, 0x8C], Array("garbage".utf8)])
  func trailing(garbage: [UInt8]) throws {
    let packed = try fixture("one-member.gz")
    expectBadData("byte \(packed.count): something follows") {
      _ = try gunzip(packed + garbage, limit: 1 << 20, name: "x")
    }
  }

  @Test("A file of many pieces of output unpacks whole when the limit allows it")
  func large() throws {
    let zeros = try gunzip(fixture("bomb.gz"), limit: 10_000_000, name: "x")
    #expect(zeros == [UInt8](repeating: 0, count: 10_000_000))
  }

  @Test("A bomb stops at the limit, and a limit one byte short is too short")
  func bomb() throws {
    expectBadData("more than the 1000000 bytes") {
      _ = try gunzip(fixture("bomb.gz"), limit: 1_000_000, name: "x")
    }
    let text = try fixture("text.txt")
    expectBadData("more than the \(text.count - 1) bytes") {
      _ = try gunzip(fixture("two-members.gz"), limit: text.count - 1, name: "x")
    }
  }

  @Test("A file that is not gzip says so")
  func other() throws {
    #expect(try !isGZip(fixture("text.txt")))
    expectBadData("not a gzip file") { _ = try gunzip(fixture("text.txt"), limit: 1 << 20, name: "x") }
  }
}
