import Foundation
import TestSupport
import Testing

@Suite struct LauncherTests {
  private let tool = BuiltTool("cusp")

  @Test("A verb becomes its program, with its arguments and standard input")
  func verb() throws {
    let direct = try BuiltTool("cusp-fooling-rate").run(input: try Fixture.data("records/predictions.ndjson"))
    #expect(try tool.run(["fooling-rate"], input: try Fixture.data("records/predictions.ndjson")) == direct)
    let failed = try tool.run(["fooling-rate", "--format", "xml"])
    #expect(failed.status == 64)
    #expect(failed.errors.hasPrefix("cusp-fooling-rate: "))
  }

  @Test("Help lists the verbs with what they do", arguments: [[], ["help"]] as [[String]])
  func list(arguments: [String]) throws {
    let outcome = try tool.run(arguments)
    #expect(outcome.status == 0)
    let lines = outcome.text.split(separator: "\n").map(String.init)
    #expect(lines.first == "verb          what it does")
    #expect(lines.contains("fooling-rate  Count how often a perturbation changes a model's predictions."))
    #expect(lines.last == "`cusp help VERB` tells more.")
  }

  @Test("Help of a verb is that of its program")
  func helpOfVerb() throws {
    let expected = try BuiltTool("cusp-fooling-rate").run(["--help"])
    #expect(try tool.run(["help", "fooling-rate"]) == expected)
    #expect(try tool.run(["fooling-rate", "--help"]) == expected)
    #expect(try tool.run(["help", "cusp-fooling-rate"]) == expected)
    #expect(try tool.run(["--quiet", "fooling-rate", "--help"]) == expected)
  }

  @Test(
    "A wrong verb is refused with what is near",
    arguments: [
      ("foling-rate", "unknown verb `foling-rate`; did you mean `fooling-rate`?"),
      ("zzzzzz", "unknown verb `zzzzzz`; `cusp help` lists them"),
      ("../cusp", "unknown verb `../cusp`; `cusp help` lists them"),
      ("", "unknown verb ``; `cusp help` lists them"),
    ] as [(String, String)])
  func wrongVerb(verb: String, message: String) throws {
    let outcome = try tool.run([verb])
    #expect(outcome.status == 64)
    #expect(outcome.errors == "cusp: \(message)\n")
    #expect(outcome.output.isEmpty)
  }

  @Test("Programs of others in PATH are verbs, too")
  func foreign() throws {
    try Fixture.withTemporaryFolder { folder in
      // A link, since a file just written may still be open in a process that another test starts: "text file busy".
      try FileManager.default.createSymbolicLink(atPath: "\(folder)/cusp-hello", withDestinationPath: "/bin/echo")
      let environment = ["PATH": "\(folder):/usr/bin:/bin"]
      #expect(try tool.run(["hello", "a b"], environment: environment).text == "a b\n")
      #expect(try tool.run(["help"], environment: environment).text.contains("\nhello\n"))
    }
  }

  @Test("What the launcher says of a verb is what its program says of itself")
  func summaries() throws {
    for line in try tool.run(environment: ["PATH": "/usr/bin:/bin"]).text.split(separator: "\n").dropFirst().dropLast()
    {
      let words = line.split(separator: " ", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
      let help = try tool.run([words[0], "--help"]).text
      // A program that is not written yet has no overview.
      guard help.hasPrefix("OVERVIEW: "), words.count == 2 else { continue }
      #expect(
        help.hasPrefix("OVERVIEW: \(words[1])\n"), "copy the abstract of cusp-\(words[0]) to tools/cusp/Programs.swift")
    }
  }
}
