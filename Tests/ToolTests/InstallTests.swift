import Foundation
import Records
import TestSupport
import Testing

/// What `tools/install` puts where, and what it removes.
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

  @Test("Installing copies the programs, writes their pages and completions, and can be undone")
  func installation() throws {
    try Fixture.withTemporaryFolder { folder in
      let prefix = "\(folder)/a b"
      let outcome = try script.run([BuiltTool.folder, prefix, "cusp", "cusp-data"])
      #expect(outcome.status == 0 && outcome.errors.isEmpty, "\(outcome.errors)")
      #expect(outcome.text == "installed under \(prefix): put \(prefix)/bin into PATH\n")
      let expected = ["cusp", "cusp-data"].flatMap { name in
        [
          "bin/\(name)", "share/man/man1/\(name).1", "share/bash-completion/completions/\(name)",
          "share/zsh/site-functions/_\(name)", "share/fish/vendor_completions.d/\(name).fish",
        ]
      }
      let manager = FileManager.default
      func files() throws -> Set<String> {
        Set(try manager.subpathsOfDirectory(atPath: prefix).filter { !isFolder("\(prefix)/\($0)") })
      }
      #expect(try files() == Set(expected + ["share/cusp/study.mk"]))
      for name in expected { #expect(manager.contents(atPath: "\(prefix)/\(name)")?.isEmpty == false, "\(name)") }
      #expect(try BuiltTool(path: "\(prefix)/bin/cusp").run(["data", "--version"]).text == "0.1.0\n")
      #expect(try script.run(["--remove", prefix, "cusp", "cusp-data"]).status == 0)
      #expect(try files() == [])
    }
  }

  private func isFolder(_ path: String) -> Bool {
    var isFolder: ObjCBool = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder.boolValue
  }

  @Test(
    "Programs describe themselves to other programs, and complete in bash",
    arguments: [
      "cusp", "cusp-train", "cusp-attack", "cusp-bench", "cusp-convert", "cusp-data", "cusp-diff", "cusp-doctor",
      "cusp-evaluate", "cusp-fooling-rate", "cusp-inspect", "cusp-merge", "cusp-plot", "cusp-report", "cusp-summarise",
      "cusp-verify",
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
