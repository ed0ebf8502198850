import Failures
import Foundation
import Records
import TestSupport
import Testing
import ToolSupport

@Suite struct StreamTests {
  private let checkpoint = CheckpointRecord(path: "/a.h5", digest: "0f", epoch: 1, architecture: "x", data: "digits")
  private let failure = ErrorRecord(code: "data", message: "bad")

  /// What the reader finds in `input`, and what went to the output meanwhile.
  private func read(
    _ input: [UInt8], first: [UInt8] = [], passesOthers: Bool = true
  ) throws -> (found: [CheckpointRecord], failure: Failure?, output: String) {
    try Fixture.withTemporaryFolder { folder in
      let path = "\(folder)/output"
      try Data(input).write(to: URL(fileURLWithPath: "\(folder)/input"))
      let descriptor = open("\(folder)/input", O_RDONLY)
      defer { close(descriptor) }
      let output = StandardOutput(descriptor: open(path, O_WRONLY | O_CREAT, 0o600))
      let context = ToolContext(name: "test", output: output, diagnostics: Diagnostics(name: "test", isQuiet: true))
      var records = try CheckpointRecords(
        context, descriptor: descriptor, first: first, passesOthers: passesOthers)
      var found: [CheckpointRecord] = []
      var failure: Failure?
      do {
        while let record = try records.next() { found.append(record) }
      } catch let error as Failure { failure = error }
      try output.finish()
      return (found, failure, try String(contentsOfFile: path, encoding: .utf8))
    }
  }

  @Test("Every checkpoint is handed out; unknown records pass through, known others do not")
  func checkpoints() throws {
    let run = RunRecord(tool: "cusp-train", version: "0.1.0", arguments: [], seed: "0")
    let unknown = Array("{\"type\":\"future\", \"x\": 1.0}\n".utf8)
    let result = try read(run.line + checkpoint.line + unknown + checkpoint.line)
    #expect(result.found == [checkpoint, checkpoint])
    #expect(result.failure == nil)
    #expect(result.output == "{\"type\":\"future\", \"x\": 1.0}\n")
  }

  @Test("Records begin with what was read before, and others stay out where the output is no stream of records")
  func beginnings() throws {
    let unknown = Array("{\"type\":\"future\"}\n".utf8)
    let line = checkpoint.line
    let result = try read(line[20...] + unknown, first: Array(line[..<20]), passesOthers: false)
    #expect(result.found == [checkpoint])
    #expect(result.output.isEmpty)
  }

  @Test("A stream without a checkpoint fails", arguments: [true, false])
  func none(hasError: Bool) throws {
    let result = try read(hasError ? failure.line : [])
    let message = "no checkpoint on stdin; see what the program before it said, or name a model file"
    #expect(result.failure == Failure(.data, message))
  }

  @Test("A damaged line fails with its number")
  func damaged() throws {
    let result = try read(checkpoint.line + Array("{\"type\":\"checkpoint\",\"v\":1}\n".utf8))
    #expect(result.found == [checkpoint])
    #expect(result.failure == Failure(.data, "line 2: checkpoint record without `path`"))
  }

  @Test("Records of several threads are whole lines")
  func threads() async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "cusp-test-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let output = StandardOutput(descriptor: open(folder, O_WRONLY | O_CREAT, 0o600))
    #expect(!output.isTerminal)
    let record = checkpoint
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<4 {
        group.addTask { for _ in 0..<2000 { try output.write(record) } }
      }
      try await group.waitForAll()
    }
    try output.write("end\n")
    try output.finish()
    let lines = try String(contentsOfFile: folder, encoding: .utf8).split(separator: "\n")
    #expect(lines.count == 8001)
    let expected = Substring(String(decoding: record.line, as: UTF8.self).dropLast())
    #expect(lines.dropLast().allSatisfy { $0 == expected })
    #expect(lines.last == "end")
  }

  @Test("A full disk is a failure at the latest when finishing")
  func fullDisk() throws {
    let output = StandardOutput(descriptor: open("/dev/full", O_WRONLY))
    try output.write(checkpoint)
    let message = "stdout: No space left on device; what was written so far is incomplete"
    #expect(throws: Failure(.inputOutput, message)) { try output.finish() }
  }

  @Test("Messages cannot steer a terminal")
  func printable() {
    #expect(Diagnostics.printable("a\u{1B}[31m\u{7}\u{9B}é\n") == "a?[31m??é?")
  }
}
