import Failures
import Files
import Foundation
import TestSupport
import Testing

@Suite("Making folders")
struct MakeFolderTests {
  private struct Interrupted: Error {}

  private func names(_ folder: String) throws -> [String] {
    try FileManager.default.subpathsOfDirectory(atPath: folder).sorted()
  }

  private func expectFailure(
    _ part: String, sourceLocation: SourceLocation = #_sourceLocation, _ body: () throws -> Void
  ) {
    let failure = #expect(throws: Failure.self, sourceLocation: sourceLocation) { try body() }
    #expect(failure?.kind == .cannotCreate, sourceLocation: sourceLocation)
    #expect(failure?.message.contains(part) == true, "\(failure?.message ?? "")", sourceLocation: sourceLocation)
  }

  @Test("A folder appears as a whole, at a new name or in place of an empty one, and nothing else stays")
  func made() throws {
    try Fixture.withTemporaryFolder { parent in
      try FileManager.default.createDirectory(atPath: "\(parent)/there", withIntermediateDirectories: false)
      for name in ["new", "there", "slash/"] {
        try makeFolder(at: "\(parent)/\(name)") { folder in
          try folder.makeFolder("a b")
          try folder.write([1, 2], to: "a b/x")
          try folder.write([], to: "y")
          #expect(!FileManager.default.fileExists(atPath: "\(parent)/\(name)/y"))
        }
        #expect(try names("\(parent)/\(name)") == ["a b", "a b/x", "y"])
        #expect(try readBytes(path: "\(parent)/\(name)/a b/x", limit: 9) == [1, 2])
      }
      #expect(try FileManager.default.contentsOfDirectory(atPath: parent).sorted() == ["new", "slash", "there"])
    }
  }

  private func stop(in parent: String) throws {
    try makeFolder(at: "\(parent)/new") { folder in
      try folder.makeFolder("a")
      try folder.write([1], to: "a/x")
      throw Interrupted()
    }
  }

  private func writeAstray(in parent: String) throws {
    try makeFolder(at: "\(parent)/new") { try $0.write([1], to: "a/x") }
  }

  @Test("When the body throws, nothing stays")
  func interrupted() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "cusp-test-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    #expect(throws: Interrupted.self) { try stop(in: folder) }
    #expect(try names(folder).isEmpty)
    expectFailure("new/a/x: cannot create: no such folder") { try writeAstray(in: folder) }
    #expect(try names(folder).isEmpty)
  }

  @Test("What is there stays: a folder that is not empty, a file; and there must be a place")
  func refusals() throws {
    try Fixture.withTemporaryFolder { parent in
      try FileManager.default.createDirectory(atPath: "\(parent)/full", withIntermediateDirectories: false)
      try Data([1]).write(to: URL(fileURLWithPath: "\(parent)/full/.x"))
      try Data([1]).write(to: URL(fileURLWithPath: "\(parent)/file"))
      for (name, part) in [
        ("full", "full: cannot create: the folder is not empty; empty it, or name a new one"),
        ("full/", "the folder is not empty"), ("file", "file: cannot create: a file is there; name a new folder"),
        ("none/new", "none/new: cannot create: no such folder; make it first"), ("file/new", "no such folder"),
        ("", "cannot create"), ("a\0b", "not a file name"),
      ] {
        let path = name.isEmpty ? "" : "\(parent)/\(name)"
        expectFailure(name.isEmpty ? "not a file name" : part) { try makeFolder(at: path) { _ in } }
        expectFailure(name.isEmpty ? "not a file name" : part) { try checkFolderOutput(path) }
      }
      #expect(try names(parent) == ["file", "full", "full/.x"])
      #expect(throws: Failure.self) { try checkFolderOutput("-") }
      try checkFolderOutput("\(parent)/new")
      #expect(try names(parent) == ["file", "full", "full/.x"])
    }
  }

  @Test("What a killed process left of a folder is removed, links in it not followed")
  func abandoned() throws {
    try Fixture.withTemporaryFolder { parent in
      let left = "\(parent)/.new.cusp-999999999-1"
      try FileManager.default.createDirectory(atPath: "\(left)/a/b", withIntermediateDirectories: true)
      try FileManager.default.createDirectory(atPath: "\(parent)/kept", withIntermediateDirectories: true)
      try Data([1]).write(to: URL(fileURLWithPath: "\(parent)/kept/x"))
      try Data([1]).write(to: URL(fileURLWithPath: "\(left)/a/b/x"))
      try FileManager.default.createSymbolicLink(atPath: "\(left)/link", withDestinationPath: "\(parent)/kept")
      removeAbandonedFiles(of: "\(parent)/new")
      #expect(try names(parent) == ["kept", "kept/x"])
    }
  }

  @Test("Entries come in the order of their characters, links told by what they lead to")
  func entries() throws {
    try Fixture.withTemporaryFolder { parent in
      for name in ["b", "B", "é", "a b", "10", "9"] { try Data().write(to: URL(fileURLWithPath: "\(parent)/\(name)")) }
      try FileManager.default.createDirectory(atPath: "\(parent)/dir", withIntermediateDirectories: false)
      try FileManager.default.createSymbolicLink(atPath: "\(parent)/to", withDestinationPath: "dir")
      try FileManager.default.createSymbolicLink(atPath: "\(parent)/broken", withDestinationPath: "none")
      let entries = try folderEntries(parent)
      #expect(entries.map(\.name) == ["10", "9", "B", "a b", "b", "broken", "dir", "to", "é"])
      #expect(entries.filter(\.isFolder).map(\.name) == ["dir", "to"])
      #expect(folderExists(at: "\(parent)/to") && !folderExists(at: "\(parent)/b") && !folderExists(at: "a\0"))
      for path in ["\(parent)/none", "\(parent)/b", "a\0b"] {
        let failure = #expect(throws: Failure.self) { _ = try folderEntries(path) }
        #expect(failure?.kind == .noInput)
      }
    }
  }
}
