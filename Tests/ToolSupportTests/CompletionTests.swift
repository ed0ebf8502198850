import ArgumentParser
import Records
import Testing
import ToolSupport

/// A program with options of all kinds.
private struct Sample: ParsableCommand {
  enum Method: String, CaseIterable, ExpressibleByArgument { case natural, pgd }
  @Argument(completion: .file(extensions: ["h5", "pt"])) var model: String
  @Argument(completion: .list(["digits", "mnist:*/", "*.npz"])) var data: [String] = []
  @Option(help: "How.") var method: Method = .natural
  @Option(completion: .directory) var folder: String?
  @Option(completion: .file()) var output: String?
  @Option var steps: Int?
  @Option var rename: [String] = []
  @Flag(name: .shortAndLong, help: "Nothing.") var quiet = false
  @Flag(help: .hidden) var secret = false
}

@Suite struct CompletionPatternTests {
  typealias Case = (pattern: String, typed: String, offer: CompletionPattern.Offer?)

  @Test(
    "A pattern offers what may become of the part that is typed",
    arguments: [
      ("digits", "", .word("digits")), ("digits", "dig", .word("digits")), ("digits", "digits", .word("digits")),
      ("digits", "digits2", nil), ("digits", "m", nil),
      ("mnist:*/", "", .word("mnist:")), ("mnist:*/", "mni", .word("mnist:")),
      ("mnist:*/", "mnist:", .files(prefix: "mnist:", ending: "/")),
      ("mnist:*/", "mnist:a/b", .files(prefix: "mnist:", ending: "/")),
      ("*.npz", "a", .files(prefix: "", ending: "npz")), ("*", "", .files(prefix: "", ending: "*")),
      ("image:#:*", "im", .word("image:")), ("image:#:*", "image:", nil), ("image:#:*", "image:28", nil),
      ("image:#:*", "image:x", nil), ("image:#:*", "image:28:c", .files(prefix: "image:28:", ending: "*")),
      ("folder:#:*/", "folder:224/256:", .files(prefix: "folder:224/256:", ending: "/")),
      ("canvas:#:digits", "canvas:40:d", .word("canvas:40:digits")), ("wrn-#-#", "w", .word("wrn-")),
      ("pgd,...", "p", .word("pgd")), ("pgd,...", "fab,", .word("fab,pgd")), ("pgd,...", "fab,p", .word("fab,pgd")),
      ("pgd,...", "fab,x", nil), ("pgd", "fab,p", nil),
    ] as [Case])
  func offers(pattern: String, typed: String, offer: CompletionPattern.Offer?) {
    #expect(CompletionPattern(pattern).offer(after: typed) == offer)
  }
}

@Suite struct CommandLineDescriptionTests {
  private func answer(_ words: String...) throws -> String {
    CommandLineDescription(try JSON(parsing: Sample._dumpHelp())).completions(of: words).text
  }

  @Test("Arguments are completed by their place, the last one as often as it is given")
  func places() throws {
    #expect(try answer("") == "\t\th5 pt\n")
    #expect(try answer("m.h5", "") == "digits\nmnist:\n\t\tnpz\n")
    #expect(try answer("m.h5", "digits", "mnist:x") == "\tmnist:\t/\n")
    #expect(try answer("--", "--m") == "\t\th5 pt\n")
    #expect(try answer("-", "d") == "digits\n\t\tnpz\n")
  }

  @Test("Values are completed after their option, and after an equals sign")
  func values() throws {
    #expect(try answer("--method", "") == "natural\npgd\n")
    #expect(try answer("m.h5", "--method", "p") == "pgd\n")
    #expect(try answer("--method=n") == "--method=natural\n")
    #expect(try answer("--folder", "x") == "\t\t/\n")
    #expect(try answer("--output=x") == "\t--output=\t*\n")
    #expect(try answer("--steps", "1").isEmpty)
    #expect(try answer("--nope=1").isEmpty)
    // The value of an option is no argument.
    #expect(try answer("--steps", "3", "") == "\t\th5 pt\n")
    #expect(try answer("--steps=3", "") == "\t\th5 pt\n")
  }

  @Test("Options are offered with what they do, once unless they repeat")
  func options() throws {
    #expect(try answer("--m") == "--method\tHow.\n")
    #expect(try answer("--method", "pgd", "--m").isEmpty)
    #expect(try answer("--rename", "a=b", "--r") == "--rename\n")
    #expect(try answer("-q") == "-q\tNothing.\n")
    #expect(try answer("--q") == "--quiet\tNothing.\n")
    #expect(try answer("-q", "--q").isEmpty)
    #expect(try answer("--se").isEmpty)
    #expect(try answer().hasPrefix("\t\th5"))
  }

  @Test("An answer is a line a word")
  func text() {
    let answer = CompletionAnswer(words: [.init("a", "b"), .init("c")])
    #expect(answer.text == "a\tb\nc\n")
    #expect(answer == CompletionAnswer(words: [.init("a", "b"), .init("c")]))
    #expect(answer != CompletionAnswer(words: [.init("a"), .init("c")]))
    #expect(CompletionAnswer().text.isEmpty)
  }
}
