import Failures
import Foundation
import HDF5
import TestSupport
import Testing

/// A hostile file of `fixtures/hdf5`, and the one line that it ends with.
struct Hostile: Sendable, CustomTestStringConvertible {
  let file: String
  let reason: String
  var testDescription: String { file }

  init(_ file: String, _ reason: String) {
    self.file = file
    self.reason = reason
  }

  static let files: [Hostile] = [
    .init("external-storage", "/stolen: its data are in another file, which is not read"),
    .init("soft-link", "/link: soft links are not followed"),
    .init("external-link", "/link: links to other files are not followed"),
    .init("user-link", "/link: user-defined links are not followed"),
    .init("virtual", "/virtual: virtual datasets, made of other files, are not read"),
    .init("shape-bomb", "/bomb: declares 4398046511104 bytes but stores 0"),
    .init("cycle", "/group/up: the group lies within itself, so the file's groups run in a circle"),
    .init("deep", "\(String(repeating: "/g", count: 65)): groups nested more than 64 deep"),
    .init("same-names", "/\u{e9}: two objects have this name"),
    .init("two-datasets", "/weight_a: two objects have this name"),
    .init("two-groups", "/weight_a: two objects have this name"),
    .init("two-attributes", "/@weight_a: two attributes have this name"),
    .init(
      "unfinished", "its writer did not finish; use an earlier file, or repair a copy with h5clear -s"),
  ]
}

/// `number` as a file of the oldest layout stores offsets and sizes.
private func stored(_ number: UInt64) -> [UInt8] { (0..<8).map { UInt8(truncatingIfNeeded: number >> ($0 * 8)) } }

/// A file with two datasets of four floats each, the place of the first one's data, and its bytes.
private func writeVictim(_ folder: String) throws -> (path: String, offset: Int, bytes: [UInt8]) {
  let path = "\(folder)/victim.h5"
  let writer = try HDF5Writer(path: path)
  try writer.write([1, 2, 3, 4] as [Float], shape: [4], to: "/a")
  try writer.write([5, 6, 7, 8] as [Float], shape: [4], to: "/b")
  try writer.close()
  guard case .contiguous(let offset)? = try HDF5Listing(path: path).dataset("/a")?.storage else {
    throw Failure(.internal, "\(path): the writer's data are not contiguous")
  }
  return (path, offset, [UInt8](try Data(contentsOf: URL(fileURLWithPath: path))))
}

/// The one position of `pattern` in `bytes`.
private func position(of pattern: [UInt8], in bytes: [UInt8]) throws -> Int {
  let found = (0...bytes.count - pattern.count).filter { Array(bytes[$0..<$0 + pattern.count]) == pattern }
  try #require(found.count == 1)
  return found[0]
}

@Suite("Hostile HDF5 files")
struct HostileTests {
  @Test("what reaches beyond the file or runs in circles is refused by name", arguments: Hostile.files)
  func refused(hostile: Hostile) throws {
    let path = Fixture.path("hdf5/\(hostile.file).h5")
    #expect(try complaint(path) == Failure(.data, "\(path): \(hostile.reason)"))
  }

  @Test("a filter that is not the library's own is named once its data are wanted, and nothing is loaded for it")
  func filter() throws {
    let path = Fixture.path("hdf5/unknown-filter.h5")
    let listing = try HDF5Listing(path: path)
    let reason = "filter 511 is not supported; rewrite with h5repack -l CONTI -f NONE"
    #expect(listing.dataset("/packed")?.storage == .refused(reason))
    #expect(throws: Failure(.data, "\(path): /packed: \(reason)")) { try listing.readFloats("/packed") }
  }

  @Test("chunks that would unpack to far more than they take are refused")
  func chunkedBomb() throws {
    let path = Fixture.path("hdf5/chunked-bomb.h5")
    let failure = try #require(try complaint(path))
    #expect(failure.message.hasPrefix("\(path): /bomb: declares 4294967296 bytes but stores "))
  }

  @Test(
    "contiguous data outside the file are refused",
    arguments: [1 << 20, 1 << 40, 1 << 62, UInt64.max - 1, UInt64(Int64.max)])
  func outside(offset: UInt64) throws {
    try Fixture.withTemporaryFolder { folder in
      let (path, old, original) = try writeVictim(folder)
      var bytes = original
      let place = try position(of: stored(UInt64(old)) + stored(16), in: bytes)
      bytes.replaceSubrange(place..<place + 8, with: stored(offset))
      try Data(bytes).write(to: URL(fileURLWithPath: path))
      let failure = try #require(try complaint(path))
      #expect(failure.kind == .data)
      #expect(failure.message.hasPrefix("\(path): /a: "), "\(failure)")
    }
  }

  @Test("data that end past the file's end are said to")
  func beyondEnd() throws {
    try Fixture.withTemporaryFolder { folder in
      let (path, old, original) = try writeVictim(folder)
      var bytes = original
      let place = try position(of: stored(UInt64(old)) + stored(16), in: bytes)
      bytes.replaceSubrange(place..<place + 8, with: stored(UInt64(bytes.count - 8)))
      try Data(bytes).write(to: URL(fileURLWithPath: path))
      #expect(try complaint(path) == Failure(.data, "\(path): /a: its data lie beyond the end of the file"))
    }
  }

