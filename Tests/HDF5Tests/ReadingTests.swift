import Failures
import Foundation
import HDF5
import TestSupport
import Testing

/// `fixtures/hdf5/listings.json`: what h5py says of one file.
private struct Reading: Decodable {
  struct Dataset: Decodable {
    let shape: [Int]
    let element: String
    /// The bit patterns of 32-bit floats.
    let floats: [UInt32]?
    let integers: [Int]?
    let strings: [String]?
    let refused: String?
  }

  struct Value: Decodable {
    let string: String?
    let strings: [String]?
    let integer: Int64?
    let integers: [Int64]?
    let float: Double?
    let floats: [Double]?
    let unread: String?

    var value: HDF5Value? {
      let single: HDF5Value? = string.map { .string($0) } ?? integer.map { .integer($0) } ?? float.map { .float($0) }
      return single ?? strings.map { .strings($0) } ?? integers.map { .integers($0) } ?? floats.map { .floats($0) }
    }
  }

  let datasets: [String: Dataset]
  let attributes: [String: [String: Value]]

  static func of(_ name: String) throws -> Reading {
    try #require(try JSONDecoder().decode([String: Reading].self, from: Fixture.data("hdf5/listings.json"))[name])
  }
}

private let files = [
  "types", "strings", "attributes", "dense-attributes", "names", "storages", "latest-storages", "kinds", "layouts",
]

@Suite("Every dataset and attribute as h5py reads it")
struct ReadingTests {
  @Test("all datasets are listed with their types and shapes", arguments: files)
  func types(file: String) throws {
    let listing = try HDF5Listing(path: Fixture.path("hdf5/\(file).h5"))
    let expected = try Reading.of(file).datasets
    #expect(Set(listing.datasets.map(\.name)) == Set(expected.keys))
    #expect(listing.datasets.count == expected.count)
    for dataset in listing.datasets {
      let reading = try #require(expected[dataset.name])
      // h5py gives a dataset without a space no shape, and this package one without elements.
      #expect(dataset.shape == reading.shape, "\(dataset.name)")
      #expect("\(dataset.element)" == reading.element, "\(dataset.name)")
      #expect(dataset.count == reading.shape.reduce(1, *), "\(dataset.name)")
    }
  }

  @Test("all numbers and texts are read, and nothing else", arguments: files)
  func values(file: String) throws {
    let path = Fixture.path("hdf5/\(file).h5")
    let listing = try HDF5Listing(path: path)
    for (name, reading) in try Reading.of(file).datasets {
      if let floats = reading.floats { #expect(try listing.readFloats(name).map(\.bitPattern) == floats, "\(name)") }
      if let integers = reading.integers, integers.allSatisfy({ $0 >= 0 }) || !reading.element.hasPrefix("uint") {
        #expect(try listing.readInts(name) == integers, "\(name)")
      }
      if let strings = reading.strings { #expect(try listing.readStrings(name) == strings, "\(name)") }
      guard let reason = reading.refused else { continue }
      #expect(listing.dataset(name)?.storage == .refused(reason))
      #expect(throws: Failure(.data, "\(path): \(name): \(reason)")) {
        try listing.withBytes(of: name, chunk: 100) { _ in }
      }
    }
  }

  @Test("all attributes are read, and those neither numbers nor text named", arguments: files)
  func attributes(file: String) throws {
    let listing = try HDF5Listing(path: Fixture.path("hdf5/\(file).h5"))
    let expected = try Reading.of(file).attributes
    for object in listing.groups + listing.datasets.map(\.name) {
      #expect(listing.attributes(of: object) == (expected[object] ?? [:]).compactMapValues(\.value), "\(object)")
      #expect(
        listing.unreadAttributes(of: object) == (expected[object] ?? [:]).compactMapValues(\.unread), "\(object)")
    }
    #expect(Set(expected.keys).isSubset(of: listing.groups + listing.datasets.map(\.name)))
  }

  @Test("every number of half precision is exact, by the compiler's own conversion")
  func halves() throws {
    let listing = try HDF5Listing(path: Fixture.path("hdf5/types.h5"))
    let floats = try listing.readFloats("/halves")
    #expect(floats.count == 65_536)
    for (index, float) in floats.enumerated() {
      let expected = Float(Float16(bitPattern: UInt16(index)))
      #expect(float.isNaN ? expected.isNaN : float.bitPattern == expected.bitPattern, "\(index)")
    }
  }

  @Test("wrong readings are refused with the dataset's name and type")
  func mismatches() throws {
    let path = Fixture.path("hdf5/kinds.h5")
    let listing = try HDF5Listing(path: path)
    func expect(_ name: String, _ reason: String, _ body: (String) throws -> Void) {
      #expect(throws: Failure(.data, "\(path): \(name): \(reason)")) { try body(name) }
    }
    expect("/little/i4", "not floating-point numbers but int32") { _ = try listing.readFloats($0) }
    expect("/text", "not floating-point numbers but string") { _ = try listing.readFloats($0) }
    expect("/complex", "not floating-point numbers but unsupported") { _ = try listing.readFloats($0) }
    expect("/big/f8", "not integers but float64") { _ = try listing.readInts($0) }
    expect("/too-large", "9223372036854775808 is too large") { _ = try listing.readInts($0) }
    expect("/big/i1", "not bytes but int8") { _ = try listing.readBytes($0) }
    expect("/big/u2", "not bytes but uint16") { _ = try listing.readBytes($0) }
    expect("/bool", "not strings") { _ = try listing.readStrings($0) }
    expect("/text", "strings, not numbers") { try listing.withBytes(of: $0, chunk: 1) { _ in } }
    expect("/little", "no such dataset") { try listing.withBytes(of: $0, chunk: 1) { _ in } }
    expect("little/f4", "no such dataset") { _ = try listing.readFloats($0) }
    expect("/no\nwhere".replacingOccurrences(of: "\n", with: "\u{FFFD}"), "no such dataset") { _ in
      _ = try listing.readFloats("/no\nwhere")
    }
  }

