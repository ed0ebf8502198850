import Failures
import Files
import Foundation
import TestSupport
import Testing

/// What no output may be.
@Suite("Outputs")
struct CheckOutputTests {
  private func refusal(_ path: String, reading inputs: [String] = [], besides streams: [OpenStream] = []) -> Failure? {
    do {
      try checkOutput(path, reading: inputs, besides: streams)
      return nil
    } catch {
      return error as? Failure
    }
  }

  @Test("A file that can be made or replaced is taken, whatever else there is")
  func allowed() throws {
    try Fixture.withTemporaryFolder { folder in
      try writeFile(at: "\(folder)/in", bytes: [1])
      try writeFile(at: "\(folder)/out", bytes: [1])
      symlink("out", "\(folder)/link")
      for path in ["new", "out", "link"] {
        #expect(
          refusal("\(folder)/\(path)", reading: ["\(folder)/in", "\(folder)/none", "\(folder)/none/none"]) == nil)
      }
    }
  }

  @Test("An input is no output, by whatever name, there or still to come")
  func inputs() throws {
    try Fixture.withTemporaryFolder { folder in
      let input = "\(folder)/in"
      try writeFile(at: input, bytes: [1])
      try FileManager.default.createDirectory(atPath: "\(folder)/sub", withIntermediateDirectories: false)
      symlink("in", "\(folder)/symbolic")
      symlink("symbolic", "\(folder)/twice")
      link(input, "\(folder)/hard")
      symlink("sub", "\(folder)/alias")
      symlink("coming", "\(folder)/dangling")
      #expect(
        refusal(input, reading: ["\(folder)/x", input])
          == Failure(.usage, "\(input): is an input; write to another file"))
      for name in ["symbolic", "twice", "hard", "./in", "sub/../in", "alias/../in"] {
        let path = "\(folder)/\(name)"
        let message = "\(path): is the input \(input) by another name; write to another file"
        #expect(refusal(path, reading: [input]) == Failure(.usage, message))
        #expect(refusal(input, reading: [path])?.kind == .usage)
      }
      for (output, missing) in [("coming", "dangling"), ("dangling", "./coming"), ("alias/a", "sub/a")] {
        #expect(refusal("\(folder)/\(output)", reading: ["\(folder)/\(missing)"])?.kind == .usage)
      }
      #expect(refusal("\(folder)/other", reading: ["\(folder)/coming"]) == nil)
    }
  }

  @Test("The file of a stream is no output")
  func streams() throws {
    try Fixture.withTemporaryFolder { folder in
      try writeFile(at: "\(folder)/records", bytes: [1])
      let descriptor = open("\(folder)/records", O_RDONLY)
      defer { close(descriptor) }
      let stream = OpenStream(descriptor, "standard input")
      let message = "\(folder)/records: is the file of standard input; write to another file"
      #expect(refusal("\(folder)/records", besides: [stream]) == Failure(.usage, message))
      #expect(refusal("\(folder)/other", besides: [stream, OpenStream(-1, "nothing")]) == nil)
    }
  }

  @Test("A dash, descriptors, devices, pipes and folders are refused by name, links to them too")
  func nameless() throws {
    try Fixture.withTemporaryFolder { folder in
      #expect(mkfifo("\(folder)/pipe", 0o600) == 0)
      symlink("/dev/stdout", "\(folder)/link")
      let file = open("\(folder)/file", O_RDWR | O_CREAT, 0o600)
      defer { close(file) }
      func message(_ path: String, _ what: String) -> Failure {
        Failure(.cannotCreate, "\(path): cannot create: this is \(what); name a plain file")
      }
      for path in [
        "/dev/stdout", "/dev/stdin", "/dev/fd/\(file)", "/proc/self/fd/\(file)", "/dev/fd/999", "\(folder)/link",
      ] {
        #expect(refusal(path) == message(path, "a descriptor"))
        #expect(throws: message(path, "a descriptor")) { try writeFile(at: path, bytes: [1]) }
      }
      for path in ["/dev/null", "/dev/tty", "/dev/full"] { #expect(refusal(path) == message(path, "a device")) }
      #expect(refusal("\(folder)/pipe") == message("\(folder)/pipe", "a named pipe"))
      #expect(refusal(folder) == message(folder, "a folder"))
      #expect(refusal("-")?.kind == .usage)
      #expect(refusal("\(folder)/-") == nil)
      #expect(refusal("/proc/self/cwd/Package.swift/none")?.message.contains("no such folder") == true)
      #expect(refusal("\(folder)/none/a")?.kind == .cannotCreate)
    }
  }
}
