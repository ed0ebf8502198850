import Failures
import Files
import Foundation
import TestSupport
import Testing

/// Files that come through streams.
@Suite("Inputs")
struct InputFileTests {
  /// A pipe through which `bytes` come, piece by piece.
  private func withPipe(_ bytes: [UInt8], _ body: (Int32) throws -> Void) throws {
    let pipe = try PipeEnds()
    defer { close(pipe.reading) }
    let thread = Thread {
      for start in stride(from: 0, to: bytes.count, by: 5000) {
        pipe.write(bytes[start..<min(start + 5000, bytes.count)])
      }
      pipe.closeWriting()
    }
    thread.start()
    try body(pipe.reading)
  }

  @Test("A pipe is read whole and then from any place, by the pipe's name", arguments: [0, 3, 16, 300_000])
  func pipes(count: Int) throws {
    let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    try withPipe(bytes) { descriptor in
      let path = "/dev/fd/\(descriptor)"
      let input = try InputFile(path: path)
      #expect(input.name == path && input.location != path)
      for _ in 0..<2 {
        let source = try ByteSource(input)
        #expect(source.name == path && source.count == count)
        #expect(try source.bytes(count / 2..<count) == Array(bytes[(count / 2)...]))
      }
    }
  }

  @Test("What came through a pipe is read from its front as often as it is asked for")
  func fromFront() throws {
    let bytes = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    try withPipe(bytes) { descriptor in
      let input = try InputFile(path: "/dev/fd/\(descriptor)")
      for _ in 0..<2 {
        let sequential = try SequentialInput(input)
        #expect(sequential.name == input.name)
        #expect(try sequential.allBytes(limit: 1 << 20) == bytes)
      }
    }
    #expect(throws: Failure.self) { _ = try SequentialInput(InputFile(onDisk: "/none/a")) }
  }

  @Test("A file on the disk stays where it is; one behind a descriptor is copied from its front")
  func regular() throws {
    try Fixture.withTemporaryFolder { folder in
      try writeFile(at: "\(folder)/a", bytes: [1, 2, 3])
      let plain = try InputFile(path: "\(folder)/a")
      #expect(plain.name == "\(folder)/a" && plain.location == plain.name)
      let descriptor = open("\(folder)/a", O_RDONLY)
      var byte: UInt8 = 0
      #expect(read(descriptor, &byte, 1) == 1)
      let input = try InputFile(path: "/dev/fd/\(descriptor)")
      close(descriptor)
      #expect(try ByteSource(input).bytes(0..<3) == [1, 2, 3])
    }
  }

  @Test("More than the limit is refused, and the copy has no name")
  func limit() throws {
    let folder = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    for (limit, fits) in [(10_000, true), (9999, false)] {
      try withPipe([UInt8](repeating: 7, count: 10_000)) { descriptor in
        let stream = try SequentialInput(descriptor: descriptor, name: "stream")
        #expect((1...10_000).contains(stream.first.count))
        let input = Result { try InputFile(stream, limit: limit) }
        switch input {
        case .success(let input): #expect(fits && input.name == "stream")
        case .failure(let failure):
          let message = "stream: larger than the 9999 bytes that are read at most; is this the right file?"
          #expect(!fits && failure as? Failure == Failure(.data, message))
          _ = try FileHandle(fileDescriptor: descriptor, closeOnDealloc: false).readToEnd()
        }
        let names = try FileManager.default.contentsOfDirectory(atPath: folder)
        #expect(!names.contains { $0.hasPrefix("cusp-") && $0.count == 11 })
      }
    }
  }

  @Test("A sequential input tells what it is and gives all bytes, up to a limit")
  func sequential() throws {
    try Fixture.withTemporaryFolder { folder in
      let text = Array(#"{"type":"x"}"#.utf8) + [0x0A]
      try writeFile(at: "\(folder)/a", bytes: text)
      let input = try SequentialInput(path: "\(folder)/a")
      #expect(input.kind == .json && input.name == "\(folder)/a" && input.first == text)
      #expect(try input.allBytes(limit: text.count) == text)
      #expect(throws: Failure.self) { try SequentialInput(path: "\(folder)/a").allBytes(limit: text.count - 1) }
      #expect(try SequentialInput(path: "/dev/null").kind == .empty)
      #expect(throws: Failure(.noInput, "\(folder): is a folder; name a file")) { try SequentialInput(path: folder) }
      #expect(throws: Failure(.noInput, "\(folder)/b: no such file; check the path")) {
        try SequentialInput(path: "\(folder)/b")
      }
      #expect(throws: Failure(.inputOutput, "stream: Bad file descriptor")) {
        try SequentialInput(descriptor: 999, name: "stream")
      }
    }
  }
}
