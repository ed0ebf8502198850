import Files
import Foundation
import TestSupport
import Testing

@Suite("Absolute paths")
struct AbsolutePathTests {
  @Test("An existing file is known by its path without links and dots")
  func existing() throws {
    try Fixture.withTemporaryFolder { folder in
      let real = URL(fileURLWithPath: folder).resolvingSymlinksInPath().path
      try writeFile(at: "\(folder)/a.txt", bytes: [1])
      symlink("a.txt", "\(folder)/link")
      #expect(absolutePath("\(folder)/./link") == "\(real)/a.txt")
    }
  }

  @Test("A file that is still to come lies in its folder")
  func missing() throws {
    try Fixture.withTemporaryFolder { folder in
      let real = URL(fileURLWithPath: folder).resolvingSymlinksInPath().path
      #expect(absolutePath("\(folder)/../\(URL(fileURLWithPath: folder).lastPathComponent)/new.h5") == "\(real)/new.h5")
      #expect(absolutePath("/new.h5") == "/new.h5")
      #expect(absolutePath("/no/such/folder/new.h5") == "/no/such/folder/new.h5")
      #expect(absolutePath("new.h5") == FileManager.default.currentDirectoryPath + "/new.h5")
    }
  }
}
