import Failures
import Foundation
import HDF5
import TestSupport
import Testing

/// Writes one of everything to `path`.
func writeSample(to path: String) throws {
  let writer = try HDF5Writer(path: path)
  try writer.write([1.5, -0.0, .infinity, 0x1p-149, 3.25, -7], shape: [2, 3], to: "/parameters/conv1/weight")
  try writer.write([Int64.min, 0, Int64.max], shape: [3], to: "/integers")
  try writer.write([0, 127, 255] as [UInt8], shape: [3, 1], to: "/bytes")
  try writer.write([0.1] as [Float], shape: [], to: "/scalar")
  try writer.write([] as [Float], shape: [0, 4], to: "/empty")
  try writer.write("{\"name\": \"caf\u{e9}\"}", to: "/texts/definition")
  try writer.createGroup("/alone/in/here")
  try writer.setAttribute("text", of: "/", to: .string("caf\u{e9}"))
  try writer.setAttribute("empty", of: "/", to: .string(""))
  try writer.setAttribute("texts", of: "/parameters", to: .strings(["conv1", "", "bn1"]))
  try writer.setAttribute("none", of: "/parameters", to: .strings([]))
  try writer.setAttribute("integer", of: "/integers", to: .integer(.min))
  try writer.setAttribute("integers", of: "/integers", to: .integers([1, 2, 3]))
  try writer.setAttribute("float", of: "/parameters/conv1/weight", to: .float(0.1))
  try writer.setAttribute("floats", of: "/parameters/conv1/weight", to: .floats([0.5, -2]))
  try writer.close()
}

@Suite("HDF5 files we write")
struct WriterTests {
  @Test("everything that is written is read back")
  func roundTrip() throws {
    try Fixture.withTemporaryFolder { folder in
      try writeSample(to: "\(folder)/a.h5")
      let listing = try HDF5Listing(path: "\(folder)/a.h5")
      let weights = try listing.readFloats("/parameters/conv1/weight")
      #expect(weights.map(\.bitPattern) == [1.5, -0.0, .infinity, 0x1p-149, 3.25, -7].map(\Float.bitPattern))
      #expect(listing.dataset("/parameters/conv1/weight")?.shape == [2, 3])
      #expect(try listing.readInts("/integers") == [.min, 0, .max])
      #expect(try listing.readBytes("/bytes") == [0, 127, 255])
      #expect(listing.dataset("/scalar")?.shape == [])
      #expect(try listing.readFloats("/scalar") == [0.1])
      #expect(listing.dataset("/empty")?.shape == [0, 4])
      #expect(try listing.readFloats("/empty") == [])
      #expect(try listing.readStrings("/texts/definition") == ["{\"name\": \"caf\u{e9}\"}"])
      #expect(
        listing.groups
          == ["/", "/alone", "/alone/in", "/alone/in/here", "/parameters", "/parameters/conv1", "/texts"])
      #expect(listing.attributes(of: "/") == ["text": .string("caf\u{e9}"), "empty": .string("")])
      #expect(
        listing.attributes(of: "/parameters") == ["texts": .strings(["conv1", "", "bn1"]), "none": .strings([])])
      #expect(listing.attributes(of: "/integers") == ["integer": .integer(.min), "integers": .integers([1, 2, 3])])
      #expect(
        listing.attributes(of: "/parameters/conv1/weight") == ["float": .float(0.1), "floats": .floats([0.5, -2])])
    }
  }

  @Test("the same calls a second later make the same bytes, in the oldest layout")
  func sameBytes() throws {
    try Fixture.withTemporaryFolder { folder in
      try writeSample(to: "\(folder)/a.h5")
      Thread.sleep(forTimeInterval: 1.1)
      try writeSample(to: "\(folder)/b.h5")
      let bytes = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/a.h5"))
      #expect(bytes == (try Data(contentsOf: URL(fileURLWithPath: "\(folder)/b.h5"))))
      #expect(bytes[8] == 0, "the version of the superblock")
    }
  }

  @Test("a string attribute may be longer than an object header")
  func longAttribute() throws {
    let text = String(repeating: "0123456789", count: 20_000)
    try Fixture.withTemporaryFolder { folder in
      let writer = try HDF5Writer(path: "\(folder)/a.h5")
      try writer.setAttribute("history", of: "/", to: .string(text))
      try writer.close()
      #expect(try HDF5Listing(path: "\(folder)/a.h5").attributes(of: "/") == ["history": .string(text)])
    }
  }

  @Test("two threads write and read at once")
  func concurrently() async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<4 {
        group.addTask {
          try Fixture.withTemporaryFolder { folder in
            for _ in 0..<10 {
              try writeSample(to: "\(folder)/a.h5")
              #expect(try HDF5Listing(path: "\(folder)/a.h5").readBytes("/bytes") == [0, 127, 255])
            }
          }
        }
      }
      try await group.waitForAll()
    }
  }

  @Test("a full disk is an error of the disk, with the system's reason")
  func fullDisk() throws {
    #expect {
      let writer = try HDF5Writer(path: "/dev/full", named: "a.h5")
      try writer.write([Float](repeating: 1, count: 100_000), shape: [100_000], to: "/a")
      try writer.close()
    } throws: { error in
      error as? Failure == Failure(.inputOutput, "a.h5: No space left on device; free some space and run again")
    }
  }

  @Test("a folder that is not there is named, with the system's reason")
  func cannotCreate() {
    #expect {
      _ = try HDF5Writer(path: "/nowhere/a.h5")
    } throws: { error in
      error as? Failure == Failure(.cannotCreate, "/nowhere/a.h5: cannot create: no such folder; make it first")
    }
  }

  @Test("a name taken twice is refused")
  func taken() throws {
    try Fixture.withTemporaryFolder { folder in
      let writer = try HDF5Writer(path: "\(folder)/a.h5")
      try writer.write([1] as [Float], shape: [1], to: "/a")
      #expect(throws: Failure.self) { try writer.write([1] as [Float], shape: [1], to: "/a") }
      #expect(throws: Failure.self) { try writer.write([1] as [Float], shape: [1], to: "/a/b") }
      try writer.close()
    }
  }
}
