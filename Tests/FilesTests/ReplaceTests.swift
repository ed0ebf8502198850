import Failures
import Files
import Foundation
import TestSupport
import Testing

@Suite("Replacing files")
struct ReplaceTests {
  private struct Interrupted: Error {}

  private func content(_ path: String) throws -> String { try String(contentsOfFile: path, encoding: .utf8) }

  private func names(_ folder: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
  }

  private func failure(_ body: () throws -> Void) -> Failure? { #expect(throws: Failure.self) { try body() } }

  @Test("A file is made, then replaced, and nothing else stays in the folder")
  func replaced() throws {
    try Fixture.withTemporaryFolder { folder in
      for text in ["first, longer", "second", ""] {
        try writeFile(at: "\(folder)/a", bytes: Array(text.utf8))
        #expect(try content("\(folder)/a") == text)
        #expect(try names(folder) == ["a"])
      }
    }
  }

  @Test("While the body runs the earlier file is whole and the temporary is a hidden neighbour")
  func beside() throws {
    try Fixture.withTemporaryFolder { folder in
      try writeFile(at: "\(folder)/a.h5", bytes: Array("old".utf8))
      try replaceFile(at: "\(folder)/a.h5") { temporary in
        #expect(temporary.hasPrefix("\(folder)/.a.h5.cusp-\(getpid())-"))
        try "new".write(toFile: temporary, atomically: false, encoding: .utf8)
        #expect(try content("\(folder)/a.h5") == "old")
      }
      #expect(try content("\(folder)/a.h5") == "new")
    }
  }

  @Test("When the body throws, its error comes out, the earlier file stays and the temporary goes")
  func interrupted() throws {
    try Fixture.withTemporaryFolder { folder in
      try writeFile(at: "\(folder)/a", bytes: Array("old".utf8))
      #expect(throws: Interrupted.self) {
        try replaceFile(at: "\(folder)/a") { temporary in
          try "half".write(toFile: temporary, atomically: false, encoding: .utf8)
          throw Interrupted()
        }
      }
      #expect(try content("\(folder)/a") == "old")
      #expect(try names(folder) == ["a"])
    }
  }

  @Test("A body that makes no file leaves the earlier one and says so")
  func nothingMade() throws {
    try Fixture.withTemporaryFolder { folder in
      try writeFile(at: "\(folder)/a", bytes: Array("old".utf8))
      #expect(failure { try replaceFile(at: "\(folder)/a") { _ in } }?.kind == .inputOutput)
      #expect(try content("\(folder)/a") == "old")
    }
  }

  @Test("Nested replacements of one file get different temporaries")
  func nested() throws {
    try Fixture.withTemporaryFolder { folder in
      try replaceFile(at: "\(folder)/a") { outer in
        try writeFile(at: "\(folder)/a", bytes: Array("inner".utf8))
        try "outer".write(toFile: outer, atomically: false, encoding: .utf8)
      }
      #expect(try content("\(folder)/a") == "outer")
      #expect(try names(folder) == ["a"])
    }
  }

  @Test("Whoever reads while others write sees one whole file")
  func concurrent() async throws {
    let folder = NSTemporaryDirectory() + "cusp-test-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let path = "\(folder)/a"
    try writeFile(at: path, bytes: [UInt8](repeating: 0, count: 10_000))
    try await withThrowingTaskGroup(of: Void.self) { group in
      for writer in 1...4 as ClosedRange<UInt8> {
        group.addTask {
          for _ in 0..<10 { try writeFile(at: path, bytes: [UInt8](repeating: writer, count: 10_000)) }
        }
        group.addTask {
          for _ in 0..<20 {
            let bytes = try readBytes(path: path, limit: 10_000)
            #expect(bytes.count == 10_000 && Set(bytes).count == 1)
          }
        }
      }
      try await group.waitForAll()
    }
    #expect(try names(folder) == ["a"])
  }

  @Test("A symbolic link stays and its target is replaced, made if missing, relative or absolute")
  func links() throws {
    try Fixture.withTemporaryFolder { folder in
      let manager = FileManager.default
      try manager.createDirectory(atPath: "\(folder)/real", withIntermediateDirectories: false)
      try manager.createSymbolicLink(atPath: "\(folder)/relative", withDestinationPath: "real/a")
      try manager.createSymbolicLink(atPath: "\(folder)/absolute", withDestinationPath: "\(folder)/relative")
      for (name, text) in [("relative", "one"), ("absolute", "two")] {
        try writeFile(at: "\(folder)/\(name)", bytes: Array(text.utf8))
        #expect(try content("\(folder)/real/a") == text)
        #expect(try manager.destinationOfSymbolicLink(atPath: "\(folder)/relative") == "real/a")
        #expect(try names("\(folder)/real") == ["a"])
      }
    }
  }

  @Test("A new file has the mode that the umask allows")
  func mode() throws {
    try Fixture.withTemporaryFolder { folder in
      try writeFile(at: "\(folder)/a", bytes: [1])
      #expect(FileManager.default.createFile(atPath: "\(folder)/plain", contents: nil))
      let modes = try ["a", "plain"].map {
        try FileManager.default.attributesOfItem(atPath: "\(folder)/\($0)")[.posixPermissions] as? Int
      }
      #expect(modes[0] == modes[1])
    }
  }

  @Test("A name of 250 bytes leaves room for its temporary")
  func longName() throws {
    try Fixture.withTemporaryFolder { folder in
      let name = String(repeating: "é", count: 125)
      try writeFile(at: "\(folder)/\(name)", bytes: [1])
      #expect(try names(folder) == [name])
    }
  }

  @Test("A missing folder, a file in its place, a folder, a device and a circle of links cannot be created")
  func cannotCreate() throws {
    try Fixture.withTemporaryFolder { folder in
      try writeFile(at: "\(folder)/a", bytes: [1])
      try FileManager.default.createSymbolicLink(atPath: "\(folder)/circle", withDestinationPath: "circle")
      for path in ["\(folder)/none/b", "\(folder)/a/b", folder, "/dev/null", "\(folder)/circle", "", "\(folder)/x\0y"] {
        var ran = false
        let failure = failure { try replaceFile(at: path) { _ in ran = true } }
        #expect(failure?.kind == .cannotCreate, "\(path)")
        #expect(failure?.message.contains("cannot create") == true || failure?.message.contains("not a file") == true)
        #expect(!ran, "\(path)")
      }
      #expect(try names(folder) == ["a", "circle"])
    }
  }

  @Test("A full disk is an error of input and output")
  func fullDisk() throws {
    let device = open("/dev/full", O_WRONLY)
    try #require(device >= 0)
    defer { close(device) }
    let failure = failure {
      try [UInt8](repeating: 1, count: 10).withUnsafeBytes { try writeAll($0, to: device, path: "a") }
    }
    #expect(failure?.kind == .inputOutput)
    #expect(failure?.message == "a: No space left on device; free some space and run again")
  }

  @Test(
    "Errors of the system become the right kind of failure",
    arguments: [
      (ENOSPC, Failure.Kind.inputOutput), (EDQUOT, .inputOutput), (EIO, .inputOutput), (EACCES, .cannotCreate),
      (EROFS, .cannotCreate), (ENOENT, .cannotCreate), (ENAMETOOLONG, .cannotCreate),
    ])
  func kinds(number: Int32, kind: Failure.Kind) { #expect(writeFailure("a", number).kind == kind) }
}
