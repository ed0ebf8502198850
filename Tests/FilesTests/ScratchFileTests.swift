import Failures
import Files
import Foundation
import TestSupport
import Testing

/// Files without a name.
@Suite("Scratch files")
struct ScratchFileTests {
  @Test("What is appended is read from any place, as long as somebody holds the file")
  func appended() throws {
    var file: ScratchFile? = try ScratchFile()
    for part in [[1, 2, 3], [], [4, 5]] as [[UInt8]] {
      try part.withUnsafeBytes { try file?.append($0) }
    }
    let input = try #require(file?.input(named: "inner"))
    file = nil
    let source = try ByteSource(input)
    #expect(source.name == "inner" && source.count == 5)
    #expect(try source.bytes(1..<4) == [2, 3, 4])
  }

  @Test("A file without its name is read on, and another one may take the name")
  func withoutItsName() throws {
    try Fixture.withTemporaryFolder { folder in
      let path = "\(folder)/x"
      try Data([7, 8]).write(to: URL(fileURLWithPath: path))
      let source = try withoutName(path)
      #expect(!FileManager.default.fileExists(atPath: path))
      try Data([9]).write(to: URL(fileURLWithPath: path))
      #expect(try source.bytes(0..<source.count) == [7, 8])
    }
    let failure = #expect(throws: Failure.self) { _ = try withoutName("/nowhere/x") }
    #expect(failure?.kind == .noInput)
  }
}
