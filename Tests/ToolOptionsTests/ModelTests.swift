import ArgumentParser
import Checkpoints
import Evaluation
import Failures
import Files
import Foundation
import Networks
import PortableBackend
import Programs
import Records
import Tensors
import TestSupport
import Testing
import ToolOptions
import ToolSupport

@Suite("Options of models and engines")
struct ModelTests {
  private let backend = PortableBackend(threads: 1)

  /// Hands `body` what the models of `arguments`, or of `records` on standard input, are.
  private func forEach(
    _ arguments: [String], records: [UInt8] = [], in folder: String,
    check: (LoadedModel) throws -> Void = { _ in }, _ body: (LoadedModel) throws -> Void
  ) throws {
    try Data(records).write(to: URL(fileURLWithPath: "\(folder)/input"))
    let (input, sink) = (open("\(folder)/input", O_RDONLY), open("/dev/null", O_WRONLY))
    defer { close(input) }
    let output = StandardOutput(descriptor: sink)
    let context = ToolContext(name: "test", output: output, diagnostics: Diagnostics(name: "test", isQuiet: true))
    try ModelOptions.parse(arguments).forEach(
      context, on: backend, descriptor: input, check: check, body)
    try output.finish()
  }

  private func record(_ checkpoint: Checkpoint, path: String, data: String = "digits") -> CheckpointRecord {
    CheckpointRecord(path: path, digest: checkpoint.digest, epoch: 0, architecture: "digits-cnn", data: data)
  }

  @Test("Models named as arguments come in their order, standard input unread")
  func arguments() throws {
    try Fixture.withTemporaryFolder { folder in
      let checkpoints = try [makeCheckpoint(), makeCheckpoint(classCount: 3)]
      let paths = ["\(folder)/b.h5", "\(folder)/a.h5"]
      for (checkpoint, path) in zip(checkpoints, paths) { try checkpoint.write(to: path) }
      var found: [String] = []
      try forEach(paths + [paths[0]], records: Array("no record\n".utf8), in: folder) { model in
        found += [model.path, model.digest]
      }
      let expected = zip(paths, checkpoints).flatMap { [$0, $1.digest] }
      #expect(found == expected + expected[..<2])
      #expect(checkpoints[0].digest != checkpoints[1].digest)
    }
  }

  @Test("A missing file and one that is no model end it before any work on the models before")
  func badFiles() throws {
    try Fixture.withTemporaryFolder { folder in
      try makeCheckpoint().write(to: "\(folder)/a.h5")
      try Data("text".utf8).write(to: URL(fileURLWithPath: "\(folder)/text.h5"))
      for (name, kind) in [("absent.h5", Failure.Kind.noInput), ("text.h5", .data)] {
        var count = 0
        let failure = #expect(throws: Failure.self) {
          try forEach(["\(folder)/a.h5", "\(folder)/\(name)", "\(folder)/a.h5"], in: folder) { _ in count += 1 }
        }
        #expect(count == 0)
        #expect(failure?.kind == kind)
        #expect(failure?.message.hasPrefix("\(folder)/\(name): ") == true, "\(failure?.message ?? "")")
      }
    }
  }

  @Test("All models are checked, in their order, before the first is handed out")
  func checks() throws {
    try Fixture.withTemporaryFolder { folder in
      try makeCheckpoint().write(to: "\(folder)/a.h5")
      try makeCheckpoint(classCount: 3).write(to: "\(folder)/b.h5")
      var calls: [String] = []
      func run(_ paths: [String], refusing: Int = 99) throws {
        calls = []
        try forEach(
          paths.map { "\(folder)/\($0).h5" }, in: folder,
          check: { model in
            calls.append("check \(model.graph.classCount)")
            if calls.count == refusing { throw Failure(.usage, "no") }
          },
          { calls.append("run \($0.graph.classCount)") })
      }
      try run(["a", "b", "a"])
      #expect(calls == ["check 10", "check 3", "check 10", "run 10", "run 3", "run 10"])
      try run(["b"])
      #expect(calls == ["check 3", "run 3"])
      #expect(throws: Failure(.usage, "no")) { try run(["a", "b"], refusing: 2) }
      #expect(calls == ["check 10", "check 3"])
    }
  }

  @Test("What the caller throws comes out at once")
  func throwing() throws {
    struct Stop: Error {}
    try Fixture.withTemporaryFolder { folder in
      try makeCheckpoint().write(to: "\(folder)/a.h5")
      var count = 0
      #expect(throws: Stop.self) {
        try forEach(["\(folder)/a.h5", "\(folder)/a.h5"], in: folder) { _ in
          count += 1
          throw Stop()
        }
      }
      #expect(count == 1)
    }
  }

  @Test("Without arguments the checkpoint records on standard input are taken, with the data they name")
  func records() throws {
    try Fixture.withTemporaryFolder { folder in
      let checkpoint = try makeCheckpoint(configuration: #"{"data":"digits"}"#)
      let path = "\(folder)/a.h5"
      try checkpoint.write(to: path)
      var found: [String] = []
      let lines = ["mnist:/a", "mnist:/b"].flatMap { record(checkpoint, path: path, data: $0).line }
      try forEach([], records: lines, in: folder) { found += [$0.data, $0.digest] }
      #expect(found == ["mnist:/a", checkpoint.digest, "mnist:/b", checkpoint.digest])
    }
  }

  @Test("A file that is no longer the model its record announces is refused, with both digests")
  func replaced() throws {
    try Fixture.withTemporaryFolder { folder in
      let path = "\(folder)/a.h5"
      let (announced, other) = try (makeCheckpoint(), makeCheckpoint(classCount: 3))
      try other.write(to: path)
      let holds = "\(path): holds model \(other.digest.prefix(12)), "
      let message = holds + "its record announced \(announced.digest.prefix(12)): it was replaced since"
      #expect(throws: Failure(.data, message)) {
        try forEach([], records: record(announced, path: path).line, in: folder) { _ in Issue.record("handed out") }
      }
    }
  }

  @Test("Threads are 1 to 1024", arguments: [-1, 0, 1025])
  func threads(count: Int) throws {
    expectRefusal(EngineOptions.self, ["--threads=\(count)"], "--threads \(count): give 1 to 1024")
    expectRefusal(EngineOptions.self, ["--threads", "all"], "The value 'all' is invalid for '--threads <threads>'")
    #expect(try EngineOptions.parse([]).threads == nil)
    expectRefusal(
      EngineOptions.self, ["--engine=portable", "--direct"],
      "--direct: the portable engine has one algorithm; leave it out")
    #expect(try EngineOptions.parse(["--threads", "1024"]).threads == 1024)
  }

  @Test("The backend is the fastest of the build")
  func backends() throws {
    let backend = try EngineOptions.parse(["--threads", "3"]).makeBackend(Diagnostics(name: "test", isQuiet: true))
    #if CUSP_ONEDNN
      #expect(backend.name.hasPrefix("onednn "))
    #else
      #expect(backend.name == "portable")
    #endif
  }
}
