import Checkpoints
import Failures
import Foundation
import HDF5
import Networks
import Tensors
import TestSupport
import Testing

/// A damage to a copy of `tiny.h5`, and the one line that it ends with.
struct CheckpointRefusal: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let reason: String
  var skipped: Set<String> = []
  var values: [String: HDF5Value] = [:]
  var tensors: [String: [Float]] = [:]

  init(
    _ reason: String, without skipped: Set<String> = [], replacing values: [String: HDF5Value] = [:],
    adding tensors: [String: [Float]] = [:]
  ) {
    testDescription = "\(reason) (\((skipped.sorted() + values.keys.sorted() + tensors.keys.sorted()).joined()))"
    self.reason = reason
    self.skipped = skipped
    self.values = values
    self.tensors = tensors
  }

  private static func missing(_ object: String, _ name: String, _ kind: String) -> String {
    "\(object): no attribute \(name) that is \(kind); it is damaged or no checkpoint"
  }

  private static let foreign =
    "is HDF5 but no checkpoint of this package: it has no attribute format = cusp-checkpoint"
  private static let version = "a checkpoint of another version than 1; read it with the tools that wrote it"
  private static let digest = "its digest is not that of its definition and tensors; it is damaged"
  private static let name = "not 32-bit floats under a dotted name of their own"
  private static let bias = "/parameters/classifier/bias"

  static let header: [CheckpointRefusal] = [
    .init(foreign, without: ["/@format"]),
    .init(foreign, replacing: ["/@format": .string("cusp-checkpoint ")]),
    .init(foreign, replacing: ["/@format": .strings(["cusp-checkpoint"])]),
    .init(version, without: ["/@version"]),
    .init(version, replacing: ["/@version": .integer(2)]),
    .init(version, replacing: ["/@version": .integer(0)]),
    .init(version, replacing: ["/@version": .string("1")]),
    .init(version, replacing: ["/@version": .integers([1])]),
    .init(missing("/", "definition", "a string"), without: ["/@definition"]),
    .init(missing("/", "digest", "a string"), replacing: ["/@digest": .strings(["0"])]),
    .init(missing("/", "history", "a string"), replacing: ["/@history": .integer(1)]),
    .init(missing("/", "class_names", "strings"), replacing: ["/@class_names": .string("cat")]),
    .init(missing("/", "class_names", "strings"), replacing: ["/@class_names": .integers([1, 2, 3])]),
    .init(missing("/progress", "epoch", "an integer of at least 0"), replacing: ["/progress@epoch": .float(3)]),
    .init(missing("/progress", "step", "an integer of at least 0"), replacing: ["/progress@step": .integer(.min)]),
    .init(
      missing("/progress/sums", "loss", "a floating-point number"), replacing: ["/progress/sums@loss": .integer(1)]),
    .init(digest, replacing: ["/@digest": .string("")]),
    .init(digest, replacing: ["/@digest": .string(CheckpointTests.digest.uppercased())]),
  ]

  static let tensors: [CheckpointRefusal] = [
    .init(missing(bias, "sha256", "a string"), without: ["\(bias)@sha256"]),
    .init(digest, replacing: ["\(bias)@sha256": .string(String(repeating: "0", count: 64))]),
    .init(digest, without: [bias], adding: [bias: [1, 2, 3]]),
    .init("/parameters/classifier.bias: \(name)", adding: ["/parameters/classifier.bias": [1, 2, 3]]),
    .init("/optimizer/a.b/c: \(name)", adding: ["/optimizer/a.b/c": [1]]),
    .init(
      "/optimizer/momentum/classifier/bias: its bytes do not have its SHA-256; it is damaged",
      replacing: ["/optimizer/momentum/classifier/bias@sha256": .string(String(repeating: "0", count: 64))]),
    .init("/optimizer/extra: its bytes do not have its SHA-256; it is damaged", adding: ["/optimizer/extra": [1]]),
    .init(
      "parameters do not fit tiny: 8 missing: features.0.weight, features.1.weight, features.1.bias, "
        + "features.1.running_mean, features.1.running_var, features.1.num_batches_tracked, classifier.weight, "
        + "classifier.bias",
      without: [
        "/parameters/features/0/weight", "/parameters/features/1/weight", "/parameters/features/1/bias",
        "/parameters/features/1/running_mean", "/parameters/features/1/running_var",
        "/parameters/features/1/num_batches_tracked", "/parameters/classifier/weight", bias,
      ]),
    .init(
      "parameters do not fit tiny: 12 unexpected: x00, x01, x02, x03, x04, x05, x06, x07, x08, x09, ...",
      adding: Dictionary(
        uniqueKeysWithValues: (0..<12).map { ("/parameters/x\($0 < 10 ? "0" : "")\($0)", [Float($0)]) })),
    .init(
      "parameters do not fit tiny: 1 of another shape: features.1.num_batches_tracked [1] for []",
      without: ["/parameters/features/1/num_batches_tracked"],
      adding: ["/parameters/features/1/num_batches_tracked": [0]]),
  ]
}

