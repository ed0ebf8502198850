import Archives
import Foundation
import TestSupport
import Testing

@Suite("Headers of NumPy files")
struct HeaderTests {
  /// A header in a file with the elements 1, 0, 1, and what NumPy reads of it; `nil` where it refuses, or this package
  /// does so by intention.
  private struct Case: Decodable {
    struct Read: Decodable {
      let shape: [Int]
      let integers: [Int64]
    }

    let header: String
    let version: UInt8
    let read: Read?

    /// The file's bytes.
    var bytes: [UInt8] {
      let count = header.utf8.count + 1
      let size = [UInt8(count & 0xFF), UInt8(count >> 8)] + (version == 1 ? [] : [0, 0])
      return [0x93] + "NUMPY".utf8 + [version, 0] + size + header.utf8 + [0x0A, 1, 0, 1]
    }
  }

  /// A file of version 1 whose header has these three values.
  private func file(
    kind: String = "'|u1'", order: String = "False", shape: String = "(3,)", elements: [UInt8] = [1, 2, 3]
  ) -> [UInt8] {
    let header = "{'descr': \(kind), 'fortran_order': \(order), 'shape': \(shape), }\n"
    let size = header.utf8.count
    return [0x93] + "NUMPY".utf8 + [1, 0, UInt8(size & 0xFF), UInt8(size >> 8)] + header.utf8 + elements
  }

  @Test("Headers are read and refused as NumPy does it")
  func cases() throws {
    let cases = try JSONDecoder().decode([Case].self, from: Fixture.data("archives/headers.json"))
    #expect(cases.count(where: { $0.read != nil }) > 20 && cases.count(where: { $0.read == nil }) > 60)
    for item in cases {
      let array = try unlessBadData { try NumPyArray(parsing: item.bytes, name: "x") }
      #expect(array?.shape == item.read?.shape, "version \(item.version): \(item.header)")
      #expect(array?.integers == item.read?.integers, "version \(item.version): \(item.header)")
    }
  }

  @Test("Kinds that are not read are named, with those that are", arguments: ["|O", ">c8", "<c16", "<U5", "<f16", ""])
  func kinds(kind: String) {
    let choices = NumPyArray.Element.allCases.map(\.rawValue).joined(separator: ", ")
    expectBadData("x: elements of kind '\(kind)'; these are read: \(choices)") {
      _ = try NumPyArray(parsing: file(kind: "'\(kind)'"), name: "x")
    }
  }

  @Test(
    "Shapes beyond all bounds are refused before anything is reserved",
    arguments: [
      "(4294967296, 4294967296)", "(9223372036854775807, 2)", "(3, 3074457345618258603)",
      "(65536, 65536, 65536, 65536)", "(4294967296, 4294967296, 0)", "(0, 4294967296, 4294967296)",
    ])
  func bounds(shape: String) {
    expectBadData("x: a shape beyond all bounds; it is damaged") {
      _ = try NumPyArray(parsing: file(shape: shape), name: "x")
    }
  }

  @Test("The size of an element counts too: what fits as bytes does not as doubles")
  func elementSize() {
    let shape = "(2305843009213693952,)"
    expectBadData("holds 3 bytes of elements instead of 2305843009213693952; write it again") {
      _ = try NumPyArray(parsing: file(shape: shape), name: "x")
    }
    expectBadData("a shape beyond all bounds") {
      _ = try NumPyArray(parsing: file(kind: "'<f8'", shape: shape), name: "x")
    }
  }

  @Test("Elements that are missing or too many are counted", arguments: [[], [1, 2], [1, 2, 3, 4]])
  func counts(elements: [UInt8]) {
    expectBadData("x: holds \(elements.count) bytes of elements instead of 3; write it again") {
      _ = try NumPyArray(parsing: file(elements: elements), name: "x")
    }
  }

  @Test("An array of nothing is read, whatever its other sizes are", arguments: ["(0,)", "(0, 9223372036854775807)"])
  func nothing(shape: String) throws {
    let array = try NumPyArray(parsing: file(shape: shape, elements: []), name: "x")
    #expect(array.count == 0 && array.integers == [])
  }

  @Test(
    "In Fortran order the first axis is the fastest, among thousands of axes too",
    arguments: [
      ("(2, 2)", [0, 2, 1, 3]), ("(3, 1, 2)", [0, 3, 1, 4, 2, 5]), ("(2, 3)", [0, 2, 4, 1, 3, 5]), ("(0, 2)", []),
      ("(2, \(String(repeating: "1,", count: 3000)) 2)", [0, 2, 1, 3]), ("(4,)", [0, 1, 2, 3]),
    ] as [(String, [UInt8])])
  func fortran(shape: String, expected: [UInt8]) throws {
    let elements = expected.sorted()
    let columns = try NumPyArray(parsing: file(order: "True", shape: shape, elements: elements), name: "x")
    #expect(columns.bytes == expected)
    #expect(try NumPyArray(parsing: file(shape: shape, elements: elements), name: "x").bytes == elements)
  }

  @Test("A header may be as long as NumPy allows, and no longer")
  func length() throws {
    let header = "{'descr': '|u1', 'fortran_order': False, 'shape': (3,), }"
    let file = { (count: Int) -> [UInt8] in
      let size = [UInt8(count & 0xFF), UInt8(count >> 8)]
      let padding = [UInt8](repeating: 0x20, count: count - header.utf8.count - 1)
      return [0x93] + "NUMPY".utf8 + [1, 0] + size + header.utf8 + padding + [0x0A, 1, 2, 3]
    }
    #expect(try NumPyArray(parsing: file(10_000), name: "x").integers == [1, 2, 3])
    expectBadData("x: a header of 10001 bytes; it is damaged, write it again") {
      _ = try NumPyArray(parsing: file(10_001), name: "x")
    }
  }
}
