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
