import Foundation
import Records
import TestSupport
import Testing

/// `--key` where names have dots of their own, or stand for several things.
@Suite struct KeyTests {
  private let tool = BuiltTool("cusp-inspect")

  /// What `cusp-inspect --key KEY` says of a file of another tool with texts and tensors of awkward names.
  private func outcome(_ key: String) throws -> BuiltTool.Outcome {
    try Fixture.withTemporaryFolder { folder in
      let path = "\(folder)/a.safetensors"
      let tensors = [("a", [1], [1]), ("a.b", [2], [2, 3]), ("0", [], [4])] as [(String, [Int], [Float])]
      let metadata = ["x.y": "dotted", "x": "plain", "lines": "one\ntwo"]
      try safetensors(tensors.map { (name: $0.0, shape: $0.1, values: $0.2) }, metadata: metadata)
        .write(to: URL(fileURLWithPath: path))
      return try tool.run(["--key", key, path])
    }
  }

  @Test(
    "The longest key that is there is meant, and a tensor before all else",
    arguments: [
      ("metadata.x.y", "dotted\n"), ("metadata.x", "plain\n"), ("metadata.lines", "one\ntwo\n"), ("a", "[1]\n"),
      ("a.b", "[2,3]\n"), ("0", "4\n"), ("tensors.a.b.shape", "[2]\n"), ("tensors.a.shape.0", "1\n"),
      ("elements", "4\n"), ("format", "safetensors\n"), ("type", "tensor-file\n"),
    ])
  func found(key: String, text: String) throws {
    let outcome = try outcome(key)
    #expect(outcome.status == 0)
    #expect(outcome.text == text)
    #expect(outcome.errors.isEmpty)
  }

  @Test(
    "What is not there is refused in one line",
    arguments: ["", ".", "a.", "b", "metadata.z", "metadata.x.y.z", "tensors.9", "tensors.-1", "tensors.a.shape.1"])
  func missing(key: String) throws {
    let outcome = try outcome(key)
    #expect(outcome.status == 65)
    #expect(outcome.output.isEmpty)
    #expect(outcome.errors.hasSuffix(": has no value and no tensor \(key); see --json\n"))
    #expect(outcome.errors.count { $0 == "\n" } == 1)
  }
}