  @Test("data that do not fill the shape, or overflow it, are refused", arguments: [0, 15, 17, 32, 1 << 40])
  func wrongSize(size: UInt64) throws {
    try Fixture.withTemporaryFolder { folder in
      let (path, old, original) = try writeVictim(folder)
      var bytes = original
      let place = try position(of: stored(UInt64(old)) + stored(16), in: bytes) + 8
      bytes.replaceSubrange(place..<place + 8, with: stored(size))
      try Data(bytes).write(to: URL(fileURLWithPath: path))
      let listing: HDF5Listing
      do {
        listing = try HDF5Listing(path: path)
      } catch let failure as Failure {
        #expect(failure.message.hasPrefix("\(path): /a: "), "\(failure)")
        return
      }
      // The library works the size out of the shape and does without the stored one.
      #expect(try listing.readFloats("/a") == [1, 2, 3, 4])
    }
  }

  @Test("data that two datasets share are read twice, which harms nobody")
  func overlapping() throws {
    try Fixture.withTemporaryFolder { folder in
      let (path, old, original) = try writeVictim(folder)
      var bytes = original
      let place = try position(of: stored(UInt64(old)) + stored(16), in: bytes)
      bytes.replaceSubrange(place..<place + 8, with: stored(UInt64(old + 4)))
      try Data(bytes).write(to: URL(fileURLWithPath: path))
      let listing = try HDF5Listing(path: path)
      #expect(try listing.readFloats("/a").prefix(3) == [2, 3, 4])
      #expect(try listing.readFloats("/b") == [5, 6, 7, 8])
    }
  }

  @Test("a damaged chunk is found by its checksum, and named", arguments: ["storages", "latest-storages"])
  func checksum(name: String) throws {
    var bytes = [UInt8](try Fixture.data("hdf5/\(name).h5"))
    let values = (0..<70).flatMap { [UInt8($0), UInt8(0)] }
    // As they are: contiguous, the one chunk, and the chunk with a checksum.
    let places = (0...bytes.count - 140).filter { Array(bytes[$0..<$0 + 140]) == values }
    try #require(places.count == 3)
    try Fixture.withTemporaryFolder { folder in
      let path = "\(folder)/damaged.h5"
      for place in places { bytes[place + 100] ^= 1 }
      try Data(bytes).write(to: URL(fileURLWithPath: path))
      let failure = try #require(try complaint(path))
      #expect(failure.kind == .data)
      #expect(failure.message.hasPrefix("\(path): /checksum: damaged HDF5 file: "), "\(failure)")
    }
  }

  @Test("groups may lie 64 deep and no deeper")
  func depth() throws {
    try Fixture.withTemporaryFolder { folder in
      let path = "\(folder)/deep.h5"
      let name = String(repeating: "/group", count: 64)
      var writer = try HDF5Writer(path: path)
      try writer.createGroup(name)
      try writer.close()
      #expect(try HDF5Listing(path: path).groups.last == name)
      writer = try HDF5Writer(path: path)
      try writer.createGroup("\(name)/more")
      try writer.close()
      let shown = "\(name)/more".prefix(200) + "..."
      #expect(
        throws: Failure(.data, "\(path): \(shown): groups nested more than 64 deep")
      ) { try HDF5Listing(path: path) }
    }
  }

  @Test("a file that becomes shorter while it is read is told from a good one")
  func shortened() throws {
    try Fixture.withTemporaryFolder { folder in
      let (path, offset, bytes) = try writeVictim(folder)
      let listing = try HDF5Listing(path: path)
      let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
      try file.truncate(atOffset: UInt64(offset + 8))
      #expect(throws: Failure(.data, "\(path): ends at byte \(offset + 8), in the midst of data")) {
        try listing.readFloats("/a")
      }
      try Data(bytes).write(to: URL(fileURLWithPath: path))
    }
  }

  @Test("a file that is replaced after it was listed stays the same for its reader")
  func replaced() throws {
    try Fixture.withTemporaryFolder { folder in
      let (path, _, _) = try writeVictim(folder)
      let listing = try HDF5Listing(path: path)
      let writer = try HDF5Writer(path: "\(folder)/new.h5")
      try writer.write([9, 9, 9, 9] as [Float], shape: [4], to: "/a")
      try writer.close()
      #expect(rename("\(folder)/new.h5", path) == 0)
      #expect(try listing.readFloats("/a") == [1, 2, 3, 4])
      #expect(try HDF5Listing(path: path).readFloats("/a") == [9, 9, 9, 9])
    }
  }

  @Test("an empty file, a folder, a pipe and a name with a zero byte are refused at once")
  func odd() throws {
    try Fixture.withTemporaryFolder { folder in
      let empty = "\(folder)/empty.h5"
      try Data().write(to: URL(fileURLWithPath: empty))
      #expect(try complaint(empty) == Failure(.data, "\(empty): not an HDF5 file"))
      #expect(try complaint(folder) == Failure(.noInput, "\(folder): not a regular file; name a file"))
      let pipe = "\(folder)/pipe"
      #expect(mkfifo(pipe, 0o600) == 0)
      #expect(try complaint(pipe) == Failure(.noInput, "\(pipe): not a regular file; name a file"))
      let missing = "\(folder)/a\0b"
      #expect(try complaint(missing) == Failure(.noInput, "\(missing): no such file; check the path"))
    }
  }
}
