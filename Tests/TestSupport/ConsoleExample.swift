import Foundation

/// A command in a page with the output that the page promises.
///
/// In a block `console`, a line `$ command` starts an example, lines `> more` continue it, and what follows, up to the
/// next command, is its output: standard output and standard error as a terminal shows them. A line `...` stands for
/// any number of lines, and `...` inside a line for any text. Words after `console` are programs that the block needs and
/// that not every machine has.
public struct ConsoleExample: Sendable {
  /// Where the command stands, `page:line`.
  public let place: String
  /// The command, for bash.
  public let command: String
  /// The promised lines.
  public let output: [String]

  /// An example of all its parts.
  public init(place: String, command: String, output: [String]) {
    self.place = place
    self.command = command
    self.output = output
  }

  /// The examples of all `console` blocks of a page, in order, but for those that need a program which is not here.
  /// - Throws: when the page cannot be read.
  public static func examples(of page: String) throws -> [ConsoleExample] {
    try MarkdownBlock.blocks(of: page).filter { neededPrograms($0)?.allSatisfy(isHere) ?? false }
      .flatMap(examples(in:))
  }

  /// The programs that a `console` block needs besides ours; nil for another block.
  public static func neededPrograms(_ block: MarkdownBlock) -> [String]? {
    let words = block.language.split(separator: " ").map(String.init)
    return words.first == "console" ? Array(words.dropFirst()) : nil
  }

  /// Whether a shell finds `program`.
  public static func isHere(_ program: String) -> Bool {
    let folders = ProcessInfo.processInfo.environment["PATH"] ?? ""
    return folders.split(separator: ":").contains { FileManager.default.isExecutableFile(atPath: "\($0)/\(program)") }
  }

  /// The examples of one block.
  public static func examples(in block: MarkdownBlock) -> [ConsoleExample] {
    var examples: [ConsoleExample] = []
    for (offset, line) in block.lines.enumerated() {
      if line.hasPrefix("$ ") {
        let place = "\(block.page):\(block.line + offset)"
        examples.append(ConsoleExample(place: place, command: String(line.dropFirst(2)), output: []))
      } else if let last = examples.popLast() {
        let continues = line.hasPrefix("> ") && last.output.isEmpty
        examples.append(
          ConsoleExample(
            place: last.place, command: continues ? last.command + "\n" + line.dropFirst(2) : last.command,
            output: continues ? [] : last.output + [line]))
      }
    }
    return examples
  }

  /// Runs the command in `folder`, the built programs first in PATH; nil if it prints what the page says, else both.
  /// - Throws: when bash cannot be started.
  public func mismatch(in folder: String) throws -> String? {
    let path = "\(BuiltTool.folder):\(ProcessInfo.processInfo.environment["PATH"] ?? "")"
    let outcome = try BuiltTool(path: "/bin/bash").run(
      ["-o", "pipefail", "-c", "exec 2>&1\n\(command)"], environment: ["PATH": path, "LC_ALL": "C.UTF-8"],
      folder: folder)
    var lines = outcome.text.components(separatedBy: "\n")
    if lines.last == "" { lines.removeLast() }
    // Pages show the usual build; one without oneDNN says so first.
    lines.removeAll { $0.contains(": built without oneDNN, ") }
    guard !Self.matches(lines[...], output[...]) else { return nil }
    return "\(place): $ \(command)\n--- printed\n\(outcome.text)\n--- promised\n\(output.joined(separator: "\n"))"
  }

  /// Whether `lines` are what `pattern` promises.
  public static func matches(_ lines: ArraySlice<String>, _ pattern: ArraySlice<String>) -> Bool {
    guard let first = pattern.first else { return lines.isEmpty }
    let rest = pattern.dropFirst()
    if first == "..." {
      return matches(lines, rest) || (!lines.isEmpty && matches(lines.dropFirst(), pattern))
    }
    guard let line = lines.first, matches(line, first) else { return false }
    return matches(lines.dropFirst(), rest)
  }

  /// Whether `line` is `pattern` with any text in place of each `...`.
  private static func matches(_ line: String, _ pattern: String) -> Bool {
    let parts = pattern.components(separatedBy: "...")
    guard parts.count > 1 else { return line == pattern }
    guard line.hasPrefix(parts[0]), line.hasSuffix(parts[parts.count - 1]) else { return false }
    var rest = line.dropFirst(parts[0].count)
    for part in parts.dropFirst() where !part.isEmpty {
      guard let range = rest.range(of: part) else { return false }
      rest = rest[range.upperBound...]
    }
    return true
  }
}
