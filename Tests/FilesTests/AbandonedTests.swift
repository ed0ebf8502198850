import Files
import Foundation
import TestSupport
import Testing

@Suite("Files of killed processes")
struct AbandonedTests {
  /// The number of a process that has ended.
  private func deadProcess() throws -> String {
    let outcome = try BuiltTool(path: "/bin/sh").run(["-c", "echo $$"])
    return outcome.text.trimmingCharacters(in: .newlines)
  }

  @Test("Only what a process that is gone left of this very file is removed")
  func removal() throws {
    try Fixture.withTemporaryFolder { folder in
      let dead = try deadProcess()
      let gone = [".a.h5.cusp-\(dead)-1", ".a.h5.cusp-\(dead)-27"]
      let staying = [
        ".a.h5.cusp-\(getpid())-1", ".b.h5.cusp-\(dead)-1", "a.h5", "a.h5.cusp-\(dead)-1", ".a.h5.cusp-\(dead)",
        ".a.h5.cusp-\(dead)-x", ".a.h5.cusp--1-1", ".a.h5.cusp-0-1", ".a.h5.cusp-\(dead)-1-1",
        ".a.h5.cusp-99999999999999999999-1",
      ]
      for name in gone + staying { try writeFile(at: "\(folder)/\(name)", bytes: [1]) }
      removeAbandonedFiles(of: "\(folder)/a.h5")
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder).sorted() == staying.sorted())
    }
  }

  @Test("It looks beside the file that a link points to, knows names that were cut, and minds no missing folder")
  func names() throws {
    try Fixture.withTemporaryFolder { folder in
      let dead = try deadProcess()
      let name = String(repeating: "é", count: 120)
      try FileManager.default.createDirectory(atPath: "\(folder)/real", withIntermediateDirectories: false)
      try FileManager.default.createSymbolicLink(atPath: "\(folder)/link", withDestinationPath: "real/\(name)")
      // A process that is killed in the midst of writing, in a name as it would have made it.
      var temporary = ""
      try replaceFile(at: "\(folder)/link") { path in
        temporary = path.replacingOccurrences(of: ".cusp-\(getpid())-", with: ".cusp-\(dead)-")
        try writeFile(at: path, bytes: [1])
        try Data([2]).write(to: URL(fileURLWithPath: temporary))
      }
      #expect(FileManager.default.fileExists(atPath: temporary))
      removeAbandonedFiles(of: "\(folder)/link")
      #expect(try FileManager.default.contentsOfDirectory(atPath: "\(folder)/real") == [name])
      removeAbandonedFiles(of: "\(folder)/none/a")
      removeAbandonedFiles(of: "")
    }
  }
}
