import Files
import Foundation
import TestSupport
import Testing

/// Names that are no UTF-8.
@Suite("Bytes of paths")
struct PathTextTests {
  @Test("UTF-8 is its own text", arguments: ["", "a.h5", "é/日本.h5", "a\u{301}", "\u{10FE7F}\u{10FF00}\u{10FFFD}"])
  func plain(text: String) {
    #expect(Array(PathText.text(Array(text.utf8)).utf8) == Array(text.utf8))
    #expect(PathText.bytes(text) == Array(text.utf8))
  }

  @Test(
    "Every byte comes back, of UTF-8 that is broken and of names with the characters that stand for bytes",
    arguments: [
      [0xFF], [0x61, 0xE9, 0x2E], [0xC3], [0xE2, 0x82], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xC0, 0xAF],
      [0xF4, 0x8F, 0xBA, 0x80], [0xF4, 0x8F, 0xBB, 0xBF, 0xFF], [0x2F, 0x80, 0xC3, 0xA9, 0xFE],
    ] as [[UInt8]])
  func broken(bytes: [UInt8]) {
    let text = PathText.text(bytes)
    #expect(PathText.bytes(text) == bytes)
    // It passes through UTF-8, as in a record.
    #expect(PathText.bytes(String(decoding: Array(text.utf8), as: UTF8.self)) == bytes)
  }

  @Test("Random bytes come back, and different ones have different texts")
  func random() {
    var generator = Damage(seed: 7)
    var texts: Set<[UInt8]> = []
    var names: Set<[UInt8]> = []
    for _ in 0..<2000 {
      let pool: [UInt8] = [0x61, 0x2F, 0x80, 0xBA, 0xBB, 0xBF, 0x8F, 0xC3, 0xE2, 0xF4, 0xFF]
      let bytes = (0..<Int.random(in: 0...8, using: &generator)).map { _ in pool.randomElement(using: &generator) ?? 0 }
      let text = PathText.text(bytes)
      #expect(PathText.bytes(text) == bytes)
      names.insert(bytes)
      texts.insert(Array(text.utf8))
    }
    #expect(names.count == texts.count)
  }

  @Test("Files with such names are written, read, found, resolved and tidied up")
  func files() throws {
    try Fixture.withTemporaryFolder { folder in
      let name: [UInt8] = [0x61, 0xE9, 0xFF]
      let path = PathText.text(Array("\(folder)/".utf8) + name)
      try writeFile(at: path, bytes: [1, 2])
      #expect(try readBytes(path: path, limit: 10) == [1, 2])
      #expect(try ByteSource(path: path).count == 2)
      #expect(fileExists(at: path) && !fileExists(at: "\(folder)/a\u{FFFD}\u{FFFD}"))
      #expect(PathText.bytes(absolutePath(path)).suffix(4) == [0x2F] + name)
      let listing = try BuiltTool(path: "/bin/sh").run(["-c", "cd '\(folder)' && printf %s *"])
      #expect(Array(listing.output) == name)
      let dead = try BuiltTool(path: "/bin/sh").run(["-c", "echo $$"]).text.dropLast()
      let left = PathText.text(Array("\(folder)/.".utf8) + name + Array(".cusp-\(dead)-1".utf8))
      try writeFile(at: left, bytes: [1])
      removeAbandonedFiles(of: path)
      #expect(!fileExists(at: left) && fileExists(at: path))
    }
  }
}
