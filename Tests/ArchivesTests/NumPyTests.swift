import Archives
import Foundation
import TestSupport
import Testing

@Suite("NumPy files")
struct NumPyTests {
  private struct Expected: Decodable {
    let descr: String
    let shape: [Int]
    let integers: [Int64]?
    let floats: [UInt32]?
  }

  private let limit = 1 << 20

  private func parse(_ name: String) throws -> NumPyArray { try NumPyArray(parsing: fixture(name), name: "x") }

  /// A file with `header` and `bytes`, unpadded.
  private func file(_ header: String, _ bytes: [UInt8] = [1, 2, 3]) -> [UInt8] {
    [0x93] + "NUMPY".utf8 + [1, 0, UInt8(header.utf8.count & 0xFF), UInt8(header.utf8.count >> 8)] + header.utf8 + bytes
  }

  @Test(
    "Arrays of every kind and order come out of an npz file with NumPy's values",
    arguments: [("arrays.npz", "expected"), ("compressed.npz", "expected"), ("orders.npz", "orders")])
  func archives(name: String, values: String) throws {
    let expected = try JSONDecoder().decode([String: Expected].self, from: Fixture.data("archives/\(values).json"))
    let archive = try NumPyArchive(parsing: fixture(name), limit: limit, name: "x")
    #expect(archive.names == expected.keys.sorted())
    for (key, expected) in expected {
      let array = try #require(try archive.array(key))
      #expect(array.element.rawValue == expected.descr, "\(key)")
      #expect(array.shape == expected.shape, "\(key)")
      #expect(array.integers == expected.integers, "\(key)")
      #expect(array.floats?.map(\.bitPattern) == expected.floats, "\(key)")
      #expect(array.count == expected.shape.reduce(1, *))
    }
    #expect(try archive.array("absent") == nil)
  }

  @Test("Written files are byte for byte those of NumPy")
  func writes() throws {
    let integers: [Int64] = [.min, -1, 0, 1, 2, .max]
    #expect(try NumPyArray(integers, shape: [2, 3]).fileBytes == fixture("int64.npy"))
    #expect(try NumPyArray((0..<10).map { $0 * $0 * $0 as Int64 }).fileBytes == fixture("int64-vector.npy"))
    #expect(try NumPyArray((0..<24).map { Float($0) / 7 }, shape: [2, 3, 4]).fileBytes == fixture("float32.npy"))
    #expect(try NumPyArray([7 as Int64], shape: []).fileBytes == fixture("scalar.npy"))
  }

  @Test("What is written is read back", arguments: [[], [0], [5], [1, 0, 3], [123_456], [2, 2, 2, 2, 2]])
  func roundTrip(shape: [Int]) throws {
    let values = (0..<shape.reduce(1, *)).map { Float($0) - 0.5 }
    let array = NumPyArray(values, shape: shape)
    let bytes = array.fileBytes
    #expect((bytes.count - array.bytes.count) % 64 == 0)
    #expect(try NumPyArray(parsing: bytes, name: "x") == array)
    #expect(array.floats == values)
  }

  @Test("An npz file is written as the entries in order and read back")
  func writesArchive() throws {
    let arrays = [(name: "y", array: NumPyArray([1, 2] as [Int64])), (name: "x", array: NumPyArray([0.5] as [Float]))]
    let bytes = try NumPyArchive.fileBytes(of: arrays)
    #expect(try ZipArchive(bytes, limit: limit, name: "x").entries.map(\.name) == ["y.npy", "x.npy"])
    let archive = try NumPyArchive(parsing: bytes, limit: limit, name: "x")
    #expect(try archive.array("y")?.integers == [1, 2])
    #expect(try archive.array("x")?.floats == [0.5])
  }

  @Test("An npz file cut short anywhere is refused", arguments: ["arrays.npz", "compressed.npz"])
  func truncatedArchive(name: String) throws {
    let bytes = try fixture(name)
    for count in bytes.indices {
      expectBadData("") { _ = try NumPyArchive(parsing: Array(bytes[..<count]), limit: limit, name: "x") }
    }
  }

  @Test("One damaged byte of an npz file is found, or changes no array", arguments: ["arrays.npz", "compressed.npz"])
  func damagedArchive(name: String) throws {
    let bytes = try fixture(name)
    let read = { (bytes: [UInt8]) in
      let archive = try NumPyArchive(parsing: bytes, limit: self.limit, name: "x")
      return try archive.names.map { try archive.array($0) }
    }
    let whole = try read(bytes)
    for position in bytes.indices {
      let arrays = try unlessBadData { try read(bytes.with([~bytes[position]], at: position)) }
      #expect(arrays == nil || arrays == whole, "byte \(position)")
    }
  }

  @Test("Files beside the arrays are left alone, and the limit counts them")
  func otherFiles() throws {
    let array = NumPyArray([1] as [Int64])
    let bytes = try zipStoring([(name: "readme.txt", bytes: [1, 2]), (name: "x.npy", bytes: array.fileBytes)])
    let total = array.fileBytes.count + 2
    #expect(try NumPyArchive(parsing: bytes, limit: total, name: "x").names == ["x"])
    expectBadData("more than the \(total - 1) bytes") {
      _ = try NumPyArchive(parsing: bytes, limit: total - 1, name: "x")
    }
  }