@Suite("What is refused as a checkpoint")
struct CheckpointRefusalTests {
  @Test("is refused in one literal line", arguments: CheckpointRefusal.header + CheckpointRefusal.tensors)
  func refused(refusal: CheckpointRefusal) throws {
    try Fixture.withTemporaryFolder { folder in
      let path = try withCopy(
        folder, without: refusal.skipped, replacing: refusal.values, adding: refusal.tensors)
      #expect(complaint(path) == Failure(.data, "\(path): \(refusal.reason)"))
    }
  }

  @Test("is refused by the summary as well, save for damage inside a tensor", arguments: CheckpointRefusal.header)
  func summary(refusal: CheckpointRefusal) throws {
    try Fixture.withTemporaryFolder { folder in
      let path = try withCopy(
        folder, without: refusal.skipped, replacing: refusal.values, adding: refusal.tensors)
      #expect(throws: Failure(.data, "\(path): \(refusal.reason)")) { try CheckpointSummary(path: path) }
    }
  }

  @Test("integers and bytes in place of a tensor of floats are refused by name")
  func otherTypes() throws {
    try Fixture.withTemporaryFolder { folder in
      let name = "/parameters/classifier/bias"
      let reason = "\(name): not 32-bit floats under a dotted name of their own"
      let integers = try withCopy(folder, without: [name]) { writer in
        try writer.write([1, 2, 3] as [Int64], shape: [3], to: name)
      }
      #expect(complaint(integers) == Failure(.data, "\(integers): \(reason)"))
      let text = try withCopy(folder, without: [name]) { try $0.write("three", to: name) }
      #expect(complaint(text) == Failure(.data, "\(text): \(reason)"))
    }
  }

  @Test("other objects beside the known ones are passed over")
  func additions() throws {
    try Fixture.withTemporaryFolder { folder in
      let path = try withCopy(folder) { writer in
        try writer.write([1, 2, 3] as [Int64], shape: [3], to: "/notes/numbers")
        try writer.write("anything", to: "/notes/text")
        try writer.setAttribute("comment", of: "/", to: .string("by hand"))
        try writer.setAttribute("unit", of: "/parameters/classifier/bias", to: .string("logits"))
      }
      expectEqual(try Checkpoint(reading: path), try tinyCheckpoint())
    }
  }

  @Test("a definition that is another network's is refused for its tensors")
  func otherDefinition() throws {
    try Fixture.withTemporaryFolder { folder in
      let path = "\(folder)/other.h5"
      let definition = Architecture.digitsCNN.definition()
      let parameters = Parameters(initializing: try NetworkGraph(definition), seed: 1)
      try Checkpoint(definition: definition, parameters: parameters).write(to: path)
      let text = try CheckpointSummary(path: path).definitionText
      let copy = try withCopy(folder, replacing: ["/@definition": .string(text)])
      let message = try #require(complaint(copy)?.message)
      #expect(message.hasPrefix("\(copy): parameters do not fit digits-cnn: 8 missing: conv1.weight, conv1.bias, "))
      #expect(message.contains("; 8 unexpected: classifier.bias, classifier.weight, features.0.weight, "))
    }
  }

  @Test("a definition with one changed setting that keeps all shapes is found by the digest")
  func changedSetting() throws {
    let original = try CheckpointSummary(path: Fixture.path("checkpoints/tiny.h5")).definitionText
    try Fixture.withTemporaryFolder { folder in
      for (old, new) in [("0.125", "0.25"), ("0.0009765625", "0.001"), (#""zero""#, #""kaiming-normal""#), ("[", "[ ")]
      {
        let text = original.replacingOccurrences(of: old, with: new)
        try #require(text != original, "\(old)")
        let path = try withCopy(folder, replacing: ["/@definition": .string(text)])
        let reason = "its digest is not that of its definition and tensors; it is damaged"
        #expect(complaint(path) == Failure(.data, "\(path): \(reason)"), "\(new)")
      }
    }
  }
}
