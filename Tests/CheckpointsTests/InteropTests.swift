import Checkpoints
import Foundation
import Networks
import Tensors
import TestSupport
import Testing

/// Whether bash can run `command`, so that tests of programs that are not here are skipped.
private func works(_ command: String) -> Bool {
  (try? BuiltTool(path: "/bin/bash").run(["-c", command]))?.status == 0
}

/// Programs of others read the checkpoints that this package writes; tests of those not installed are skipped.
@Suite struct InteropTests {
  /// Runs `body` with the path of a checkpoint of the definition of `tiny.h5` and other numbers.
  private func withCheckpoint(_ body: (Checkpoint, String) throws -> Void) throws {
    let graph = try NetworkGraph(CheckpointSummary(path: Fixture.path("checkpoints/tiny.h5")).definition)
    var number: Float = 0
    let parameters = Parameters(of: graph) { spec in
      Tensor(
        spec.shape,
        (0..<spec.shape.count).map { _ in
          number += 0.375; return number
        })
    }
    let checkpoint = try Checkpoint(
      definition: graph.definition, parameters: parameters, classNames: ["cat", "dog", "bird"],
      progress: .init(epoch: 2))
    try Fixture.withTemporaryFolder { folder in
      try checkpoint.write(to: "\(folder)/model.h5")
      try body(checkpoint, "\(folder)/model.h5")
    }
  }

  @Test("h5dump lists the tensors with their types and shapes", .enabled(if: works("h5dump --version")))
  func dump() throws {
    try withCheckpoint { checkpoint, path in
      let outcome = try BuiltTool(path: "/bin/bash").run(["-c", "exec h5dump -H \"$0\"", path])
      #expect(outcome.status == 0)
      #expect(outcome.errors.isEmpty)
      #expect(outcome.text.components(separatedBy: "H5T_IEEE_F32LE").count - 1 == checkpoint.parameters.specs.count)
      #expect(outcome.text.contains("SIMPLE { ( 2, 1, 3, 3 ) / ( 2, 1, 3, 3 ) }"))
    }
  }

  @Test(
    "h5py reads every tensor with the bytes that its digest promises, and text as text",
    .enabled(if: works("python3 -c 'import h5py'")))
  func python() throws {
    let script = """
      import hashlib, json, sys, h5py
      with h5py.File(sys.argv[1]) as file:
          print(json.loads(file.attrs["definition"])["architecture"], list(file.attrs["class_names"]))
          def visit(name, item):
              if isinstance(item, h5py.Dataset):
                  assert hashlib.sha256(item[...].tobytes()).hexdigest() == item.attrs["sha256"], name
                  print(name.replace("/", "."), "x".join(map(str, item.shape)))
          file["parameters"].visititems(visit)
      """
    try withCheckpoint { checkpoint, path in
      let outcome = try BuiltTool(path: "/bin/bash").run(["-c", "exec python3 -c \"$0\" \"$1\"", script, path])
      #expect(outcome.errors.isEmpty)
      let lines = outcome.text.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
      #expect(lines.first == "tiny ['cat', 'dog', 'bird']")
      let expected = checkpoint.parameters.specs.map { "\($0.path.text) \($0.shape)" }
      #expect(lines.dropFirst().sorted() == expected.map { $0.trimmingCharacters(in: .whitespaces) }.sorted())
    }
  }
}