  @Test("All three versions of the format are read", arguments: 1...3)
  func versions(number: Int) throws { #expect(try parse("version-\(number).npy").integers == [0, 1, 2, 3, 4]) }

  @Test("Whatever order elements lie in, the array is the same")
  func orders() throws {
    #expect(try parse("fortran-row.npy").shape == [1, 1, 4])
    #expect(try parse("fortran.npy") == parse("int64.npy"))
    #expect(try parse("big-endian.npy").integers == [0, 1, 2])
  }

  @Test("Kinds of elements that are not read are named")
  func kinds() { expectBadData("elements of kind '<c8'") { _ = try parse("complex.npy") } }

  @Test("Records are refused")
  func records() { expectBadData("not that of one array of numbers") { _ = try parse("record.npy") } }

  @Test("A file cut short or grown anywhere is refused")
  func truncated() throws {
    let bytes = try fixture("int64.npy")
    for count in bytes.indices {
      #expect(try unlessBadData { try NumPyArray(parsing: Array(bytes[..<count]), name: "x") } == nil, "\(count)")
    }
    expectBadData("holds 49 bytes of elements instead of 48") { _ = try NumPyArray(parsing: bytes + [0], name: "x") }
  }

  @Test("Any damaged byte gives an array of the right size or a failure")
  func damaged() throws {
    let bytes = try fixture("int64.npy")
    for position in bytes.indices {
      for value in 0...255 as ClosedRange<UInt8> {
        let array = try unlessBadData { try NumPyArray(parsing: bytes.with([value], at: position), name: "x") }
        if let array { #expect(array.bytes.count == array.shape.reduce(array.element.size, *)) }
      }
    }
  }

  @Test(
    "Headers that Python reads the same are read",
    arguments: [
      "{'descr': '|u1', 'fortran_order': False, 'shape': (3,), }\n",
      "{'shape':(3,),\"descr\":\"|u1\",'fortran_order':True}",
      "  { 'fortran_order' : False , 'descr' : '|u1' , 'shape' : ( 3 , ) } \n\n",
      "{'descr': '|u1', 'fortran_order': False, 'shape': (3, 1)}",
    ])
  func headers(header: String) throws {
    #expect(try NumPyArray(parsing: file(header), name: "x").integers == [1, 2, 3])
  }

  @Test(
    "Headers of anything else are refused",
    arguments: [
      "", "{}", "{'descr': '|u1', 'fortran_order': False, 'shape': (3,)", "{'descr': '|u1', 'shape': (3,)}",
      "{'descr': '|u1', 'fortran_order': False, 'shape': (3,), 'more': True}",
      "{'descr': '|u1', 'descr': '|u1', 'fortran_order': False, 'shape': (3,)}",
      "{'descr': '|u1', 'fortran_order': False, 'shape': (3)}", "{'descr': '|u1', 'fortran_order': 0, 'shape': (3,)}",
      "{'descr': '|u1', 'fortran_order': False, 'shape': (-3,)}",
      "{'descr': '|u1', 'fortran_order': False, 'shape': (,)}",
      "{'descr': '|u1', 'fortran_order': False, 'shape': (3,)} x", "{'descr': '|u1",
      "{'descr': '|O', 'fortran_order': False, 'shape': (3,)}",
      "{'descr': '|u1', 'fortran_order': False, 'shape': (4294967296, 4294967296)}",
      "{'descr': '|u1', 'fortran_order': False, 'shape': (99999999999999999999,)}",
      "{'descr': '|u1', 'fortran_order': False, 'shape': (9223372036854775807,)}",
    ])
  func badHeaders(header: String) { expectBadData("") { _ = try NumPyArray(parsing: file(header), name: "x") } }

  @Test("Other files, other versions and endless headers are refused")
  func others() throws {
    let bytes = try fixture("version-2.npy")
    expectBadData("not a NumPy file") { _ = try parse("text.txt") }
    expectBadData("version 4.0") { _ = try NumPyArray(parsing: bytes.with([4], at: 6), name: "x") }
    expectBadData("a header of") { _ = try NumPyArray(parsing: bytes.with([0, 0, 1], at: 8), name: "x") }
  }

  @Test("Integers beyond 64 bits with a sign are not read as integers, floats neither")
  func conversions() {
    let bytes = [UInt8](repeating: 0xFF, count: 8)
    #expect(NumPyArray(.uint64, shape: [1], bytes: bytes).integers == nil)
    #expect(NumPyArray(.int64, shape: [1], bytes: bytes).integers == [-1])
    #expect(NumPyArray(.float64, shape: [1], bytes: bytes).integers == nil)
    #expect(NumPyArray(.int64, shape: [1], bytes: bytes).floats == nil)
  }
}
