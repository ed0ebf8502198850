import Foundation
import TestSupport
import Testing

/// The examples in pages for users do what the pages say.
@Suite struct ExampleTests {
  @Test(
    "Every console example prints what its page promises",
    arguments: ["README.md"] + MarkdownBlock.pages(in: "formats") + MarkdownBlock.toolPages)
  func page(_ page: String) throws {
    guard FileManager.default.fileExists(atPath: Fixture.repository.appending(path: page).path) else { return }
    let examples = try ConsoleExample.examples(of: page)
    try Fixture.withTemporaryFolder { folder in
      // Examples find committed inputs under the name they have in the repository.
      for name in ["fixtures", "tools"] {
        try FileManager.default.createSymbolicLink(
          atPath: "\(folder)/\(name)", withDestinationPath: Fixture.repository.appending(path: name).path)
      }
      for example in examples {
        let mismatch = try example.mismatch(in: folder)
        #expect(mismatch == nil, "\(mismatch ?? "")")
      }
    }
  }

  @Test("Examples that need a program which is not here are left out, and said to be")
  func needs() throws {
    let pages = MarkdownBlock.pages(in: "formats") + MarkdownBlock.toolPages
    let needed = Set(try pages.flatMap(MarkdownBlock.blocks(of:)).flatMap { ConsoleExample.neededPrograms($0) ?? [] })
    #expect(needed == ["parallel", "sbatch"])
    let missing = needed.filter { !ConsoleExample.isHere($0) }.sorted()
    if !missing.isEmpty { print("examples of \(missing.joined(separator: " and ")) are not tested: not installed") }
    let block = MarkdownBlock.blocks(in: "```console no-such-program bash\n$ a\n```\n", page: "p.md")[0]
    #expect(ConsoleExample.neededPrograms(block) == ["no-such-program", "bash"])
    #expect(!ConsoleExample.isHere("no-such-program") && ConsoleExample.isHere("bash"))
  }

  @Test("Examples are cut out of a page with their output")
  func parsing() {
    let text = "a\n```console\n$ one\n> more\nx\n\ny\n$ two\n```\n```ndjson\n{}\n```\n"
    let blocks = MarkdownBlock.blocks(in: text, page: "p.md")
    #expect(blocks.map(\.language) == ["console", "ndjson"])
    #expect(blocks.map(\.description) == ["p.md:3", "p.md:11"])
    let examples = ConsoleExample.examples(in: blocks[0])
    #expect(examples.map(\.command) == ["one\nmore", "two"])
    #expect(examples.map(\.output) == [["x", "", "y"], []])
    #expect(examples.map(\.place) == ["p.md:3", "p.md:8"])
  }

  @Test(
    "Dots stand for any lines and any text",
    arguments: [
      (["a"], ["a"], true), (["a"], ["b"], false), ([], [], true), (["a"], [], false), ([], ["a"], false),
      (["a", "b", "c"], ["..."], true), ([], ["..."], true), (["a", "b", "c"], ["a", "...", "c"], true),
      (["a", "b", "c"], ["...", "b"], false), (["speed 12.5/s"], ["speed .../s"], true), (["ab"], ["a...c"], false),
    ] as [([String], [String], Bool)])
  func wildcards(lines: [String], pattern: [String], isMatch: Bool) {
    #expect(ConsoleExample.matches(lines[...], pattern[...]) == isMatch)
  }

  @Test("An example that prints something else is told with both texts")
  func mismatch() throws {
    try Fixture.withTemporaryFolder { folder in
      let example = ConsoleExample(place: "p.md:1", command: "echo yes; echo no >&2", output: ["yes"])
      let told = try example.mismatch(in: folder)
      #expect(told == "p.md:1: $ echo yes; echo no >&2\n--- printed\nyes\nno\n\n--- promised\nyes")
      let right = ConsoleExample(place: "p.md:1", command: "echo yes; echo no >&2", output: ["yes", "no"])
      let nothing = try right.mismatch(in: folder)
      #expect(nothing == nil)
    }
  }
}
