import Failures
import Foundation
import Records
import TestSupport
import Testing

/// Lines that come through a pipe in pieces, as from another program.
@Suite struct LinePipeTests {
  private let text = Array("ab\r\n\n0123456789\r\n\r\n0123456789x\ncd\n\r\r\né\r".utf8)
  private let found = [
    "1 ab", "3 0123456789", "input: line 5 is longer than 10 bytes; write one record a line", "6 cd", "7 \r", "8 é",
  ]

  /// Runs `write` in a thread of its own and then closes the pipe for writing, while `body` reads.
  private func withPipe(
    write: @escaping @Sendable (PipeEnds) -> Void, _ body: (_ reading: Int32) throws -> Void
  ) throws {
    let pipe = try PipeEnds()
    defer { close(pipe.reading) }
    let thread = Thread {
      write(pipe)
      pipe.closeWriting()
    }
    thread.start()
    try body(pipe.reading)
  }

  /// The lines of `descriptor`, and in place of a line its failure.
  private func lines(_ descriptor: Int32, maximalLength: Int = 10) -> [String] {
    var reader = LineReader(descriptor: descriptor, name: "input", maximalLength: maximalLength)
    var found: [String] = []
    while true {
      do {
        guard try reader.next() else { return found }
        found.append("\(reader.number) \(String(decoding: reader.bytes, as: UTF8.self))")
      } catch {
        found.append(error.message)
        if error.kind != .data { return found }
      }
    }
  }

  @Test("A stream in two pieces, cut anywhere, has the same lines")
  func twoPieces() throws {
    for cut in 0...text.count {
      let (first, second) = (text[..<cut], text[cut...])
      try withPipe { pipe in
        pipe.write(first)
        // The reader has most likely taken the first piece when the second comes.
        usleep(500)
        pipe.write(second)
      } _: { reading in
        #expect(lines(reading) == found, "cut at \(cut)")
      }
    }
  }

  @Test("A stream that comes byte by byte has the same lines")
  func everyByte() throws {
    let text = text
    try withPipe { pipe in
      for byte in text {
        pipe.write([byte])
        usleep(300)
      }
    } _: { reading in
      #expect(lines(reading) == found)
    }
  }

  @Test("A line of the greatest length may end in both ways or not at all", arguments: ["\n", "\r\n", "", "\r"])
  func longest(end: String) throws {
    for length in [1, 10, 70_000, 262_143, 262_144, 262_145] {
      let line = [UInt8](repeating: 0x61, count: length)
      try withPipe { pipe in
        pipe.write(line + Array(end.utf8))
      } _: { reading in
        #expect(lines(reading, maximalLength: length) == ["1 " + String(decoding: line, as: UTF8.self)])
      }
      try withPipe { pipe in
        pipe.write(line + Array("a\(end)".utf8))
      } _: { reading in
        let message = "input: line 1 is longer than \(length) bytes; write one record a line"
        #expect(lines(reading, maximalLength: length) == [message])
      }
    }
  }

  @Test("A signal while waiting interrupts nothing")
  func interrupted() throws {
    var action = sigaction()
    action.__sigaction_handler.sa_handler = { _ in }
    var before = sigaction()
    // Without SA_RESTART, so that `read` returns EINTR.
    try #require(sigaction(SIGUSR2, &action, &before) == 0)
    defer { sigaction(SIGUSR2, &before, nil) }
    let waiting = pthread_self()
    try withPipe { pipe in
      for piece in ["a", "b\nc"] {
        for _ in 0..<20 {
          usleep(500)
          pthread_kill(waiting, SIGUSR2)
        }
        pipe.write(piece.utf8)
      }
    } _: { reading in
      #expect(lines(reading) == ["1 ab", "2 c"])
    }
  }

  @Test("A folder cannot be read as lines")
  func folder() {
    let descriptor = open("/", O_RDONLY)
    defer { close(descriptor) }
    #expect(lines(descriptor) == ["input: Is a directory"])
  }

  @Test("After the end the reader stays at the end, and the descriptor stays open")
  func afterEnd() throws {
    try withPipe { pipe in
      pipe.write("a\n\n".utf8)
    } _: { reading in
      var reader = LineReader(descriptor: reading)
      #expect(reader.number == 0)
      #expect(reader.name == "stdin")
      var isLine = try reader.next()
      #expect(isLine)
      for _ in 0..<3 {
        isLine = try reader.next()
        #expect(!isLine)
        #expect(reader.bytes.isEmpty)
        #expect(reader.number == 2)
      }
      #expect(fcntl(reading, F_GETFD) >= 0)
    }
  }
}