  @Test("bytes come in chunks as asked, of contiguous and of decoded data", arguments: [1, 7, 139, 140, 141, 1 << 20])
  func chunks(size: Int) throws {
    let listing = try HDF5Listing(path: Fixture.path("hdf5/storages.h5"))
    for name in ["/contiguous", "/edge-chunks"] {
      var (bytes, sizes): ([UInt8], [Int]) = ([], [])
      try listing.withBytes(of: name, chunk: size) {
        bytes += $0
        sizes.append($0.count)
      }
      #expect(bytes == (0..<70).flatMap { [UInt8($0), UInt8(0)] }, "\(name)")
      #expect(sizes.dropLast().allSatisfy { $0 == size } && sizes.count == (139 + size) / size)
    }
  }

  @Test("large packed data are decoded window by window, in the file's byte order", arguments: [1000, 4096, 1 << 20])
  func packed(size: Int) throws {
    let listing = try HDF5Listing(path: Fixture.path("hdf5/packed.h5"))
    #expect(listing.datasets.map(\.storage) == [.packed, .packed])
    var position = 0
    var sizes: [Int] = []
    try listing.withBytes(of: "/bytes", chunk: size) { bytes in
      #expect(bytes.indices.allSatisfy { bytes[$0] == UInt8(truncatingIfNeeded: position + $0) })
      position += bytes.count
      sizes.append(bytes.count)
    }
    #expect(position == 9 << 20 + 5)
    #expect(sizes.dropLast().allSatisfy { $0 == size })
    #expect(try listing.readFloats("/numbers") == (0..<60 * 81 * 107).map { Float($0 % 1000) })
  }

  @Test("a window that cuts elements holds their bytes all the same")
  func cutElements() throws {
    let listing = try HDF5Listing(path: Fixture.path("hdf5/packed.h5"))
    var bytes: [UInt8] = []
    // 8 MiB are no whole number of 4093 bytes, and those no whole number of floats.
    try listing.withBytes(of: "/numbers", chunk: 4093) { bytes += $0 }
    let expected = (0..<60 * 81 * 107).flatMap {
      withUnsafeBytes(of: Float($0 % 1000).bitPattern.bigEndian, Array.init)
    }
    #expect(bytes == expected)
  }

  @Test("packed data that were damaged or replaced since the file was listed are refused by name")
  func packedDamage() throws {
    try Fixture.withTemporaryFolder { folder in
      let path = "\(folder)/packed.h5"
      let original = try Fixture.data("hdf5/packed.h5")
      try original.write(to: URL(fileURLWithPath: path))
      let listing = try HDF5Listing(path: path)
      let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
      // The file's second half is data alone.
      try handle.seek(toOffset: UInt64(original.count / 2))
      try handle.write(contentsOf: [UInt8](repeating: 0x55, count: original.count / 4))
      let failures = ["/bytes", "/numbers"].compactMap { name -> Failure? in
        do {
          _ = try listing.withBytes(of: name, chunk: 1 << 20) { _ in }
          return nil
        } catch { return error as? Failure }
      }
      #expect(!failures.isEmpty)
      #expect(failures.allSatisfy { $0.kind == .data && $0.message.contains("damaged HDF5 file") }, "\(failures)")
      try FileManager.default.removeItem(atPath: path)
      try original.write(to: URL(fileURLWithPath: path))
      #expect(throws: Failure(.data, "\(path): replaced while it was being opened; try again")) {
        try listing.withBytes(of: "/bytes", chunk: 1 << 20) { _ in }
      }
    }
  }

  @Test("what the receiver of chunks throws comes through, and ends the reading")
  func receiver() throws {
    let listing = try HDF5Listing(path: Fixture.path("hdf5/storages.h5"))
    for name in ["/contiguous", "/edge-chunks"] {
      var calls = 0
      #expect(throws: CancellationError.self) {
        try listing.withBytes(of: name, chunk: 10) { _ in
          calls += 1
          if calls == 3 { throw CancellationError() }
        }
      }
      #expect(calls == 3)
    }
  }

  @Test("data larger than the reader's chunks are put together")
  func large() throws {
    try Fixture.withTemporaryFolder { folder in
      let count = (1 << 20) + 3
      let writer = try HDF5Writer(path: "\(folder)/a.h5")
      try writer.write((0..<count).map { Float($0) }, shape: [count], to: "/a")
      try writer.write((0..<count / 2).map { Int64($0) << 20 }, shape: [count / 2], to: "/b")
      try writer.close()
      let listing = try HDF5Listing(path: "\(folder)/a.h5")
      #expect(try listing.readFloats("/a") == (0..<count).map { Float($0) })
      #expect(try listing.readInts("/b") == (0..<count / 2).map { $0 << 20 })
    }
  }
}
