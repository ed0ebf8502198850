import Archives
import Failures
import Foundation
import Inspection
import Interchange
import Networks
import Records
import Tensors
import TestSupport
import Testing

private func path(_ name: String) -> String { Fixture.path("unread/\(name)") }

@Suite("What is not read is neither sound nor the same")
struct UnreadTests {
  @Test(
    "does not verify, by name",
    arguments: [
      ("complex.h5", "not verified: x: complex numbers are not read"),
      ("kinds.h5", "not verified: bits: bit fields are not read (and 3 more objects)"),
      ("link.h5", "not verified: alias: soft links are not followed"),
      ("arrays.pt", "not verified: v: arrays of NumPy in a pickle are not read; save tensors"),
      ("storage.pt", "not verified: tensor: a storage without sizes is not read; save the tensor"),
      ("nothing.pt", "not verified: holds no tensors"),
      ("one-nan.pt", "tensor: element 4 is nan, not a finite number"),
      ("complex-nan.pt", "w: element 1 is nan, not a finite number"),
      ("float8-nan.pt", "w: element 1 is nan, not a finite number"),
    ])
  func verify(name: String, words: String) throws {
    let verdict = try OpenedModel(path: path(name)).verify()
    #expect(verdict == .init(isSound: false, line: "\(path(name)): \(words)"))
  }

  @Test(
    "numbers of rare types that are finite verify, each counted once",
    arguments: [
      ("one.pt", "1 tensor", 6), ("complex.pt", "2 tensors", 3), ("float8.pt", "2 tensors", 251),
      ("two-names.h5", "2 tensors", 12),
    ])
  func sound(name: String, tensors: String, numbers: Int) throws {
    let verdict = try OpenedModel(path: path(name)).verify()
    let line = "\(path(name)): ok: \(tensors), \(numbers) numbers, of no network known here"
    #expect(verdict == .init(isSound: true, line: line))
  }

  @Test(
    "counts as different, also from itself",
    arguments: [
      ("complex.h5", "complex-changed.h5"), ("complex.h5", "complex.h5"), ("link.h5", "link.h5"),
      ("array.pt", "array.pt"), ("float4.safetensors", "float4.safetensors"),
    ])
  func different(first: String, second: String) throws {
    let models = (try OpenedModel(path: path(first)), try OpenedModel(path: path(second)))
    let record = try models.0.difference(from: models.1)
    #expect(!record.isSame)
    #expect(record.unread.first == models.0.file.unread.map { UnreadRecord(name: $0.path, reason: $0.reason) })
    #expect(record.unread.second.map(\.name) == models.1.file.unread.map(\.path))
    #expect(record.tensors.isEmpty && !record.unread.first.isEmpty)
  }

  @Test("files without tensors are not the same")
  func nothing() throws {
    let model = try OpenedModel(path: path("nothing.pt"))
    let record = try model.difference(from: model)
    #expect(!record.isSame && record.compared == 0)
  }

  @Test("what is not read beside the network counts where both files have something there")
  func beside() throws {
    let arrays = try OpenedModel(path: path("arrays.pt"))
    #expect(try arrays.difference(from: OpenedModel(path: path("one.pt"))).unread.first.count == 1)
  }

  @Test("tensors by themselves, of 8 bits and of complex numbers are held against each other")
  func compared() throws {
    func record(_ first: String, _ second: String) throws -> DifferenceRecord {
      try OpenedModel(path: path(first)).difference(from: OpenedModel(path: path(second)))
    }
    for name in ["one", "float8", "complex"] {
      let same = try record("\(name).pt", "\(name).pt")
      #expect(same.isSame && same.compared > 0, "\(name)")
    }
    #expect(try record("one.pt", "one-changed.pt").tensors.map(\.differing) == [6])
    // One imaginary part of three complex numbers.
    let changed = try record("complex.pt", "complex-changed.pt")
    #expect(changed.tensors.map(\.name) == ["w"])
    #expect(changed.tensors.map(\.differing) == [1] && changed.tensors.map(\.maximum) == [1])
    // A real number is a complex one without an imaginary part.
    for (first, second) in [("complex.pt", "real.pt"), ("real.pt", "complex.pt")] {
      let mixed = try record(first, second)
      #expect(mixed.tensors.map(\.name) == ["w", "z"])
      #expect(mixed.tensors.map(\.maximum) == [2, 1])
    }
  }

  @Test("a damaged member of an archive that no tensor lies in does not verify")
  func members() throws {
    try Fixture.withTemporaryFolder { folder in
      let archive = try ZipArchive([UInt8](Fixture.data("interchange/state.pt")), limit: 1 << 20, name: "state.pt")
      var entries = try archive.entries.map { (name: $0.name, bytes: try archive.contents(of: $0)) }
      entries.append((name: "state/extra", bytes: Array("marked".utf8)))
      let path = "\(folder)/state.pt"
      var data = Data(try zipStoring(entries))
      try data.write(to: URL(fileURLWithPath: path))
      #expect(try OpenedModel(path: path).verify().isSound)
      data[try #require(data.range(of: Data("marked".utf8))).lowerBound] ^= 1
      try data.write(to: URL(fileURLWithPath: path))
      let verdict = try OpenedModel(path: path).verify()
      #expect(!verdict.isSound && verdict.line.contains("CRC-32"), "\(verdict.line)")
    }
  }

  @Test("tensors of a block that a network never uses are read all the same")
  func unused() throws {
    try Fixture.withTemporaryFolder { folder in
      let wide = try Models(#require(.init(rawValue: "wrn-10-1")), in: folder)
      func model(_ name: String, _ number: Float) throws -> OpenedModel {
        let used = zip(wide.parameters.specs, wide.parameters.tensors).map {
          OutgoingTensor(name: $0.path.text, shape: $1.shape, values: $1.values)
        }
        let unused = OutgoingTensor(name: "sub_block1.layer.0.bn1.bias", shape: [1], values: [number])
        try writeTensors(used + [unused], metadata: OutgoingTexts([:]), format: .pytorch, to: "\(folder)/\(name)")
        return try OpenedModel(path: "\(folder)/\(name)")
      }
      let (sound, other, broken) = (try model("a.pt", 1), try model("b.pt", 2), try model("c.pt", .nan))
      #expect(sound.graph != nil)
      #expect(try sound.verify().isSound && !broken.verify().isSound)
      #expect(try sound.difference(from: other).tensors.map(\.name) == ["sub_block1.layer.0.bn1.bias"])
    }
  }
}
