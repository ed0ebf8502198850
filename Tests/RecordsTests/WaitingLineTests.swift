import Foundation
import Records
import Testing

/// Lines that have come are told from those that have not.
@Suite struct WaitingLineTests {
  private let pipe = Pipe()

  private func say(_ text: String) throws { try pipe.fileHandleForWriting.write(contentsOf: Data(text.utf8)) }

  private func reader(maximalLength: Int = 1 << 20) -> LineReader {
    LineReader(descriptor: pipe.fileHandleForReading.fileDescriptor, maximalLength: maximalLength)
  }

  @Test("A line waits once it is whole, and a reader that asks does not block")
  func wholeLines() throws {
    var lines = reader()
    #expect(try !lines.hasLine())
    try say("a")
    #expect(try !lines.hasLine())
    try say("b\nc\n")
    #expect(try lines.hasLine())
    #expect(try lines.next())
    #expect(lines.bytes == Array("ab".utf8))
    #expect(try lines.hasLine())
    #expect(try lines.next())
    #expect(lines.bytes == Array("c".utf8))
    #expect(try !lines.hasLine())
    #expect(lines.number == 2)
  }

  @Test("Empty lines do not wait, but count")
  func emptyLines() throws {
    var lines = reader()
    try say("\n\r\n\n")
    #expect(try !lines.hasLine())
    try say("a\n")
    #expect(try lines.hasLine())
    #expect(try lines.next())
    #expect(lines.number == 4)
  }

  @Test("At the end a line without its end waits; nothing waits after it", arguments: ["", "a", "\n", "\r\n"])
  func end(text: String) throws {
    var lines = reader()
    try say(text)
    try pipe.fileHandleForWriting.close()
    #expect(try lines.hasLine() == (text == "a"))
    #expect(try lines.next() == (text == "a"))
    #expect(try !lines.hasLine())
    #expect(try !lines.next())
  }

  @Test("The rest of a line that is too long is not waited for")
  func longLines() throws {
    var lines = reader(maximalLength: 10)
    try say("a long, long line")
    #expect(try !lines.hasLine())
    try say(" that ends\nb\n")
    #expect(try !lines.hasLine())
    #expect(throws: (any Error).self) { try lines.next() }
    #expect(try lines.hasLine())
    #expect(try lines.next())
    #expect(lines.bytes == Array("b".utf8))
    #expect(lines.number == 2)
  }
}
