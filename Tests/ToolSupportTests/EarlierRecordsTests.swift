import Failures
import Foundation
import Records
import TestSupport
import Testing
import ToolSupport

/// Streams that were cut, as a program goes on with them.
@Suite struct EarlierRecordsTests {
  private let records = (0..<3).map { ErrorRecord(code: "data", message: "bad \($0)") }
  private var bytes: [UInt8] { records.flatMap(\.line) }

  /// Runs `body` with the stream that a file of `bytes` is and an output that is `appended` to it, or to another file; and says
  /// what both files hold then.
  private func files(
    _ bytes: [UInt8], appended: Bool, _ body: (EarlierRecords, StandardOutput) throws -> Void
  ) throws -> (part: String, output: String) {
    try Fixture.withTemporaryFolder { folder in
      try Data(bytes).write(to: URL(fileURLWithPath: "\(folder)/part"))
      let path = "\(folder)/\(appended ? "part" : "output")"
      let output = StandardOutput(descriptor: open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600))
      let context = ToolContext(name: "test", output: output, diagnostics: Diagnostics(name: "test"))
      try body(EarlierRecords("\(folder)/part", context), output)
      try output.finish()
      let contents = try ["part", appended ? "part" : "output"].map {
        try String(contentsOfFile: "\(folder)/\($0)", encoding: .utf8)
      }
      return (contents[0], contents[1])
    }
  }

  /// Writes all records, those that are there by taking them.
  private func goOn(_ earlier: EarlierRecords, _ output: StandardOutput) throws {
    for record in records {
      if try earlier.next() != nil {
        try output.write(earlier.take(ErrorRecord.self))
      } else {
        try earlier.goOn(with: [Array(#"{"type":"error","v":1,"#.utf8)])
        try output.write(record)
      }
    }
    try earlier.finish()
  }

  @Test("Cut anywhere, a stream ends with all its bytes, in its file and elsewhere", arguments: [true, false])
  func cuts(appended: Bool) throws {
    let whole = String(decoding: bytes, as: UTF8.self)
    for count in 0...bytes.count {
      let start = Array(bytes[..<count])
      let found = try files(start, appended: appended, goOn)
      #expect(found.output == whole, "\(count)")
      #expect(found.part == (appended ? whole : String(decoding: start, as: UTF8.self)), "\(count)")
    }
  }

  @Test("What was taken and not written is cut off, and a second word of going on changes nothing")
  func partly() throws {
    let found = try files(bytes, appended: true) { earlier, output in
      try output.write(earlier.take(ErrorRecord.self))
      for _ in 0..<2 { _ = try earlier.take(ErrorRecord.self) }
      #expect(try earlier.next() == nil && earlier.line == 3)
      try earlier.goOn(with: [])
      try output.write("x")
      try output.flush()
      try earlier.goOn(with: [])
      try output.write("y")
    }
    #expect(found.part == String(decoding: records[0].line, as: UTF8.self) + "xy")
  }

  @Test(
    "What is no record of this program, as it writes it, is refused, and the file stays as it is",
    arguments: [
      ("notes\n", "line 1, column 1: "), ("notes", "ends with half a line that is none of this run"),
      (#"{"type":"note","v":1}"# + "\n", "line 1: error record expected, found `note`"),
      (#"{"type":"error","v":1, "code":"data","message":"a"}"# + "\n", "line 1: is not as this program writes it"),
      (#"{"type":"error","v":1,"code":"data","message":"a"}"# + "\r\n", "line 1: is not as this program writes it"),
      (
        "\n" + #"{"type":"error","v":1,"code":"data","message":"a"}"# + "\n", "line 2: is not as this program writes it"
      ),
    ])
  func refusals(text: String, message: String) throws {
    var failure: Failure?
    let found = try files(Array(text.utf8), appended: true) { earlier, output in
      failure = #expect(throws: Failure.self) { try goOn(earlier, output) }
    }
    #expect(failure?.message.contains(": \(message)") == true)
    #expect(found.part == text)
  }

  @Test("More than this run writes is refused")
  func rest() throws {
    for more in ["{", String(decoding: records[0].line, as: UTF8.self)] {
      let all = bytes + Array(more.utf8)
      let found = try files(all, appended: true) { earlier, output in
        let failure = #expect(throws: Failure.self) { try goOn(earlier, output) }
        #expect(failure?.kind == .data && failure?.message.hasSuffix("after all that this run writes") == true)
      }
      #expect(found.part == String(decoding: all, as: UTF8.self))
    }
  }
}
