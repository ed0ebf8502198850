import Failures
import Files
import Foundation
import TestSupport
import Testing

@Suite("Files that get another name")
struct MoveFileTests {
  private func content(_ path: String) throws -> String { try String(contentsOfFile: path, encoding: .utf8) }

  private func names(_ folder: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
  }

  @Test("A file gets its name, in place of one that is there")
  func moved() throws {
    try Fixture.withTemporaryFolder { folder in
      for text in ["first", "second"] {
        try writeFile(at: "\(folder)/a.part", bytes: Array(text.utf8))
        try checkMove("\(folder)/a.part", to: "\(folder)/a")
        try moveFile("\(folder)/a.part", to: "\(folder)/a")
        #expect(try content("\(folder)/a") == text)
        #expect(try names(folder) == ["a"])
      }
    }
  }

  @Test("Links stay: what one leads to becomes what the other leads to")
  func links() throws {
    try Fixture.withTemporaryFolder { folder in
      try FileManager.default.createDirectory(atPath: "\(folder)/disk", withIntermediateDirectories: false)
      for name in ["a", "a.part"] {
        try FileManager.default.createSymbolicLink(atPath: "\(folder)/\(name)", withDestinationPath: "disk/\(name)")
      }
      try writeFile(at: "\(folder)/a.part", bytes: Array("text".utf8))
      try moveFile("\(folder)/a.part", to: "\(folder)/a")
      #expect(try names("\(folder)/disk") == ["a"] && content("\(folder)/disk/a") == "text")
      #expect(try FileManager.default.destinationOfSymbolicLink(atPath: "\(folder)/a") == "disk/a")
    }
  }

  @Test("What is not there and what cannot be replaced is one failure, and nothing is lost")
  func refusals() throws {
    try Fixture.withTemporaryFolder { folder in
      #expect(throws: Failure.self) { try moveFile("\(folder)/none", to: "\(folder)/a") }
      try writeFile(at: "\(folder)/a.part", bytes: [1])
      try FileManager.default.createDirectory(atPath: "\(folder)/b/c", withIntermediateDirectories: true)
      for target in ["b", "none/a"] {
        #expect(throws: Failure.self) { try moveFile("\(folder)/a.part", to: "\(folder)/\(target)") }
        #expect(try names(folder) == ["a.part", "b"])
      }
    }
  }

  @Test("One file under two names, and names on two file systems, are told before")
  func check() throws {
    try Fixture.withTemporaryFolder { folder in
      let own = "is the file that it is to become, \(folder)/a; name another one"
      for path in ["\(folder)/a", "\(folder)/./a"] {
        #expect(throws: Failure(.usage, "\(path): \(own)")) { try checkMove(path, to: "\(folder)/a") }
      }
      #expect(throws: Failure(.cannotCreate, "\(folder)/none/a: cannot create: no such folder; make it first")) {
        try checkMove("\(folder)/none/a", to: "\(folder)/a")
      }
      var (here, shared) = (stat(), stat())
      guard stat(folder, &here) == 0, stat("/dev/shm", &shared) == 0, here.st_dev != shared.st_dev else { return }
      let message = "/dev/shm/a: lies on another file system than \(folder)/a; name a file beside that"
      #expect(throws: Failure(.cannotCreate, message)) { try checkMove("/dev/shm/a", to: "\(folder)/a") }
    }
  }
}
