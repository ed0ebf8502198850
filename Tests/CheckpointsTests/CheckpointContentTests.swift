import Checkpoints
import Failures
import Foundation
import Networks
import Tensors
import TestSupport
import Testing

private func bytes(of checkpoint: Checkpoint) throws -> Data {
  try Fixture.withTemporaryFolder { folder in
    try checkpoint.write(to: "\(folder)/a.h5")
    return try Data(contentsOf: URL(fileURLWithPath: "\(folder)/a.h5"))
  }
}

private func readBack(_ checkpoint: Checkpoint) throws -> Checkpoint {
  try Fixture.withTemporaryFolder { folder in
    try checkpoint.write(to: "\(folder)/a.h5")
    return try Checkpoint(reading: "\(folder)/a.h5")
  }
}

private func bits(_ tensor: Tensor) -> [UInt32] { tensor.values.map(\.bitPattern) }

@Suite("What a checkpoint holds")
struct CheckpointContentTests {
  @Test("the same content makes the same bytes, in whatever order the dictionaries were filled")
  func order() throws {
    var (forwards, backwards) = (try tinyCheckpoint(), try tinyCheckpoint())
    backwards.optimizer = Dictionary(minimumCapacity: 500)
    backwards.progress.sums = Dictionary(minimumCapacity: 500)
    forwards.optimizer = [:]
    forwards.progress.sums = [:]
    for index in 0..<40 {
      forwards.optimizer["momentum.\(index).weight"] = Tensor([2], [Float(index), -1])
      forwards.progress.sums["sum\(index)"] = Double(index) / 3
    }
    for index in (0..<40).reversed() {
      backwards.optimizer["momentum.\(index).weight"] = Tensor([2], [Float(index), -1])
      backwards.progress.sums["sum\(index)"] = Double(index) / 3
    }
    try #require(Array(forwards.optimizer.keys) != Array(backwards.optimizer.keys))
    #expect(try bytes(of: forwards) == bytes(of: backwards))
  }

  @Test("any single bit of any tensor changes the digest")
  func everyTensor() throws {
    let checkpoint = try tinyCheckpoint()
    var digests: Set = [checkpoint.digest]
    for (index, spec) in checkpoint.parameters.specs.enumerated() {
      let count = checkpoint.parameters.tensors[index].values.count
      for (element, bit) in [(0, 0), (count / 2, 13), (count - 1, 31)] {
        var parameters = checkpoint.parameters
        let old = parameters[spec.path].values[element].bitPattern
        parameters[spec.path].values[element] = Float(bitPattern: old ^ (1 << UInt32(bit)))
        digests.insert(try Checkpoint(definition: tinyDefinition, parameters: parameters).digest)
      }
    }
    #expect(digests.count == 1 + 3 * checkpoint.parameters.specs.count)
  }

  @Test("any setting of the definition changes the digest")
  func everySetting() throws {
    let checkpoint = try tinyCheckpoint()
    var changes: [NetworkDefinition] = []
    func change(_ body: (inout NetworkDefinition) -> Void) {
      var definition = tinyDefinition
      body(&definition)
      changes.append(definition)
    }
    change { $0.architecture = "tiny " }
    change { $0.preprocessing.mean = [Float(0.5).nextUp] }
    change { $0.preprocessing.standardDeviation = [0.5] }
    change { $0.nodes[1].layer = .batchNormalization(BatchNormalization(epsilon: 0x1p-10, momentum: 0.25)) }
    change { $0.nodes[1].layer = .batchNormalization(BatchNormalization(epsilon: 0x1p-11, momentum: 0.125)) }
    change { $0.nodes[2].name = "activation" }
    change { $0.nodes[4].layer = .dense(Dense(outputs: 3)) }
    let digests = try changes.map { try Checkpoint(definition: $0, parameters: checkpoint.parameters).digest }
    #expect(Set(digests + [checkpoint.digest]).count == changes.count + 1)
  }

