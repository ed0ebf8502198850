import Foundation
import TestSupport
import Testing

/// Which program a verb means, and what is said when there is none.
@Suite struct LauncherVerbTests {
  private let tool = BuiltTool("cusp")

  /// Runs the launcher with a PATH of `folder` alone, whose files are links to `/bin/echo`.
  private func run(_ words: [String], with names: [String]) throws -> BuiltTool.Outcome {
    try Fixture.withTemporaryFolder { folder in
      for name in names {
        try FileManager.default.createSymbolicLink(atPath: "\(folder)/\(name)", withDestinationPath: "/bin/echo")
      }
      return try tool.run(words, environment: ["PATH": folder])
    }
  }

  @Test(
    "Near spellings are told: a letter too many, too few, wrong, or two exchanged",
    arguments: [
      ("trainn", "train"), ("trai", "train"), ("tarin", "train"), ("Train", "train"), ("atack", "attack"),
      ("evalute", "evaluate"), ("evaluates", "evaluate"), ("foolingrate", "fooling-rate"),
      ("fooling_rate", "fooling-rate"), ("inspekt", "inspect"), ("serv", "serve"), ("sevre", "serve"),
      ("attack/", "attack"),
    ])
  func near(verb: String, meant: String) throws {
    let outcome = try run([verb, "--help"], with: [])
    #expect(outcome.status == 64)
    #expect(outcome.errors == "cusp: unknown verb `\(verb)`; did you mean `\(meant)`?\n")
    #expect(outcome.output.isEmpty)
  }

  @Test(
    "What is not near gets no guess",
    arguments: ["xyz", "t", "training", "fooling", "a/b", "/bin/ls", ".", "..", "né", "a\u{1B}"])
  func far(verb: String) throws {
    let outcome = try run([verb], with: [])
    #expect(outcome.status == 64)
    let shown = verb.replacingOccurrences(of: "\u{1B}", with: "?")
    #expect(outcome.errors == "cusp: unknown verb `\(shown)`; `cusp help` lists them\n")
  }

  @Test("The nearest verb is told, and a short word is not taken for another")
  func nearest() throws {
    #expect(try run(["hallo"], with: ["cusp-hello", "cusp-hollow"]).errors.hasSuffix("did you mean `hello`?\n"))
    #expect(try run(["zq"], with: ["cusp-ab"]).errors.hasSuffix("`cusp help` lists them\n"))
    #expect(try run(["az"], with: ["cusp-ab"]).errors.hasSuffix("did you mean `ab`?\n"))
  }

  @Test("All words after the verb are the program's, as they are")
  func words() throws {
    let words = ["hello", "", "a  b", "--help", "-n", "$HOME", "*", "né", "help", "--"]
    let outcome = try run(words, with: ["cusp-hello"])
    #expect(outcome.text == words.dropFirst().joined(separator: " ") + "\n")
    #expect(outcome.status == 0)
  }

  @Test("Programs beside the launcher come before those in PATH")
  func precedence() throws {
    let outcome = try run(["fooling-rate", "--version"], with: ["cusp-fooling-rate"])
    #expect(outcome.text == "0.1.0\n")
  }

  @Test("Folders, files that cannot be run, broken links and names with a dot are no verbs")
  func notPrograms() throws {
    try Fixture.withTemporaryFolder { folder in
      let manager = FileManager.default
      try manager.createDirectory(atPath: "\(folder)/cusp-folder", withIntermediateDirectories: false)
      try Data("x".utf8).write(to: URL(fileURLWithPath: "\(folder)/cusp-text"))
      try manager.createSymbolicLink(atPath: "\(folder)/cusp-broken", withDestinationPath: "none")
      try manager.createSymbolicLink(atPath: "\(folder)/cusp-notes.txt", withDestinationPath: "/bin/echo")
      try manager.createSymbolicLink(atPath: "\(folder)/other", withDestinationPath: "/bin/echo")
      try manager.createSymbolicLink(atPath: "\(folder)/cusp-real", withDestinationPath: "/bin/echo")
      let environment = ["PATH": "/none::\(folder):"]
      let list = try tool.run(environment: environment).text
      #expect(list.contains("\nreal\n"))
      for name in ["folder", "text", "broken", "notes", "other"] {
        #expect(!list.contains("\n\(name)"), "\(name)")
        let status = try tool.run([name], environment: environment).status
        #expect(status == 64, "\(name)")
      }
    }
  }

  @Test("A program that the system refuses to run is named with the system's words")
  func refused() throws {
    try Fixture.withTemporaryFolder { folder in
      // Made without opening it: a file open for writing cannot be run at all.
      try #require(mknod("\(folder)/cusp-empty", S_IFREG | 0o755, 0) == 0)
      let outcome = try tool.run(["empty"], environment: ["PATH": folder])
      #expect(outcome.status == 66)
      #expect(outcome.errors == "cusp: \(folder)/cusp-empty: Exec format error\n")
    }
  }

  @Test("Without PATH there are still the programs beside the launcher")
  func noPath() throws {
    let outcome = try BuiltTool(path: "/usr/bin/env").run(["-u", "PATH", tool.path, "help"])
    #expect(outcome.status == 0)
    #expect(outcome.text.contains("\ntrain "))
    let version = try BuiltTool(path: "/usr/bin/env").run(["-i", tool.path, "train", "--version"])
    #expect(version.text == "0.1.0\n")
  }

  @Test("A launcher called through a link finds the programs beside the file it means")
  func link() throws {
    try Fixture.withTemporaryFolder { folder in
      try FileManager.default.createSymbolicLink(atPath: "\(folder)/c", withDestinationPath: tool.path)
      let outcome = try BuiltTool(path: "\(folder)/c").run(
        ["fooling-rate", "--version"], environment: ["PATH": "/none"])
      #expect(outcome.text == "0.1.0\n")
    }
  }

  @Test("Each verb that is listed answers to its name, and verbs are sorted")
  func list() throws {
    let lines = try run([], with: []).text.split(separator: "\n").dropFirst().dropLast()
    let verbs = lines.map { String($0.prefix { $0 != " " }) }
    #expect(verbs == verbs.sorted())
    #expect(Set(verbs).isSuperset(of: ["attack", "evaluate", "fooling-rate", "inspect", "serve", "train"]))
    #expect(lines.allSatisfy { $0.hasSuffix(".") }, "every verb of this package has a sentence")
  }

  @Test(
    "Options in place of a verb are the launcher's",
    arguments: [
      (["--version"], 0, "0.1.0\n", ""), (["--nope"], 64, "", "cusp: Unknown option '--nope'; see cusp --help\n"),
    ]
      as [([String], Int32, String, String)])
  func options(words: [String], status: Int32, output: String, errors: String) throws {
    let outcome = try tool.run(words)
    #expect(outcome.status == status)
    #expect(outcome.text == output)
    #expect(outcome.errors == errors)
  }

  @Test("Help on a full disk is a failure of the launcher, too")
  func fullDisk() throws {
    let outcome = try BuiltTool(path: "/bin/bash").run(["-c", "'\(tool.path)' help > /dev/full"])
    #expect(outcome.status == 74)
    #expect(
      outcome.errors == "cusp: stdout: No space left on device; what was written so far is incomplete\n")
  }
}
