import Failures
import Foundation
import Records
import TestSupport
import Testing

/// Writing records into a buffer, reading them from a stream and taking their fields.
@Suite struct RecordStreamTests {
  private func text(_ writer: RecordWriter) -> String { String(decoding: writer.bytes, as: UTF8.self) }

  @Test("Members stand in the order written, objects nest, and lines follow each other")
  func writer() {
    var writer = RecordWriter()
    writer.begin("a")
    writer.beginObject("o")
    writer.endObject()
    writer.beginObject("p")
    writer.write("x", 1)
    writer.beginObject("q")
    writer.write("y", true)
    writer.write("z", false)
    writer.endObject()
    writer.write("w", [] as [Float])
    writer.endObject()
    writer.write("s", "\"\\\n")
    writer.write("j", .array([.null, .number(0.5)]))
    writer.end()
    writer.begin("b", version: 12)
    writer.end()
    #expect(
      text(writer)
        == #"{"type":"a","v":1,"o":{},"p":{"x":1,"q":{"y":true,"z":false},"w":[]},"s":"\"\\\n","j":[null,0.5]}"#
        + "\n{\"type\":\"b\",\"v\":12}\n")
    writer.removeAll()
    #expect(writer.bytes.isEmpty)
    writer.append("as it is\n".utf8)
    writer.begin("c")
    writer.end()
    #expect(text(writer) == "as it is\n{\"type\":\"c\",\"v\":1}\n")
  }

  @Test(
    "Whole numbers are exact to the last", arguments: [Int.min, .min + 1, -10, -1, 0, 1, 99, 100, 1 << 53 + 1, .max])
  func integers(value: Int) throws {
    var writer = RecordWriter()
    writer.begin("t")
    writer.write("x", value)
    writer.end()
    #expect(text(writer) == "{\"type\":\"t\",\"v\":1,\"x\":\(value)}\n")
    #expect(try JSON(parsing: writer.bytes)["x"]?.integer == value)
  }

  @Test("A stream of all types is read in order, each known, with its bytes")
  func stream() throws {
    let lines = RecordExample.all.map(\.line) + ["{ \"v\" : 1.0, \"type\":\"future\" }", "{\"type\":\"\"}"]
    try withReader(of: lines.joined(separator: "\r\n\n")) { reader in
      for (position, line) in lines.enumerated() {
        let record = try #require(try reader.next())
        #expect(record.line == 2 * position + 1)
        #expect(reader.bytes == Array(line.utf8))
        #expect(try record.json == JSON(parsing: line))
        #expect(record.isKnown == (position < RecordExample.all.count))
        #expect(position >= RecordExample.all.count || record.type == RecordExample.all[position].type.type)
      }
      let end = try reader.next()
      #expect(end == nil)
    }
  }

  @Test("Decoding as another type names line, wanted and found type")
  func otherType() throws {
    try withReader(of: "\n\n" + RecordExample.all[0].line) { reader in
      let record = try #require(try reader.next())
      #expect(throws: Failure(.data, "line 3: score record expected, found `run`")) {
        try record.decode(ScoreRecord.self)
      }
      #expect(throws: Never.self) { try record.decode(RunRecord.self) }
    }
  }

  @Test("Every wrong line is told by its number and the next one is read")
  func wrongLines() throws {
    let lines: [(line: String, message: String)] = [
      ("null", "line 1: not an object; each line must be one record"),
      ("{\"type\":null}", "line 2: a record without `type`; each line must be one record"),
      ("{\"a\":1 ", "line 3, column 8: expected `,` or `}` in an object"),
      ("\u{1B}[2J", "line 4, column 1: expected a value"),
      ("{\"a\":1}{\"a\":1}", "line 5, column 8: text after the end of the value"),
      ("\"{}\"", "line 6: not an object; each line must be one record"),
    ]
    try withReader(of: lines.map(\.line).joined(separator: "\n") + "\n{\"type\":\"x\"}") { reader in
      for (_, message) in lines {
        var failure: Failure?
        do { _ = try reader.next() } catch { failure = error as? Failure }
        #expect(failure == Failure(.data, message))
      }
      let last = try #require(try reader.next())
      #expect((last.type, last.line) == ("x", 7))
    }
  }

  @Test("Fields are found in any order, and each kind refuses all others by name")
  func fields() throws {
    let json = try JSON(parsing: #"{"t":"x","i":1,"n":0.5,"l":[1,0.5],"o":{"t":2},"z":null}"#)
    var fields = try RecordFields(json, name: "thing")
    #expect(try fields.array("l") == [.integer(1), .number(0.5)])
    #expect(try fields.optionalNumbers("l") == [1, 0.5])
    #expect(try fields.number("i") == 1)
    #expect(try fields.integer("i") == 1)
    #expect(try fields.string("t") == "x")
    #expect(try fields.optionalNumber("n") == 0.5)
    var inner = try #require(try fields.optionalObject("o"))
    #expect(try inner.integer("t") == 2)
    for key in ["z", "missing"] {
      #expect(fields.find(key) == nil)
      #expect(try fields.optionalString(key) == nil)
      #expect(try fields.optionalInteger(key) == nil)
      #expect(try fields.optionalNumbers(key) == nil)
      #expect(try fields.optionalObject(key) == nil)
    }
    #expect(throws: Failure(.data, "thing: `t` is not a number")) { try fields.number("t") }
    #expect(throws: Failure(.data, "thing: `n` is not a whole number")) { try fields.optionalInteger("n") }
    #expect(throws: Failure(.data, "thing: `o` is not a list")) { try fields.array("o") }
    #expect(throws: Failure(.data, "thing: `l`: not an object")) { try fields.optionalObject("l") }
    #expect(throws: Failure(.data, "thing without `z`")) { try fields.string("z") }
    #expect(throws: Failure(.data, "thing: `o`: `t` is not text")) { try inner.string("t") }
    #expect(throws: Failure(.data, "thing: not an object")) { try RecordFields(.array([json]), name: "thing") }
  }

  @Test("A later version is read where the program reads it")
  func versions() throws {
    let json = try JSON(parsing: #"{"type":"t","v":2}"#)
    #expect(throws: Never.self) { try RecordFields(json, type: "t", version: 2) }
    #expect(throws: Failure(.data, "t record of version 2; this program reads version 1")) {
      try RecordFields(json, type: "t")
    }
  }

  private func withReader(of text: String, _ body: (inout RecordReader) throws -> Void) throws {
    try Fixture.withTemporaryFolder { folder in
      try Data(text.utf8).write(to: URL(fileURLWithPath: "\(folder)/stream"))
      let descriptor = open("\(folder)/stream", O_RDONLY)
      defer { close(descriptor) }
      var reader = RecordReader(LineReader(descriptor: descriptor))
      try body(&reader)
    }
  }

  @Test(
    "Only records whose lines have an end are taken for whole; the rest is kept", arguments: ["", "{", "{}", "{}\r"])
  func ended(rest: String) throws {
    try Fixture.withTemporaryFolder { folder in
      try Data("{\"type\":\"a\"}\n{\"type\":\"b\"}\r\n\(rest)".utf8).write(to: URL(fileURLWithPath: "\(folder)/a"))
      let file = open("\(folder)/a", O_RDONLY)
      defer { close(file) }
      var reader = RecordReader(LineReader(descriptor: file))
      #expect(try reader.nextEnded()?.type == "a")
      #expect(reader.place == 0..<13 && reader.number == 1)
      #expect(try reader.nextEnded()?.type == "b")
      #expect(reader.place == 13..<27 && reader.number == 2)
      #expect(try reader.nextEnded() == nil)
      #expect(reader.bytes == Array(rest.utf8.filter { $0 != 0x0D }))
    }
  }
}
