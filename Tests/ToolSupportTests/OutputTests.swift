import ArgumentParser
import Failures
import Foundation
import Records
import TestSupport
import Testing
import ToolSupport

/// Standard output: what is gathered, when it is handed on, and what is noticed when that fails.
@Suite struct OutputTests {
  private let record = ErrorRecord(code: "data", message: "bad")
  private let full = Failure(
    .inputOutput, "stdout: No space left on device; what was written so far is incomplete")

  /// Runs `body` with an output to a new file and a way to see what is in the file.
  private func withFile(_ body: (_ output: StandardOutput, _ content: () throws -> String) throws -> Void) throws {
    try Fixture.withTemporaryFolder { folder in
      let output = StandardOutput(descriptor: open("\(folder)/a", O_WRONLY | O_CREAT | O_CLOEXEC, 0o600))
      try body(output) { try String(contentsOfFile: "\(folder)/a", encoding: .utf8) }
    }
  }

  @Test("Records, lines and texts stand in the order written, and reach the file when flushed")
  func order() throws {
    try withFile { output, content in
      try output.write("title\n")
      try output.write(record)
      try output.write(line: Array("{\"type\":\"x\"}".utf8))
      #expect(try content() == "")
      try output.flush()
      let line = String(decoding: record.line, as: UTF8.self)
      #expect(try content() == "title\n\(line){\"type\":\"x\"}\n")
      try output.flush()
      try output.write { writer in
        writer.begin("y")
        writer.write("n", 1)
        writer.end()
      }
      try output.finish()
      #expect(try content() == "title\n\(line){\"type\":\"x\"}\n{\"type\":\"y\",\"v\":1,\"n\":1}\n")
    }
  }

  @Test("What is there already is dropped and counted until the rest comes")
  func holding() throws {
    try withFile { output, content in
      try output.hold()
      let long = String(repeating: "a", count: 100_000)
      try output.write(long)
      try output.write("bc")
      #expect(try output.release() == 100_002)
      try output.write("d")
      try output.flush()
      #expect(try content() == "d")
      #expect(try output.release() == 0)
      try output.hold()
      try output.write("e")
      try output.finish()
      #expect(try content() == "d")
    }
  }

  @Test("64 KiB are gathered, then written without a flush")
  func gathering() throws {
    try withFile { output, content in
      try output.write(String(repeating: "a", count: (1 << 16) - 1))
      #expect(try content().isEmpty)
      try output.write("bc")
      #expect(try content().utf8.count == (1 << 16) + 1)
      try output.write("d")
      #expect(try content().hasSuffix("abc"))
      try output.finish()
      #expect(try content().hasSuffix("abcd"))
    }
  }

  @Test("More than a pipe holds arrives whole while its reader is slow")
  func slowReader() throws {
    let pipe = try PipeEnds()
    let output = StandardOutput(descriptor: pipe.writing)
    let writer = Thread {
      for number in 0..<40_000 { try? output.write(line: Array("line \(number)".utf8)) }
      try? output.finish()
    }
    writer.start()
    var reader = LineReader(descriptor: pipe.reading)
    var count = 0
    while try reader.next() {
      if reader.bytes != Array("line \(count)".utf8) { Issue.record("line \(count) is torn") }
      if count % 8000 == 0 { usleep(3000) }
      count += 1
    }
    close(pipe.reading)
    #expect(count == 40_000)
  }

  @Test("A full disk is noticed as soon as the buffer is full, when flushing and when finishing")
  func fullDisk() throws {
    func output() -> StandardOutput { StandardOutput(descriptor: open("/dev/full", O_WRONLY | O_CLOEXEC)) }
    let large = output()
    #expect(throws: full) { try large.write(String(repeating: "x", count: 1 << 16)) }
    let flushed = output()
    #expect(throws: Never.self) { try flushed.write(record) }
    #expect(throws: full) { try flushed.flush() }
    let finished = output()
    try finished.write("x")
    #expect(throws: full) { try finished.finish() }
    #expect(throws: Never.self) { try output().finish() }
  }

