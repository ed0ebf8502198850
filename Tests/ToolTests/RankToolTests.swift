import Foundation
import TestSupport
import Testing

/// Whether this machine has Open MPI.
private let hasLauncher =
  (try? BuiltTool(path: "/bin/sh").run(["-c", "mpirun --version"]).text.contains("Open MPI")) ?? false

/// Training over processes, as `tools/rank-test` tries it in short; `make test-mpi` does all of it.
@Suite(.enabled(if: hasLauncher, "needs Open MPI's mpirun")) struct RankToolTests {
  @Test("Ranks write the bytes of one process, over two hosts and after a signal, and refuse what they should")
  func ranks() throws {
    let script = BuiltTool(path: Fixture.repository.appending(path: "tools/rank-test").path)
    let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
    let outcome = try script.run(["--short"], environment: ["PATH": "\(BuiltTool.folder):\(path)"])
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.text.hasPrefix("rank-test: 1 rank and 2 on "))
  }
}
