import Failures
import Files
import Foundation
import HDF5
import TestSupport
import Testing

/// `fixtures/unread/expected.json`: bits of 32-bit floats, as Python reads them, by file and name.
private func expected(_ name: String) throws -> [String: [UInt32]] {
  let all = try JSONDecoder().decode([String: [String: [UInt32]]].self, from: Fixture.data("unread/expected.json"))
  return try #require(all[name])
}

@Suite("Unusual datasets of HDF5 files")
struct UnusualTests {
  @Test("bfloat16 is read as h5py and as Keras write it", arguments: ["bfloat16", "bfloat16-keras"])
  func brainFloats(file: String) throws {
    let listing = try HDF5Listing(path: Fixture.path("unread/\(file).h5"))
    let expected = try expected("bfloat16")
    for (name, bits) in expected {
      let path = "/\(name.replacingOccurrences(of: ".", with: "/"))"
      #expect(listing.dataset(path)?.element == .bfloat16, "\(name)")
      #expect(try listing.readFloats(path).map(\.bitPattern) == bits, "\(name)")
    }
    guard file == "bfloat16" else {
      // Two bytes that say nothing, or something else, of themselves are no numbers.
      #expect(listing.dataset("/other")?.storage == .refused("opaque bytes are not read"))
      return
    }
    for name in ["/packed", "/big"] {
      #expect(
        try listing.readFloats(name).map(\.bitPattern) == expected["rounding"].map { Array($0.prefix(3)) }, "\(name)")
    }
    #expect(listing.dataset("/big")?.isBigEndian == true)
  }

  @Test("a dataset that was never written reads as its fill value, as h5py has it")
  func unwritten() throws {
    let listing = try HDF5Listing(path: Fixture.path("unread/unwritten.h5"))
    for (name, bits) in try expected("unwritten") {
      let floats = name == "big" ? try listing.readInts("/big").map(Float.init) : try listing.readFloats("/\(name)")
      #expect(floats.map(\.bitPattern) == bits, "\(name)")
    }
    #expect(try listing.readFloats("/large") == [Float](repeating: 3, count: 600_000))
  }

  @Test("links that are not followed are named where they are asked for, and refused where not")
  func links() throws {
    let path = Fixture.path("unread/link.h5")
    let listing = try HDF5Listing(withLinks: InputFile(path: path))
    #expect(listing.links.map(\.name) == ["/alias"] && listing.links.map(\.kind) == ["soft links"])
    #expect(try listing.readFloats("/fc/weight") == [0, 1, 2, 3, 4, 5])
    #expect(throws: Failure(.data, "\(path): /alias: soft links are not followed")) { try HDF5Listing(path: path) }
    for (file, kind) in [("external-link", "links to other files"), ("user-link", "user-defined links")] {
      let listing = try HDF5Listing(withLinks: InputFile(path: Fixture.path("hdf5/\(file).h5")))
      #expect(listing.links.map(\.name) == ["/link"] && listing.links.map(\.kind) == [kind])
    }
  }

  @Test("a group with two names is read under both")
  func twoNames() throws {
    let listing = try HDF5Listing(path: Fixture.path("unread/two-names.h5"))
    #expect(listing.groups == ["/", "/fc", "/tied"])
    #expect(try listing.readFloats("/tied/weight") == listing.readFloats("/fc/weight"))
  }

  @Test("groups with two names each, which come to more paths than anybody reads, are refused in time")
  func manyNames() throws {
    let path = Fixture.path("unread/doubling.h5")
    var failure: Failure?
    let duration = ContinuousClock().measure {
      do { _ = try HDF5Listing(path: path) } catch { failure = error as? Failure }
    }
    #expect(failure?.kind == .data && failure?.message.hasPrefix("\(path): ") == true)
    // They double forty times: whoever followed them all would take years.
    #expect(duration < .seconds(60), "\(duration)")
  }
}