  @Test("nothing but definition and parameters changes the digest")
  func nothingElse() throws {
    let checkpoint = try tinyCheckpoint()
    let bare = try Checkpoint(definition: tinyDefinition, parameters: checkpoint.parameters)
    #expect(bare.digest == checkpoint.digest)
    #expect(try readBack(bare).digest == checkpoint.digest)
    var other = checkpoint
    other.optimizer = ["a": Tensor([1], [1])]
    other.documents = Checkpoint.Documents(configuration: "1", history: "2", provenance: "3")
    other.progress = Checkpoint.Progress(epoch: 1, step: 2, sums: ["x": 3])
    other.classNames = ["x"]
    #expect(try readBack(other).digest == checkpoint.digest)
  }

  @Test("parameters that are no numbers, infinite, or signed zeros keep every bit")
  func oddFloats() throws {
    let patterns: [UInt32] = [0x7FC0_0001, 0xFF80_0000, 0x8000_0000]
    var parameters = try tinyCheckpoint().parameters
    parameters["classifier.bias"] = Tensor([3], patterns.map(Float.init(bitPattern:)))
    let read = try readBack(try Checkpoint(definition: tinyDefinition, parameters: parameters))
    #expect(bits(read.parameters["classifier.bias"]) == patterns)
    var positive = parameters
    positive["classifier.bias"].values[2] = 0
    #expect(try Checkpoint(definition: tinyDefinition, parameters: positive).digest != read.digest)
  }

  @Test("the optimiser's tensors keep names, shapes and bits")
  func optimizer() throws {
    var checkpoint = try tinyCheckpoint()
    checkpoint.optimizer = [
      "step": Tensor([], [12345]), "momentum.features.0.weight": Tensor([2, 1, 3, 3], (0..<18).map { Float($0) / 7 }),
      "none.at.all": Tensor([3, 0, 2], []), "caf\u{e9} \u{65e5}.a b": Tensor([1, 1], [.nan]),
      "a-b_c:d": Tensor([2], [-0.0, .infinity]),
    ]
    let read = try readBack(checkpoint)
    #expect(Set(read.optimizer.keys) == Set(checkpoint.optimizer.keys))
    for (name, tensor) in checkpoint.optimizer {
      #expect(read.optimizer[name]?.shape == tensor.shape, "\(name)")
      #expect(read.optimizer[name].map(bits) == bits(tensor), "\(name)")
    }
    #expect(try bytes(of: read) == bytes(of: checkpoint))
  }

  @Test("progress keeps every bit", arguments: [0, 1, Int(Int32.max), Int(Int64.max)])
  func progress(count: Int) throws {
    var checkpoint = try tinyCheckpoint()
    checkpoint.progress = Checkpoint.Progress(
      epoch: count, step: count, sums: ["a": .leastNonzeroMagnitude, "b c": 1e300, "caf\u{e9}": -1 / 3])
    #expect(try readBack(checkpoint).progress == checkpoint.progress)
  }

  @Test(
    "documents keep their text, beyond ASCII as escapes",
    arguments: [
      ("", ""), ("{}", "{}"), ("\"a\\n\\u0000\"", "\"a\\n\\u0000\""), ("\"\u{7f}\"", "\"\u{7f}\""),
      ("\"\u{80}\"", "\"\\u0080\""), ("\"\u{ffff}\"", "\"\\uffff\""), ("\"\u{10ffff}\"", "\"\\udbff\\udfff\""),
      ("\"e\u{301}\"", "\"e\\u0301\""), ("[\n 1\t]", "[\n 1\t]"),
      (String(repeating: "0123456789\u{e9}", count: 10_000), String(repeating: "0123456789\\u00e9", count: 10_000)),
    ])
  func documents(text: String, stored: String) throws {
    var checkpoint = try tinyCheckpoint()
    checkpoint.documents = Checkpoint.Documents(configuration: text, history: text, provenance: text)
    let expected = Checkpoint.Documents(configuration: stored, history: stored, provenance: stored)
    let read = try readBack(checkpoint)
    #expect(read.documents == expected)
    #expect(try readBack(read).documents == expected, "a second time changes nothing")
  }