  @Test("A descriptor that is no longer open is noticed even when nothing was written")
  func closed() {
    #expect(throws: Failure(.inputOutput, "stdout: Bad file descriptor")) {
      try StandardOutput(descriptor: -1).finish()
    }
    let output = StandardOutput(descriptor: -1)
    #expect(throws: Failure.self) {
      try output.write("x")
      try output.flush()
    }
  }

  @Test("A pipe without a reader is an error of its own, not a failure to be told")
  func brokenPipe() throws {
    // The signal that comes with it is kept from this process and taken off its list.
    var signals = sigset_t()
    var before = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, SIGPIPE)
    pthread_sigmask(SIG_BLOCK, &signals, &before)
    defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
    let pipe = try PipeEnds()
    close(pipe.reading)
    let output = StandardOutput(descriptor: pipe.writing)
    try output.write("x")
    var error: (any Error)?
    do { try output.flush() } catch let thrown { error = thrown }
    var patience = timespec()
    sigtimedwait(&signals, nil, &patience)
    #expect(error != nil && !(error is Failure))
    #expect(throws: Never.self) { try output.finish() }
  }

  @Test("A piece is whole or fails; what its writer throws comes out")
  func throwing() throws {
    try withFile { output, content in
      try output.write("before\n")
      #expect(throws: Failure(.data, "x")) { try output.write { _ in throw Failure(.data, "x") } }
      try output.finish()
      #expect(try content() == "before\n")
    }
  }
}

/// What programs do on a terminal, shown with a pseudo-terminal.
@Suite struct PseudoTerminalTests {
  /// Runs `body` with the descriptor of a terminal.
  private func withTerminal(_ body: (Int32) throws -> Void) throws {
    let controller = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
    try #require(controller >= 0)
    defer { close(controller) }
    // What posix_openpt, unlockpt and ptsname do, which Swift does not import: TIOCSPTLCK and TIOCGPTN.
    var (isLocked, number) = (0 as Int32, 0 as UInt32)
    try #require(ioctl(controller, 0x4004_5431, &isLocked) == 0)
    try #require(ioctl(controller, 0x8004_5430, &number) == 0)
    let terminal = open("/dev/pts/\(number)", O_RDWR | O_NOCTTY | O_CLOEXEC)
    try #require(terminal >= 0)
    defer { close(terminal) }
    try body(terminal)
  }

  @Test("Tables are for terminals, records for all else, unless asked otherwise")
  func format() throws {
    try withTerminal { terminal in
      let onTerminal = StandardOutput(descriptor: terminal)
      let inFile = StandardOutput(descriptor: -1)
      #expect(onTerminal.isTerminal && !inFile.isTerminal)
      #expect(try FormatOptions.parse([]).format(for: onTerminal) == .text)
      #expect(try FormatOptions.parse([]).format(for: inFile) == .ndjson)
      for format in OutputFormat.allCases {
        let options = try FormatOptions.parse(["--format", format.rawValue])
        #expect(options.format(for: onTerminal) == format && options.format(for: inFile) == format)
      }
      #expect(throws: (any Error).self) { try FormatOptions.parse(["--format", "xml"]) }
    }
  }

  @Test("Records are not awaited from a person")
  func records() throws {
    try withTerminal { terminal in
      let context = ToolContext(
        name: "cusp-test", output: StandardOutput(descriptor: -1), diagnostics: Diagnostics(name: "cusp-test"))
      let predictions = Failure(
        .usage, "no predictions: standard input is a terminal; pipe records in, as in cusp-attack m.h5 | cusp-test")
      #expect(throws: predictions) {
        _ = try context.records("predictions", example: "cusp-attack m.h5 | cusp-test", descriptor: terminal)
      }
      let model = Failure(
        .usage,
        "no model: standard input is a terminal; pipe records in, as in cusp-train ... | cusp-test, or name a model file"
      )
      #expect(throws: model) { _ = try CheckpointRecords(context, descriptor: terminal) }
    }
  }

  @Test("Quiet is chosen by either name", arguments: [([], false), (["-q"], true), (["--quiet"], true)])
  func quiet(arguments: [String], isQuiet: Bool) throws {
    #expect(try CommonOptions.parse(arguments).quiet == isQuiet)
    #expect(Diagnostics(name: "a", isQuiet: isQuiet).isQuiet == isQuiet)
  }

  @Test("Help shows examples first, then what else there is to say")
  func configuration() {
    let plain = CommandConfiguration.tool("cusp-x", abstract: "Do.", examples: ["cusp-x a", "cusp-x b"])
    #expect(plain.commandName == "cusp-x" && plain.abstract == "Do.")
    #expect(plain.discussion == "EXAMPLES:\n  cusp-x a\n  cusp-x b")
    #expect(plain.version == toolVersion)
    let more = CommandConfiguration.tool("cusp-x", abstract: "Do.", examples: ["cusp-x"], discussion: "More.")
    #expect(more.discussion == "EXAMPLES:\n  cusp-x\n\nMore.")
  }
}
