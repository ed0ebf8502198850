import Failures
import Files
import Foundation
import Interchange
import Records
import Tensors
import TestSupport
import Testing

/// A tensor as the Python that wrote the file knows it.
struct ExpectedTensor {
  let element: String
  let shape: [Int]
  let floats: [UInt32]

  /// The tensors of the fixture called `name` in `expected.json`.
  static func tensors(_ name: String) throws -> [String: ExpectedTensor] {
    let json = try JSON(parsing: [UInt8](Fixture.data("interchange/expected.json")))
    let members = try #require(json[name]?.members)
    return try Dictionary(
      uniqueKeysWithValues: members.map { member in
        let value = member.value
        let bits = try #require(value["bits"]?.array).compactMap(\.integer)
        return (
          member.key,
          ExpectedTensor(
            element: try #require(value["element"]?.string),
            shape: try #require(value["shape"]?.array).compactMap(\.integer), floats: bits.map { UInt32($0) })
        )
      })
  }
}

/// The file `fixtures/interchange/<name>`.
func open(_ name: String) throws -> TensorFile { try TensorFile(path: Fixture.path("interchange/\(name)")) }

/// The bits of all elements of `tensor` as 32-bit floats.
func bits(_ file: TensorFile, _ tensor: StoredTensor) throws -> [UInt32] {
  try file.floats(of: tensor).map(\.bitPattern)
}

/// Whether the tensors `found` of `file` are those that Python describes.
func expectTensors(
  _ found: [StoredTensor], of file: TensorFile, _ expected: [String: ExpectedTensor],
  sourceLocation: SourceLocation = #_sourceLocation
) throws {
  #expect(Set(found.map(\.name)) == Set(expected.keys), sourceLocation: sourceLocation)
  for tensor in found {
    let wanted = try #require(expected[tensor.name], sourceLocation: sourceLocation)
    #expect(tensor.element.rawValue == wanted.element, "\(tensor.name)", sourceLocation: sourceLocation)
    #expect(tensor.shape.sizes == wanted.shape, "\(tensor.name)", sourceLocation: sourceLocation)
    #expect(try bits(file, tensor) == wanted.floats, "\(tensor.name)", sourceLocation: sourceLocation)
  }
}

/// Opens `bytes` and reads every tensor.
func readAll(_ bytes: [UInt8], name: String = "x") throws {
  let file = try TensorFile(ByteSource(bytes, name: name))
  for tensor in file.tensors { try file.forEachPart(of: tensor) { _ in } }
  _ = try file.tree()
}

/// The message of the failure of bad data that `body` ends with.
func refusal(_ body: () throws -> Void) -> String? {
  do {
    try body()
    return nil
  } catch let failure as Failure {
    return failure.kind == .data ? failure.message : "\(failure.kind): \(failure.message)"
  } catch {
    return "\(error)"
  }
}

/// The cases of a file of hostile inputs: name, bytes, and words of the refusal; nil where there is none.
func hostileCases(_ name: String) throws -> [(name: String, bytes: [UInt8], words: String?)] {
  let members = try #require(try JSON(parsing: [UInt8](Fixture.data("interchange/\(name).json"))).members)
  return try members.map { member in
    let text = Array(try #require(member.value["hex"]?.string))
    let bytes = stride(from: 0, to: text.count, by: 2).compactMap { UInt8(String(text[$0...$0 + 1]), radix: 16) }
    return (member.key, bytes, member.value["words"].map { $0.string } ?? "")
  }
}
