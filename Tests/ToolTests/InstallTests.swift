import Foundation
import Records
import TestSupport
import Testing

/// What `tools/install` needs of the programs, and what it removes. Installing itself builds, which no test can do.
@Suite struct InstallTests {
  private let script = BuiltTool(path: Fixture.repository.appending(path: "tools/install").path)

  @Test("Removing takes away what installing put there, and nothing else")
  func removal() throws {
    try Fixture.withTemporaryFolder { folder in
      let own = [
        "bin/cusp-inspect", "share/man/man1/cusp-inspect.1", "share/bash-completion/completions/cusp-inspect",
        "share/zsh/site-functions/_cusp-inspect", "share/fish/vendor_completions.d/cusp-inspect.fish",
        "share/cusp/study.mk",
      ]
      let others = ["bin/cusp", "bin/cusp-inspector", "share/man/man1/ls.1"]
      for name in own + others {
        let file = URL(fileURLWithPath: "\(folder)/a b/\(name)")
        try FileManager.default.createDirectory(
          at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data().write(to: file)
      }
      let outcome = try script.run(["--remove", "\(folder)/a b", "cusp-inspect", "cusp-never-installed"])
      #expect(outcome.status == 0)
      #expect(outcome.errors.isEmpty)
      for name in own { #expect(!FileManager.default.fileExists(atPath: "\(folder)/a b/\(name)"), "\(name)") }
      for name in others { #expect(FileManager.default.fileExists(atPath: "\(folder)/a b/\(name)"), "\(name)") }
    }
  }

  @Test("Every program is installed")
  func programs() throws {
    let manager = FileManager.default
    let makefile = try String(contentsOf: Fixture.repository.appending(path: "Makefile"), encoding: .utf8)
    let joined = makefile.replacing("\\\n", with: "")
    let line = try #require(joined.split(separator: "\n").first { $0.hasPrefix("TOOLS = ") })
    let folders = try manager.contentsOfDirectory(atPath: Fixture.repository.appending(path: "tools").path)
    let programs = folders.filter { $0 == "cusp" || $0.hasPrefix("cusp-") }
    let named = line.dropFirst("TOOLS = ".count).split { " \t".contains($0) }.map(String.init)
    #expect(named.sorted() == programs.sorted())
  }

  @Test("A wrong command line is answered with the usage", arguments: [[], ["--remove", "/tmp"], ["bin", "prefix"]])
  func usage(arguments: [String]) throws {
    let outcome = try script.run(arguments)
    #expect(outcome.status == 64)
    #expect(outcome.errors.hasPrefix("tools/install BIN_DIR PREFIX TOOL...\n"))
  }

  @Test("Examples stay as they are in a manual page, and statuses are told")
  func page() throws {
    let generated = """
      .Sh DESCRIPTION
      EXAMPLES:
        cusp-a model.h5 --pgd \\e
            --epsilon 8/255
        cusp-a

      Reads models.
      .Bl -tag -width 6n
      .It Fl -list
      .El
      .Sh EXIT STATUS
      .Ex -std
      """
    let finished = try script.run(["--finish-page"], text: generated + "\n")
    #expect(finished.status == 0)
    let lines = finished.text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    let literal = [
      "EXAMPLES:", ".Bd -literal", "  cusp-a model.h5 --pgd \\e", "      --epsilon 8/255", "  cusp-a", ".Ed", ".Pp",
      "Reads models.",
    ]
    #expect(lines.count > 9 && Array(lines[1..<9]) == literal)
    #expect(finished.text.contains("0 done; 1 the answer is no;"))
    let atTheEnd = try script.run(["--finish-page"], text: "EXAMPLES:\n  cusp-a\n")
    #expect(atTheEnd.text == "EXAMPLES:\n.Bd -literal\n  cusp-a\n.Ed\n")
  }

  @Test(
    "Programs describe themselves to the generator of manual pages, and complete in bash",
    arguments: [
      "cusp", "cusp-train", "cusp-attack", "cusp-bench", "cusp-convert", "cusp-data", "cusp-diff", "cusp-evaluate",
      "cusp-fooling-rate", "cusp-inspect", "cusp-plot", "cusp-report", "cusp-summarise", "cusp-verify",
    ])
  func descriptions(name: String) throws {
    let tool = BuiltTool(name)
    let description = try JSON(parsing: tool.run(["--experimental-dump-help"]).text)
    #expect(description["command"]?["commandName"]?.string == name)
    #expect(description["command"]?["abstract"]?.string?.hasSuffix(".") == true)
    let script = try tool.run(["--generate-completion-script", "bash"])
    #expect(script.status == 0)
    #expect(try BuiltTool(path: "/bin/bash").run(["-n"], input: script.output).errors.isEmpty)
  }
}
