import Foundation
import Records
import TestSupport
import Testing

/// What every program does alike, shown by the one that needs nothing but a stream.
@Suite struct ToolManners {
  private let tool = BuiltTool("cusp-fooling-rate")
  private let record = PredictionRecord(
    setting: Setting(model: "m", attack: "pgd", norm: "linf", epsilon: 0), index: 0, label: 0, natural: 0, perturbed: 0,
    distance: 0)

  @Test("Help shows examples before the usage, and goes to standard output")
  func help() throws {
    let outcome = try tool.run(["--help"])
    #expect(outcome.status == 0)
    #expect(outcome.errors.isEmpty)
    let examples = try #require(outcome.text.range(of: "EXAMPLES:\n  cusp-attack"))
    let usage = try #require(outcome.text.range(of: "USAGE:"))
    #expect(examples.upperBound < usage.lowerBound)
  }

  @Test("The version is one line")
  func version() throws {
    let outcome = try tool.run(["--version"])
    #expect(outcome.text == "0.1.0\n")
    #expect(outcome.errors.isEmpty)
    #expect(outcome.status == 0)
  }

  @Test(
    "A wrong command line is one line and 64", arguments: [["--frobnicate"], ["--format", "xml"], ["--format"]])
  func usage(arguments: [String]) throws {
    let outcome = try tool.run(arguments)
    #expect(outcome.status == 64)
    #expect(outcome.output.isEmpty)
    #expect(outcome.errors.hasPrefix("cusp-fooling-rate: "))
    #expect(outcome.errors.hasSuffix("; see cusp-fooling-rate --help\n"))
    #expect(outcome.errors.count { $0 == "\n" } == 1)
  }

  @Test(
    "A full disk and a closed standard output are noticed",
    arguments: [
      ("> /dev/full", "stdout: No space left on device; what was written so far is incomplete"),
      (">&-", "stdout: Bad file descriptor; open it for writing"),
    ])
  func brokenOutputs(redirection: String, message: String) throws {
    let outcome = try shell("'\(tool.path)' \(redirection) < records")
    #expect(outcome.status == 74)
    #expect(outcome.errors == "cusp-fooling-rate: \(message)\n")
  }

  @Test("When the reader has gone the status is 141 and nothing is said", arguments: ["", "trap '' PIPE; "])
  func brokenPipe(preparation: String) throws {
    // The named pipe is opened and closed by its reader before the first record comes.
    let command = "mkfifo pipe gone; (: < pipe; echo > gone) & (cat gone records | grep .) | '\(tool.path)' > pipe"
    let outcome = try shell("\(preparation)\(command)")
    #expect(outcome.status == 141)
    #expect(outcome.errors.isEmpty)
  }

  private func shell(_ command: String) throws -> BuiltTool.Outcome {
    try Fixture.withTemporaryFolder { folder in
      try Data(record.line).write(to: URL(fileURLWithPath: "\(folder)/records"))
      return try BuiltTool(path: "/bin/bash").run(["-c", command], folder: folder)
    }
  }

  @Test(
    "On a terminal a person gets a hint instead of a silent wait, and a table",
    .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/script")))
  func terminal() throws {
    func onTerminal(_ command: String) throws -> BuiltTool.Outcome {
      try shell("TERM=dumb script -qec \"\(command)\" /dev/null < /dev/null")
    }
    let waiting = try onTerminal("'\(tool.path)'")
    #expect(waiting.status == 64)
    #expect(waiting.text.hasPrefix("cusp-fooling-rate: no predictions: standard input is a terminal; pipe records in"))
    #expect(try onTerminal("'\(tool.path)' < records").text.hasPrefix("model  attack"))
    #expect(try onTerminal("'\(tool.path)' --format ndjson < records").text.hasPrefix("{\"type\""))
  }

  @Test("Help on a full disk fails, too")
  func helpOnFullDisk() throws {
    let outcome = try BuiltTool(path: "/bin/bash").run(["-c", "'\(tool.path)' --help > /dev/full"])
    #expect(outcome.status == 74)
  }

  @Test("Completion scripts come from the parser", arguments: ["bash", "zsh", "fish"])
  func completions(shell: String) throws {
    let outcome = try tool.run(["--generate-completion-script", shell])
    #expect(outcome.status == 0)
    #expect(outcome.text.contains("cusp-fooling-rate"))
  }
}
