import Failures
import Files
import Foundation
import TestSupport
import Testing

@Suite("Files that grow")
struct GrowingFileTests {
  private func append(_ text: String, to file: inout GrowingFile) throws {
    try Array(text.utf8).withUnsafeBytes { try file.append($0) }
  }

  @Test("A file goes on where it was left, and gets its name in the end")
  func growing() throws {
    try Fixture.withTemporaryFolder { folder in
      do {
        var file = try GrowingFile(path: "\(folder)/a.part")
        #expect(file.count == 0)
        try append("one ", to: &file)
      }
      var file = try GrowingFile(path: "\(folder)/a.part")
      #expect(file.count == 4)
      try append("two", to: &file)
      #expect(file.count == 7)
      try file.finish(as: "a")
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["a"])
      #expect(try readBytes(path: "\(folder)/a", limit: 10) == Array("one two".utf8))
    }
  }

  @Test("A file may be begun anew")
  func anew() throws {
    try Fixture.withTemporaryFolder { folder in
      var file = try GrowingFile(path: "\(folder)/a")
      try append("wrong", to: &file)
      try file.removeAll()
      try append("b", to: &file)
      #expect(file.count == 1)
      #expect(try readBytes(path: "\(folder)/a", limit: 10) == Array("b".utf8))
    }
  }

  @Test("What comes after the part that is to be gone on with is taken away")
  func shortening() throws {
    try Fixture.withTemporaryFolder { folder in
      var file = try GrowingFile(path: "\(folder)/a")
      try append("one two", to: &file)
      try file.shorten(to: 4)
      try append("three", to: &file)
      #expect(file.count == 9)
      #expect(try readBytes(path: "\(folder)/a", limit: 10) == Array("one three".utf8))
    }
  }

  @Test("Whether a stream is appended to a file is told, and one that takes its place is refused")
  func appending() throws {
    try Fixture.withTemporaryFolder { folder in
      let path = "\(folder)/a"
      let (added, written) = (open(path, O_WRONLY | O_CREAT | O_APPEND, 0o600), open(path, O_WRONLY))
      defer { for file in [added, written] { close(file) } }
      symlink("a", "\(folder)/link")
      for name in ["a", "link", "./a"] {
        #expect(try isAppended(OpenStream(added, "standard output"), to: "\(folder)/\(name)"))
        let failure = #expect(throws: Failure.self) {
          _ = try isAppended(OpenStream(written, "standard output"), to: "\(folder)/\(name)")
        }
        #expect(failure?.kind == .usage)
        #expect(
          failure?.message
            == "\(folder)/\(name): is the file of standard output, which takes its place; append to it, by >>")
      }
      #expect(try !isAppended(OpenStream(added, "standard output"), to: "\(folder)/none"))
      #expect(try !isAppended(OpenStream(-1, "standard output"), to: path))
      let pipe = try PipeEnds()
      defer { for end in [pipe.reading, pipe.writing] { close(end) } }
      #expect(try !isAppended(OpenStream(pipe.writing, "standard output"), to: path))
    }
  }

  @Test("One holder at a time, and none where no file can be")
  func refused() throws {
    try Fixture.withTemporaryFolder { folder in
      let file = try GrowingFile(path: "\(folder)/a")
      let failure = #expect(throws: Failure.self) { _ = try GrowingFile(path: "\(folder)/a") }
      #expect(failure?.kind == .inputOutput && failure?.message.contains("another process is writing it") == true)
      #expect(file.path == "\(folder)/a")
      for path in ["\(folder)/no/such/a", folder] {
        #expect(throws: Failure.self) { _ = try GrowingFile(path: path) }
      }
    }
  }

  #if os(Linux)
    @Test("What a forked process has of the file does not hold it") func forked() throws {
      try Fixture.withTemporaryFolder { folder in
        let path = "\(folder)/a"
        var copies: [Int32] = []
        defer { for copy in copies { close(copy) } }
        do {
          let file = try GrowingFile(path: path)
          // A copy within this process has the lock as one in another has.
          let numbers = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").compactMap { Int32($0) }
          copies = numbers.filter {
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\($0)")) == path
          }
          .map { dup($0) }
          #expect(copies.count == 1)
          #expect(throws: Failure.self) { _ = try GrowingFile(path: file.path) }
        }
        #expect(try GrowingFile(path: path).count == 0)
      }
    }
  #endif

  @Test("Folders are made with those that they lie in, and removed with what they hold")
  func folders() throws {
    try Fixture.withTemporaryFolder { folder in
      try makeFolders("\(folder)/a/b/c")
      try makeFolders("\(folder)/a/b/c")
      try Data().write(to: URL(fileURLWithPath: "\(folder)/a/b/x"))
      #expect(folderExists(at: "\(folder)/a/b/c"))
      #expect(throws: Failure.self) { try makeFolders("\(folder)/a/b/x/y") }
      removeFolder("\(folder)/a")
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
    }
  }
}
