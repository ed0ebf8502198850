import Foundation
import Records
import TestSupport
import Testing

/// Completion as shells do it: each is driven at a terminal, with the script that the program prints for it.
@Suite struct CompletionTests {
  /// A shell, and what prepares it: `\u{18}p` then shows the line that is being typed, as `<LINE>`.
  struct Shell: CustomTestStringConvertible, Sendable {
    let name: String
    let words: [String]
    let preparation: String

    var testDescription: String { name }
    var path: String? {
      ["/bin", "/usr/bin", "/usr/local/bin", "/opt/homebrew/bin"].map { "\($0)/\(name)" }
        .first { FileManager.default.isExecutableFile(atPath: $0) }
    }

    static let all = [
      Shell(
        name: "bash", words: ["--norc", "--noprofile", "-i"],
        preparation: """
          bind 'set show-all-if-ambiguous on' 'set bell-style none' 'set completion-query-items 0' 'set page-completions off'
          bind -x '"\\C-xp": printf "<%s>\\n" "$READLINE_LINE"'
          """),
      Shell(
        name: "zsh", words: ["-f", "-i"],
        preparation: """
          autoload -U compinit; compinit -u -D; LISTMAX=1000
          show() { print -r -- "<$BUFFER>" }; zle -N show; bindkey '^Xp' show
          """),
      Shell(
        name: "fish", words: ["--no-config", "-i"],
        preparation: #"bind \cxp 'echo "<"(commandline)">"'"#),
    ]
    /// Those that this machine has.
    static let installed = all.filter { $0.path != nil }
  }

  private static let files = ["model.h5", "my weights.h5", "set.npz", "notes.txt", "stages.json", "images/x.png"]

