import Failures
import Foundation
import Inspection
import Networks
import Records
import Tensors
import TestSupport
import Testing

@Suite("Two model files held against each other")
struct ComparisonTests {
  private func difference(
    _ first: String, _ second: String, tolerance: Double = 0, tensorsAlone: Bool = false
  ) throws -> DifferenceRecord {
    try OpenedModel(path: first).difference(
      from: OpenedModel(path: second), tolerance: tolerance, tensorsAlone: tensorsAlone)
  }

  @Test("a file is the same as itself, and as its copy in another format under longer names")
  func same() throws {
    try Fixture.withTemporaryFolder { folder in
      let models = try Models(in: folder)
      let ours = try models.checkpoint("a.h5", classNames: ["zero"], configuration: #"{"seed":"5"}"#, momentum: 1)
      let theirs = try models.safetensors("a.safetensors", prefix: "module.")
      for (first, second) in [(ours, ours), (ours, theirs), (theirs, ours), (theirs, theirs)] {
        let record = try difference(first, second)
        let count = models.graph.parameters.count + (first == second && first == ours ? 1 : 0)
        #expect(
          record
            == DifferenceRecord(
              paths: .init(first, second), tolerance: 0, isSame: true, facts: [], compared: count, tensors: [],
              reshaped: [], alone: .init([], [])))
      }
    }
  }

  @Test("what changed is named and measured, within a tolerance it is not")
  func changed() throws {
    try Fixture.withTemporaryFolder { folder in
      let models = try Models(in: folder)
      let path = try #require(models.graph.parameters.last).path
      let before = try models.checkpoint("a.h5") { $0[path] = Tensor([10], [3] + Array(repeating: 0, count: 9)) }
      let after = try models.checkpoint("b.h5") { $0[path] = Tensor([10], [3, 4] + Array(repeating: 0, count: 8)) }
      let record = try difference(before, after)
      #expect(!record.isSame)
      #expect(record.compared == models.graph.parameters.count)
      let tensor = try #require(record.tensors.first)
      #expect(record.tensors.count == 1)
      #expect([tensor.name] == [path.text])
      #expect(tensor.shape == [10])
      #expect((tensor.differing, tensor.incomparable) == (1, 0))
      #expect(tensor.maximum == 4)
      #expect(tensor.relative == 0.8)
      #expect(tensor.cosine == 0.6)
      #expect(try difference(before, after, tolerance: 4).isSame)
      #expect(try !difference(before, after, tolerance: 3.999).isSame)
    }
  }

  @Test("facts are told where both files have them, and not among tensors alone")
  func facts() throws {
    try Fixture.withTemporaryFolder { folder in
      let models = try Models(in: folder)
      let first = try models.checkpoint("a.h5", classNames: ["a"], configuration: #"{"seed":"1","epochs":3}"#)
      let second = try models.checkpoint("b.h5", classNames: ["b"], configuration: #"{"seed":"2","limit":3}"#)
      let record = try difference(first, second)
      #expect(!record.isSame)
      #expect(
        record.facts == [
          .init(name: "class_names", values: .init(.array([.string("a")]), .array([.string("b")]))),
          .init(name: "configuration.seed", values: .init(.string("1"), .string("2"))),
          .init(name: "configuration.epochs", values: .init(.integer(3), .null)),
          .init(name: "configuration.limit", values: .init(.null, .integer(3))),
        ])
      #expect(try difference(first, second, tensorsAlone: true).isSame)
      let silent = try models.checkpoint("c.h5")
      #expect(try difference(first, silent).isSame)
    }
  }

  @Test("other networks differ in facts, shapes and names")
  func networks() throws {
    try Fixture.withTemporaryFolder { folder in
      let small = try Models(in: folder).safetensors("a.safetensors")
      let large = try Models(.netMNIST, in: folder).checkpoint("b.h5")
      let record = try difference(small, large)
      #expect(record.facts.first?.name == "architecture")
      #expect(record.facts.first?.values == .init(.string("digits-cnn"), .string("net-mnist")))
      let shapes = { (model: OpenedModel) in Dictionary(uniqueKeysWithValues: model.tensors.map { ($0.name, $0) }) }
      let (mine, theirs) = (shapes(try OpenedModel(path: small)), shapes(try OpenedModel(path: large)))
      #expect(Set(record.alone.first) == Set(mine.keys).subtracting(theirs.keys))
      #expect(Set(record.alone.second) == Set(theirs.keys).subtracting(mine.keys))
      #expect(record.compared + record.reshaped.count == Set(mine.keys).intersection(theirs.keys).count)
    }
  }

  @Test("the optimiser's tensors are compared where both files have some")
  func optimizers() throws {
    try Fixture.withTemporaryFolder { folder in
      let models = try Models(in: folder)
      let first = try models.checkpoint("a.h5", momentum: 1)
      let second = try models.checkpoint("b.h5", momentum: 2)
      #expect(try difference(first, second).tensors.map(\.name) == ["momentum.fc.bias"])
      #expect(try difference(first, models.checkpoint("c.h5")).isSame)
    }
  }

  @Test("a damaged tensor is a failure, not a difference")
  func damage() throws {
    try Fixture.withTemporaryFolder { folder in
      let models = try Models(in: folder)
      let path = try models.checkpoint("a.h5")
      let weight = models.parameters.tensors[0].values
      var data = try Data(contentsOf: URL(fileURLWithPath: path))
      let place = try #require(data.range(of: weight.withUnsafeBytes { Data($0) }))
      data[place.lowerBound] ^= 1
      let damaged = "\(folder)/b.h5"
      try data.write(to: URL(fileURLWithPath: damaged))
      for (first, second) in [(path, damaged), (damaged, path)] {
        #expect {
          try difference(first, second)
        } throws: {
          let failure = $0 as? Failure
          return failure?.kind == .data && failure?.message.hasPrefix(damaged) == true
        }
      }
    }
  }
}
