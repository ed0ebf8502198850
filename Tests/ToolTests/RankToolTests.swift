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

  @Test("What all ranks refuse is said once, as a record, before the launcher ends them")
  func refusal() throws {
    let launcher = BuiltTool(path: "/bin/sh")
    let command = "mpirun --oversubscribe -n 3 '\(BuiltTool("cusp-train").path)' --data digits --progress json"
    let outcome = try launcher.run(
      ["-c", command], environment: ["OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"])
    let told = outcome.errors.split(separator: "\n").filter { $0.hasPrefix("{") }
    #expect(outcome.status == 64 && told.count == 1)
    #expect(told.first?.contains("3 ranks: sums are those of a balanced tree") == true)
  }
}
