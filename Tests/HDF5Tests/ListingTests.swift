import Failures
import Foundation
import HDF5
import TestSupport
import Testing

/// The message of the failure that listing the file, and reading every dataset, ends with; nil if it succeeds.
func complaint(_ path: String) throws -> Failure? {
  do {
    let listing = try HDF5Listing(path: path)
    for dataset in listing.datasets where dataset.element != .string && dataset.element != .unsupported {
      try listing.withBytes(of: dataset.name, chunk: 4096) { _ in }
    }
    return nil
  } catch let failure as Failure {
    return failure
  }
}

@Suite("HDF5 files by h5py")
struct ListingTests {
  @Test("floats of every width and byte order are read", arguments: ["little", "big"], ["f2", "f4", "f8"])
  func floats(order: String, kind: String) throws {
    let listing = try HDF5Listing(path: Fixture.path("hdf5/kinds.h5"))
    let expected: [Float] = [0, -1.5, 65504, 0x1p-24, -0x1p-14, .infinity]
    #expect(try listing.readFloats("/\(order)/\(kind)") == expected)
    #expect(listing.dataset("/\(order)/\(kind)")?.shape == [2, 3])
  }

  @Test("integers of every width and byte order are read", arguments: ["little", "big"], [1, 2, 4, 8])
  func integers(order: String, bytes: Int) throws {
    let listing = try HDF5Listing(path: Fixture.path("hdf5/kinds.h5"))
    let bits = bytes * 8
    let largest = Int.max >> (64 - bits)
    #expect(try listing.readInts("/\(order)/i\(bytes)") == [-largest - 1, 1, largest])
    #expect(try listing.readInts("/\(order)/u\(bytes)") == [0, 1, bits == 64 ? .max : (1 << bits) - 1])
  }

  @Test("scalars, empty arrays, truth values and text are read")
  func others() throws {
    let listing = try HDF5Listing(path: Fixture.path("hdf5/kinds.h5"))
    #expect(try listing.readFloats("/scalar") == [0.1])
    #expect(try listing.readFloats("/empty") == [])
    #expect(try listing.readInts("/bool") == [1, 0])
    #expect(try listing.readStrings("/text") == ["caf\u{e9}"])
    #expect(try listing.readStrings("/texts") == ["one", "", "three"])
    #expect(try listing.readStrings("/fixed") == ["ab", "abcd"])
    #expect(listing.dataset("/complex")?.element == .unsupported)
  }

  @Test("attributes are read, save those without a value")
  func attributes() throws {
    let listing = try HDF5Listing(path: Fixture.path("hdf5/kinds.h5"))
    #expect(
      listing.attributes(of: "/attributes") == [
        "text": .string("caf\u{e9}"), "texts": .strings(["one", "two"]), "fixed": .string("fixed"),
        "integer": .integer(-7), "integers": .integers([1, 2, 3, 4]), "float": .float(0.1),
        "floats": .floats([0.5, -2]), "bool": .integer(1),
      ])
  }

  @Test("the wrong reading of a dataset is refused by name")
  func mismatches() throws {
    let listing = try HDF5Listing(path: Fixture.path("hdf5/kinds.h5"))
    #expect(throws: Failure.self) { try listing.readFloats("/little/i4") }
    #expect(throws: Failure.self) { try listing.readInts("/little/f4") }
    #expect(throws: Failure.self) { try listing.readInts("/too-large") }
    #expect(throws: Failure.self) { try listing.readBytes("/little/i1") }
    #expect(throws: Failure.self) { try listing.readStrings("/little/i1") }
    #expect(throws: Failure.self) { try listing.readFloats("/text") }
    #expect {
      try listing.readFloats("/absent")
    } throws: { ($0 as? Failure)?.message.hasSuffix("/absent: no such dataset") == true }
  }

  @Test("chunked, compressed and compact data are decoded", arguments: ["/chunked", "/gzip"])
  func chunks(name: String) throws {
    let listing = try HDF5Listing(path: Fixture.path("hdf5/layouts.h5"))
    #expect(try listing.readFloats(name) == (0..<600).map(Float.init))
    #expect(try listing.readInts("/compact") == [1, -2, 3])
    #expect {
      try listing.readFloats("/lzf")
    } throws: { ($0 as? Failure)?.message.contains("filter 32000 is not supported") == true }
  }

  @Test("a user block and the newest layout are read")
  func otherLayouts() throws {
    let values = try HDF5Listing(path: Fixture.path("hdf5/userblock.h5")).readFloats("/values")
    #expect(values == (0..<30).map(Float.init))
    let latest = try HDF5Listing(path: Fixture.path("hdf5/latest.h5"))
    #expect(latest.datasets.map(\.name) == (0..<20).map { $0 < 10 ? "/0\($0)" : "/\($0)" })
    #expect(try latest.readFloats("/19") == [570, 571])
  }

  @Test("bytes come in chunks, in order", arguments: [1, 7, 16, 24, 100])
  func streams(chunk: Int) throws {
    let listing = try HDF5Listing(path: Fixture.path("hdf5/kinds.h5"))
    var bytes: [UInt8] = []
    try listing.withBytes(of: "/big/u8", chunk: chunk) {
      #expect($0.count == min(chunk, 24 - bytes.count))
      bytes += $0
    }
    #expect(bytes == [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 127, 255, 255, 255, 255, 255, 255, 255])
  }

  @Test("what is not an HDF5 file, or not there, is said so")
  func notHDF5() throws {
    let text = Fixture.path("make/hdf5.py")
    #expect(try complaint(text) == Failure(.data, "\(text): not an HDF5 file"))
    #expect(try complaint("/nowhere.h5") == Failure(.noInput, "/nowhere.h5: no such file; check the path"))
    #expect(try complaint("/tmp") == Failure(.noInput, "/tmp: not a regular file; name a file"))
  }
}
