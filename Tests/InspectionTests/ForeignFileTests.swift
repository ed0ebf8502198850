import Failures
import Foundation
import Inspection
import Interchange
import Records
import Tensors
import TestSupport
import Testing

/// Files that PyTorch, NumPy and safetensors wrote, all with the tensors of one network, held against each other and
/// against what Python reads in them.
@Suite("Files of other tools")
struct ForeignFileTests {
  /// The same state dictionary in every format and layout, bare and in the dictionaries of training programs.
  private static let files = [
    "state.pt", "state-legacy.pt", "state-deflated.pt", "protocol4.pt", "state.npz", "state-compressed.npz",
    "state.safetensors", "net.pt", "module.pt", "module-legacy.pt",
  ]

  private func open(_ name: String) throws -> OpenedModel {
    try OpenedModel(path: Fixture.path("interchange/\(name)"))
  }

  /// `fixtures/interchange/expected.json`, tensors by name with the bits of their elements as 32-bit floats.
  private func expected(_ file: String) throws -> [JSON.Member] {
    let document = try JSON(parsing: [UInt8](Fixture.data("interchange/expected.json")))
    return try #require(document[file]?.members)
  }

  @Test("hold the same tensors as each other, whatever lies around them", arguments: files)
  func same(name: String) throws {
    let model = try open(name)
    for other in Self.files {
      let record = try model.difference(from: open(other))
      #expect(record.isSame, "\(other): \(record)")
      #expect(record.compared == 8)
      #expect(record.facts.isEmpty)
    }
  }

  @Test("have the names, shapes and numbers that Python reads", arguments: files)
  func numbers(name: String) throws {
    let model = try open(name)
    let expected = try expected("state")
    #expect(Set(model.tensors.map(\.name)) == Set(expected.map(\.key)))
    for tensor in model.tensors {
      let known = try #require(expected.first { $0.key == tensor.name }?.value)
      #expect(tensor.stored.shape.sizes == known["shape"]?.array?.compactMap(\.integer))
      #expect(tensor.stored.element.rawValue == known["element"]?.string)
      let values = try #require(known["bits"]?.array).map { Double(Float(bitPattern: UInt32($0.integer ?? 0))) }
      let statistics = try model.statistics(of: tensor.stored)
      #expect(statistics.count == values.count)
      #expect(statistics.minimum == values.min())
      #expect(statistics.maximum == values.max())
      #expect(statistics.zeros == values.count { $0 == 0 })
      let mean = values.reduce(0, +) / Double(values.count)
      #expect(((statistics.mean ?? .nan) - mean).magnitude <= 1e-12 * max(1, mean.magnitude))
      #expect(statistics.histogram.reduce(0, +) == values.count)
    }
    #expect(try model.verify().isSound)
  }

  @Test("have what lies beside the network apart", arguments: [("checkpoint.pt", 6), ("state.pt", 0)])
  func others(name: String, count: Int) throws {
    let model = try open(name)
    #expect(model.others.count == count)
    #expect(Set(model.tensors.map(\.name)).isDisjoint(with: model.others.map(\.name)))
    #expect(model.tensors.count + model.others.count == model.file.tensors.count)
  }

  @Test("that would run something are refused, and do not verify")
  func calls() throws {
    let path = Fixture.path("interchange/calls.pt")
    #expect {
      try OpenedModel(path: path)
    } throws: {
      let failure = $0 as? Failure
      return failure?.kind == .data && failure?.message.contains("calls posix.system") == true
    }
  }

  @Test("with elements that are no real numbers are listed and verified")
  func unreadable() throws {
    let model = try open("unreadable.pt")
    #expect(model.tensors.map(\.stored.element) == [.complex64, .float8E5M2, .int64])
    #expect(throws: Failure.self) { try model.statistics(of: model.tensors[0].stored) }
    #expect(try model.statistics(of: model.tensors[2].stored).maximum == 16_777_217)
    #expect(try model.verify().line.hasSuffix(": ok: 3 tensors, 6 numbers, of no network known here"))
    // A comparison is of 32-bit floats, which cannot tell such integers apart.
    #expect {
      try model.difference(from: model)
    } throws: { ($0 as? Failure)?.kind == .data }
  }
}