  /// What becomes of each of `lines` by the key of completion, and what is listed meanwhile.
  private func complete(_ lines: [String], in shell: Shell) throws -> [(line: String, listed: String)] {
    try Fixture.withTemporaryFolder { folder in
      for file in Self.files {
        let place = URL(fileURLWithPath: "\(folder)/\(file)")
        try FileManager.default.createDirectory(
          at: place.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data().write(to: place)
      }
      let scripts = try Fixture.withTemporaryFolder { scripts in
        for tool in ["cusp", "cusp-train", "cusp-attack", "cusp-bench"] {
          let script = try BuiltTool(tool).run(["--generate-completion-script", shell.name])
          try #require(script.status == 0)
          try script.output.write(to: URL(fileURLWithPath: "\(scripts)/\(tool)"))
        }
        let terminal = try PseudoTerminal(
          [try #require(shell.path)] + shell.words,
          environment: ["PATH": "\(BuiltTool.folder):/usr/bin:/bin", "HOME": folder, "PS1": "> ", "HISTFILE": ""],
          folder: folder, columns: 200)
        for line in shell.preparation.split(separator: "\n") { terminal.type("\(line)\n") }
        for tool in ["cusp", "cusp-train", "cusp-attack", "cusp-bench"] { terminal.type("source \(scripts)/\(tool)\n") }
        terminal.type("echo rea''dy\n")
        _ = try terminal.wait(for: "ready\r\n")
        return try lines.map { line in
          terminal.type("\(line)\t\u{18}p")
          let listed = try terminal.wait(for: "<cusp")
          let completed = try terminal.wait(for: ">\r")
          terminal.type("\u{15}")
          return ("cusp" + completed.dropLast(2), listed)
        }
      }
      return scripts
    }
  }

  @Test("Which of bash, zsh and fish are here to be tested is said")
  func shells() {
    let missing = Shell.all.filter { $0.path == nil }.map(\.name)
    if !missing.isEmpty { print("completion is not tested in \(missing.joined(separator: " and ")): not installed") }
    #expect(missing.count < Shell.all.count)
  }

  @Test("Options, files, names and data sets are completed", arguments: Shell.installed)
  func words(shell: Shell) throws {
    let cases = [
      ("cusp-train --met", "cusp-train --method "), ("cusp-train --method nat", "cusp-train --method natural "),
      ("cusp-train --resume mod", "cusp-train --resume model.h5 "),
      ("cusp-train --resume ./mod", "cusp-train --resume ./model.h5 "),
      ("cusp-train --resume my", #"cusp-train --resume my\ weights.h5 "#),
      ("cusp-train --arch small-c", "cusp-train --arch small-cnn "),
      ("cusp-train --curriculum sta", "cusp-train --curriculum stages.json "),
      ("cusp-train --data mni", "cusp-train --data mnist:"),
      ("cusp-train --data mnist:im", "cusp-train --data mnist:images/"),
      ("cusp-train --data=mnist:im", "cusp-train --data=mnist:images/"),
      ("cusp-train --data canvas:40:dig", "cusp-train --data canvas:40:digits "),
      ("cusp-train --data set", "cusp-train --data set.npz "),
      ("cusp-attack mod", "cusp-attack model.h5 "),
      // Where no file has a fitting name, zsh offers the others.
      ("cusp-attack not", shell.name == "zsh" ? "cusp-attack notes.txt " : "cusp-attack not"),
      ("cusp-attack model.h5 --dee", "cusp-attack model.h5 --deepfool "),
      ("cusp-attack model.h5 --ensemble pgd,squ", "cusp-attack model.h5 --ensemble pgd,square "),
      ("cusp-bench small-c", "cusp-bench small-cnn "),
      ("cusp tra", "cusp train "), ("cusp help tra", "cusp help train "),
      ("cusp train --met", "cusp train --method "), ("cusp train --data mnist:im", "cusp train --data mnist:images/"),
      ("cusp attack mod", "cusp attack model.h5 "),
    ]
    for (answer, expected) in zip(try complete(cases.map(\.0), in: shell), cases) {
      #expect(answer.line == expected.1, "\(expected.0)")
    }
  }

  @Test("What there is to choose from is listed, and nothing goes wrong on the way", arguments: Shell.installed)
  func lists(shell: Shell) throws {
    let answers = try complete(["cusp ", "cusp-train --method ", "cusp-attack ", "cusp-train --data "], in: shell)
    let expected = [
      ["attack", "evaluate", "help", "train"], ["natural", "trades", "cusp"], ["model.h5", "images"],
      ["digits", "mnist:", "cifar10:", "set.npz"],
    ]
    for (answer, words) in zip(answers, expected) {
      for word in words { #expect(answer.listed.contains(word), "\(answer.line): \(word)") }
      for word in ["_arguments", "command not found", "notes.txt"] { #expect(!answer.listed.contains(word)) }
    }
  }
}

/// What programs answer to the scripts.
@Suite struct CompletionAnswerTests {
  private func ask(_ tool: String, _ words: [String]) throws -> [String] {
    let outcome = try BuiltTool(tool).run(["---complete"] + words)
    #expect(outcome.status == 0)
    #expect(outcome.errors.isEmpty)
    return outcome.text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init).dropLast()
  }

  @Test("Options come with what they do, those given once no more")
  func options() throws {
    let all = try ask("cusp-train", ["--"])
    #expect(all.contains { $0.hasPrefix("--method\tnatural; pgd: ") })
    #expect(try ask("cusp-train", ["--method", "pgd", "--"]).count == all.count - 1)
    #expect(try ask("cusp-train", ["--method=pgd", "--m"]).allSatisfy { !$0.hasPrefix("--method") })
    #expect(try ask("cusp-train", ["-q", "--qui"]).isEmpty)
  }

  @Test("A verb of this package is asked, one of others is not")
  func verbs() throws {
    #expect(
      try ask("cusp", ["tra"]) == ["train\tTrain a network, naturally or for robustness, and write a checkpoint."])
    #expect(try ask("cusp", ["train", "--resume", ""]) == ["\t\th5"])
    #expect(try ask("cusp", ["--quiet", "train", "--resume", ""]) == ["\t\th5"])
    #expect(try ask("cusp", ["--ver"]).map { $0.prefix(9) } == ["--version"])
    try Fixture.withTemporaryFolder { folder in
      try FileManager.default.createSymbolicLink(atPath: "\(folder)/cusp-hello", withDestinationPath: "/bin/echo")
      let environment = ["PATH": folder]
      let verbs = try BuiltTool("cusp").run(["---complete", "he"], environment: environment)
      #expect(verbs.text == "hello\nhelp\tList the verbs, or show the help of one.\n")
      #expect(try BuiltTool("cusp").run(["---complete", "hello", "x"], environment: environment).text.isEmpty)
    }
  }

  @Test("Every option and argument that takes a file, a data set, a network or one of a list is completed")
  func everyOption() throws {
    let numbersAndTexts: Set = [
      "epsilon", "rotation", "translation", "sweep", "worst-of", "grid", "pose-steps", "steps", "step-size", "restarts",
      "target",
      "decay", "targets", "queries", "overshoot", "searches", "confidence", "learning-rate", "samples", "kernel",
      "diversity", "quantile", "seed", "limit", "shard", "batch-size", "threads", "image", "normalise", "group",
      "prefix",
      "rename", "ignore", "keep", "save-every", "epochs", "milestones", "warm-up", "momentum", "weight-decay",
      "betas", "accumulate",
      "label-smoothing", "clip-gradient", "average-weights", "validation", "crop", "beta", "clean-share",
      "augmentations",
      "cycles", "augmentation-step", "tolerance", "range", "images", "batch", "repeats", "title", "x", "y", "value",
      "by", "size",
      "max-delay", "max-line", "key", "at", "words", "severity",
    ]
    for program in OutputWalkTests.programs {
      let dump = try BuiltTool(program.name).run(["--experimental-dump-help"])
      for argument in try JSON(parsing: dump.text)["command"]?["arguments"]?.array ?? []
      where argument["kind"]?.string != "flag" && argument["completionKind"] == nil {
        let name = (argument["names"]?.array?.first?["name"] ?? argument["valueName"])?.string ?? ""
        #expect(numbersAndTexts.contains(name), "\(program.name): say how \(name) is completed")
      }
    }
  }
}
