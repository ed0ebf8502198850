import Failures
import Foundation
import Records
import Testing

@Suite struct LineReaderTests {
  /// The lines, and in place of a line its failure, that a reader finds in `bytes` coming through a pipe.
  ///
  /// The `first` of them do not come through the pipe, as if somebody had read them before.
  private func read(_ bytes: [UInt8], maximalLength: Int = 1 << 20, first: Int = 0) throws -> [String] {
    let pipe = Pipe()
    let writing = pipe.fileHandleForWriting
    let writer = Thread {
      try? writing.write(contentsOf: Data(bytes[first...]))
      try? writing.close()
    }
    writer.start()
    var reader = LineReader(
      descriptor: pipe.fileHandleForReading.fileDescriptor, name: "input", maximalLength: maximalLength,
      first: Array(bytes[..<first]))
    var found: [String] = []
    while true {
      do {
        guard try reader.next() else { return found }
        #expect(reader.bytes == reader.withBytes { Array($0) })
        found.append("\(reader.number) \(String(decoding: reader.bytes, as: UTF8.self))")
      } catch {
        found.append(error.message)
      }
    }
  }

  @Test(
    "Lines end with or without carriage return; empty ones count but are skipped",
    arguments: [
      ("", []), ("a", ["1 a"]), ("a\n", ["1 a"]), ("a\nb", ["1 a", "2 b"]), ("a\r\nb\r\n", ["1 a", "2 b"]),
      ("\n\n\r\na\n", ["4 a"]), ("a\n\n", ["1 a"]), ("\r", []), ("a\rb\n", ["1 a\rb"]),
    ] as [(String, [String])])
  func ends(text: String, lines: [String]) throws {
    #expect(try read(Array(text.utf8)) == lines)
  }

  @Test(
    "A line says where it lies with its end, whatever comes before it, and whether it has one", arguments: [0, 3, 9])
  func places(first: Int) throws {
    let long = String(repeating: "x", count: 600_000)
    let bytes = Array("one\n\n\r\ntwo\r\n\(long)\nrest".utf8)
    let pipe = Pipe()
    let writer = Thread {
      try? pipe.fileHandleForWriting.write(contentsOf: Data(bytes[first...]))
      try? pipe.fileHandleForWriting.close()
    }
    writer.start()
    var reader = LineReader(descriptor: pipe.fileHandleForReading.fileDescriptor, first: Array(bytes[..<first]))
    var found: [Range<Int>] = []
    while try reader.next() {
      found.append(reader.place)
      #expect(reader.isEnded == (reader.place.upperBound < bytes.count))
      #expect(bytes[reader.place].starts(with: reader.bytes))
    }
    #expect(found == [0..<4, 7..<12, 12..<600_013, 600_013..<600_017])
    #expect(reader.bytes.isEmpty)
  }

  @Test("Bytes that were read before come first", arguments: [0, 1, 4, 5, 6, 11, 300_000, 700_000])
  func first(count: Int) throws {
    let long = String(repeating: "z", count: 700_000)
    let bytes = Array("line\nmore\r\n\(long)\nend".utf8)
    #expect(try read(bytes, first: count) == ["1 line", "2 more", "3 \(long)", "4 end"])
    #expect(try read(Array("line\nend".utf8), first: 8) == ["1 line", "2 end"])
  }

  @Test("Lines across chunks are whole")
  func chunks() throws {
    let lines = (0..<2000).map { String(repeating: "x", count: $0 * 7 % 1999 + 1) }
    let found = try read(Array(lines.joined(separator: "\n").utf8))
    #expect(found == lines.enumerated().map { "\($0 + 1) \($1)" })
  }

  @Test("A line longer than the first buffer is read")
  func long() throws {
    let line = String(repeating: "y", count: 700_000)
    #expect(try read(Array("a\n\(line)\nb\n".utf8)) == ["1 a", "2 \(line)", "3 b"])
  }

  @Test(
    "A line that is too long fails with its number, and reading goes on", arguments: [11, 1000, 600_000, 2_000_000])
  func tooLong(count: Int) throws {
    let message = "input: line 2 is longer than 10 bytes; write one record a line"
    let text = "first\n" + String(repeating: "z", count: count) + "\n0123456789\n"
    #expect(try read(Array(text.utf8), maximalLength: 10) == ["1 first", message, "3 0123456789"])
  }

  @Test("A last line that is too long and has no end fails")
  func tooLongAtEnd() throws {
    let message = "input: line 1 is longer than 10 bytes; write one record a line"
    #expect(try read([UInt8](repeating: 0x61, count: 300_000), maximalLength: 10) == [message])
    #expect(try read([UInt8](repeating: 0x61, count: 11), maximalLength: 10) == [message])
  }

  @Test("A descriptor that cannot be read is a failure of input and output")
  func closed() {
    var reader = LineReader(descriptor: 9999, name: "input")
    var failure: Failure?
    do { _ = try reader.next() } catch { failure = error }
    #expect(failure == Failure(.inputOutput, "input: Bad file descriptor"))
  }
}
