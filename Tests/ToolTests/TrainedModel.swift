import Foundation
import Records
import TestSupport

/// A model of the built-in digits that is trained once, by the program, for all tests that need one.
struct TrainedModel {
  /// The model file.
  let path: String
  /// What training wrote to standard output.
  let records: String

  /// The model, or why there is none.
  static let digits = Result { try TrainedModel() }

  /// Runs `body` in a folder with the model, `m.h5`, and a copy of it, `copy.h5`.
  static func withTwo(_ body: (String) throws -> Void) throws {
    try Fixture.withTemporaryFolder { folder in
      let model = try digits.get().path
      for name in ["m.h5", "copy.h5"] {
        try FileManager.default.copyItem(atPath: model, toPath: "\(folder)/\(name)")
      }
      try body(folder)
    }
  }

  private static let folder: String = {
    let path = FileManager.default.temporaryDirectory.appending(path: "cusp-test-model-\(UUID().uuidString)").path
    atexit { try? FileManager.default.removeItem(atPath: TrainedModel.folder) }
    return path
  }()

  private init() throws {
    try FileManager.default.createDirectory(atPath: Self.folder, withIntermediateDirectories: true)
    path = "\(Self.folder)/model.h5"
    let outcome = try BuiltTool("cusp-train").run(["--epochs", "2", "--output", path, "--quiet"])
    guard outcome.status == 0 else { throw TrainingFailed(message: outcome.errors) }
    records = outcome.text
  }

  private struct TrainingFailed: Error { let message: String }
}

extension BuiltTool.Outcome {
  /// The records on standard output.
  func records() throws -> [JSON] { try output.split(separator: 0x0A).map { try JSON(parsing: Array($0)) } }

  /// What it wrote, without what records say of their model's file.
  var unnamed: String {
    text.replacing(/"path":"[^"]*",("method":"[^"]*",)?("model_seed":"[^"]*",)?/, with: "")
  }

  /// What is wrong with how the program ended or what it wrote; nothing for a good run.
  var problems: [String] {
    (status == 0 ? [] : ["status \(status): \(errors)"]) + RecordSchemas.problems(inOutput: text)
  }
}

/// Runs `command` in bash, the built programs first in PATH, failures of a pipe's earlier programs counted.
func bash(_ command: String, folder: String? = nil) throws -> BuiltTool.Outcome {
  let path = "\(BuiltTool.folder):\(ProcessInfo.processInfo.environment["PATH"] ?? "")"
  return try BuiltTool(path: "/bin/bash").run(
    ["-o", "pipefail", "-c", command], environment: ["PATH": path, "LC_ALL": "C.UTF-8"], folder: folder)
}
