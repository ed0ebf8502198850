import Foundation
import Records
import TestSupport
import Testing

/// The exit status of every kind of failure, from the programs as users run them.
@Suite struct StatusTests {
  private func check(_ tool: String, _ arguments: [String], _ status: Int32, _ message: String) throws {
    let outcome = try BuiltTool(tool).run(arguments)
    #expect(outcome.status == status, "\(tool) \(arguments)")
    #expect(outcome.errors == "\(tool): \(message)\n")
    #expect(outcome.output.isEmpty)
  }

  @Test("A wrong command line is 64")
  func usage() throws {
    try check(
      "cusp-fooling-rate", ["--format", "xml"], 64,
      "The value 'xml' is invalid for '--format <format>'. Please provide one of 'text', 'ndjson', 'csv', 'tsv' or 'json'; "
        + "see cusp-fooling-rate --help"
    )
    try check("cusp", ["--frobnicate"], 64, "Unknown option '--frobnicate'; see cusp --help")
    try check(
      "cusp-evaluate", ["--epsilon", "x"], 64,
      "The value 'x' is invalid for '--epsilon <epsilon>': give numbers without a unit, as in 0.3, 8/255 or 15,30, "
        + "or ranges FIRST:LAST:STEP, as in 0:180:15; see cusp-evaluate --help")
  }

  @Test("Wrong content is 65")
  func data() throws {
    try Fixture.withTemporaryFolder { folder in
      try Data("not an array".utf8).write(to: URL(fileURLWithPath: "\(folder)/a.npy"))
      let outcome = try BuiltTool("cusp-fooling-rate").run(["\(folder)/a.npy", "\(folder)/a.npy"])
      #expect(outcome.status == 65)
      #expect(outcome.errors.hasPrefix("cusp-fooling-rate: \(folder)/a.npy: "))
      #expect(outcome.errors.count { $0 == "\n" } == 1)
    }
  }

  @Test("What is not there is 66", arguments: ["cusp-attack", "cusp-evaluate"])
  func noInput(tool: String) throws {
    try check(tool, ["/none/model.h5"], 66, "/none/model.h5: no such file; check the path")
    try Fixture.withTemporaryFolder { folder in
      try check(tool, [folder], 66, "\(folder): not a regular file; name a file")
    }
  }

  @Test("What cannot be created is 73, before any work")
  func cannotCreate() throws {
    try check("cusp-train", ["--output", "/none/x.h5"], 73, "/none/x.h5: cannot create: no such folder; make it first")
    try check(
      "cusp-train", ["--output", "/dev/null"], 73,
      "/dev/null: cannot create: this is a device; name a plain file")
  }

  @Test(
    "A stream that cannot be read is 74, whatever it is",
    arguments: [("<&-", "Bad file descriptor"), ("< /", "Is a directory")])
  func inputOutput(redirection: String, words: String) throws {
    let tool = BuiltTool("cusp-fooling-rate")
    let outcome = try BuiltTool(path: "/bin/bash").run(["-c", "exec '\(tool.path)' \(redirection)"])
    #expect(outcome.status == 74)
    #expect(outcome.errors == "cusp-fooling-rate: stdin: \(words)\n")
  }

  @Test("While a program runs, what libraries print goes to standard error, and a closed one is filled")
  func descriptors() throws {
    // The program waits for its input in a pipe meanwhile, where its descriptors can be seen.
    let script = """
      mkfifo input
      '\(BuiltTool("cusp-fooling-rate").path)' REDIRECTION < input > output &
      program=$!
      exec 3> input
      for attempt in {1..1000}; do
        [ "$(readlink /proc/$program/fd/1)" = "$PWD/output" ] || break
        sleep 0.01
      done
      readlink /proc/$program/fd/1 /proc/$program/fd/2
      cat records >&3
      exec 3>&-
      wait $program
      """
    let record = PredictionRecord(
      setting: Setting(model: "m", attack: "a", norm: "l2", epsilon: 1), index: 0, label: 0, natural: 0, perturbed: 1,
      distance: 0)
    for (redirection, target) in [("2> errors", "errors"), ("2>&-", nil)] as [(String, String?)] {
      try Fixture.withTemporaryFolder { folder in
        let folder = URL(fileURLWithPath: folder).resolvingSymlinksInPath().path
        try Data(record.line).write(to: URL(fileURLWithPath: "\(folder)/records"))
        let command = script.replacingOccurrences(of: "REDIRECTION", with: redirection)
        let outcome = try BuiltTool(path: "/bin/bash").run(["-c", command], folder: folder)
        let seen = target.map { "\(folder)/\($0)" } ?? "/dev/null"
        #expect(outcome.text == "\(seen)\n\(seen)\n")
        #expect(outcome.status == 0)
        let output = try String(contentsOfFile: "\(folder)/output", encoding: .utf8)
        #expect(output.hasPrefix(#"{"type":"fooling-rate","v":1,"model":"m","#))
      }
    }
  }
}

/// What programs say of wrong input, on a terminal and off.
@Suite struct DiagnosticsTests {
  private let tool = BuiltTool("cusp-fooling-rate")

  @Test(
    "What streams quote cannot steer a terminal, and quiet programs still tell errors", arguments: [[], ["--quiet"]])
  func controlCharacters(arguments: [String]) throws {
    let error = ErrorRecord(code: "data", message: "\u{1B}]0;x\u{7} \u{9B}2J\r\nné")
    let outcome = try tool.run(arguments, input: error.line)
    #expect(
      outcome.errors == """
        cusp-fooling-rate: stdin: ?]0;x? ?2J??né
        cusp-fooling-rate: no prediction records on stdin; see what the program before it said

        """)
    #expect(outcome.status == 65)
  }

  @Test(
    "On a terminal a message clears the line of a bar, unless nobody watches it",
    .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/script")),
    arguments: [
      ("TERM=xterm", true), ("TERM=dumb", false), ("TERM=xterm SLURM_PROCID=0", false),
      ("TERM=xterm PMIX_RANK=1", false), ("TERM=xterm OMPI_COMM_WORLD_SIZE=2", false),
    ])
  func terminal(environment: String, clears: Bool) throws {
    let command =
      "unset SLURM_PROCID PMIX_RANK OMPI_COMM_WORLD_SIZE; "
      + "\(environment) script -qec \"'\(tool.path)' < /dev/null\" /dev/null < /dev/null"
    let outcome = try BuiltTool(path: "/bin/bash").run(["-c", command])
    let message = "cusp-fooling-rate: no prediction records on stdin; see what the program before it said\r\n"
    #expect(outcome.text == (clears ? "\r\u{1B}[K" : "") + message)
    #expect(outcome.status == 65)
  }
}