  @Test("class names keep their text, up to 4000 of them; more are refused and leave nothing")
  func classNames() throws {
    var checkpoint = try tinyCheckpoint()
    checkpoint.classNames = (0..<4000).map { "class \($0) \u{e9}\u{1F600}" }
    #expect(try readBack(checkpoint).classNames == checkpoint.classNames)
    checkpoint.classNames.append("one more")
    try Fixture.withTemporaryFolder { folder in
      let reason = "4001 class names, but a checkpoint holds 4000; leave them out"
      #expect(throws: Failure(.data, "\(folder)/a.h5: \(reason)")) { try checkpoint.write(to: "\(folder)/a.h5") }
      let left = try FileManager.default.contentsOfDirectory(atPath: folder)
      #expect(left.isEmpty)
    }
  }

  @Test("text that a file cannot hold is refused, and leaves the former file as it was")
  func zeroByte() throws {
    try Fixture.withTemporaryFolder { folder in
      let path = "\(folder)/a.h5"
      var checkpoint = try tinyCheckpoint()
      try checkpoint.write(to: path)
      checkpoint.classNames = ["a", "b\0c", "d"]
      #expect(throws: Failure(.data, "\(path): cannot write text with a zero byte; remove the byte")) {
        try checkpoint.write(to: path)
      }
      expectEqual(try Checkpoint(reading: path), try tinyCheckpoint())
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["a.h5"])
    }
  }

  @Test(
    "names that a file cannot hold, or would give back as others, are refused by name",
    arguments: ["a/b", "a..b", "", ".a", "a.", "a\0b"])
  func names(name: String) throws {
    var checkpoint = try tinyCheckpoint()
    checkpoint.optimizer[name] = Tensor([1], [0])
    try Fixture.withTemporaryFolder { folder in
      let reason = "not a dotted name that a checkpoint can hold; rename the node"
      #expect(throws: Failure(.internal, "tensor \(name): \(reason)")) { try checkpoint.write(to: "\(folder)/a.h5") }
      let left = try FileManager.default.contentsOfDirectory(atPath: folder)
      #expect(left.isEmpty)
    }
  }

  @Test("a definition with a number that JSON has not is refused", arguments: [Float.nan, .infinity])
  func noJSON(value: Float) throws {
    let parameters = try tinyCheckpoint().parameters
    var definition = tinyDefinition
    definition.preprocessing.mean = [value]
    #expect {
      try Checkpoint(definition: definition, parameters: parameters)
    } throws: { error in
      guard let failure = error as? Failure else { return false }
      return failure.kind == .internal && failure.message.hasPrefix("network tiny: has no JSON: ")
    }
  }

  @Test("a summary says all that reading says", arguments: [Architecture.digitsCNN, .netMNIST, .vgg11])
  func summaries(architecture: Architecture) throws {
    let definition = architecture.definition(preprocessing: .none)
    let parameters = Parameters(initializing: try NetworkGraph(definition), seed: 3)
    var checkpoint = try Checkpoint(
      definition: definition, parameters: parameters, classNames: (0..<10).map { "digit \($0)" })
    checkpoint.optimizer = Dictionary(
      uniqueKeysWithValues: zip(parameters.specs, parameters.tensors).map { ("momentum.\($0.path)", $1) })
    checkpoint.progress.sums = ["loss": 2.5]
    try Fixture.withTemporaryFolder { folder in
      try checkpoint.write(to: "\(folder)/a.h5")
      let (read, summary) = (try Checkpoint(reading: "\(folder)/a.h5"), try Checkpoint.summary(path: "\(folder)/a.h5"))
      expectEqual(read, checkpoint)
      #expect(summary.definition == read.definition && summary.digest == read.digest)
      #expect(summary.classNames == read.classNames && summary.progress == read.progress)
      #expect(summary.documents == read.documents)
      #expect(summary.parameters.map(\.name) == read.parameters.specs.map(\.path.text))
      #expect(summary.parameters.map(\.shape) == read.parameters.tensors.map(\.shape))
      #expect(summary.optimizer.map(\.name) == read.optimizer.keys.sorted())
      #expect(summary.optimizer.map(\.shape) == read.optimizer.sorted { $0.key < $1.key }.map(\.value.shape))
      // Momentum is a copy here: the same numbers have the same digest under any name.
      let digests = Dictionary(uniqueKeysWithValues: summary.parameters.map { ("momentum.\($0.name)", $0.digest) })
      #expect(Dictionary(uniqueKeysWithValues: summary.optimizer.map { ($0.name, $0.digest) }) == digests)
    }
  }
}
