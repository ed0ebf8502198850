public import ArgumentParser

/// The options of every program.
public struct CommonOptions: ParsableArguments {
  /// Whether notes and progress are left out.
  @Flag(name: .shortAndLong, help: "Say nothing on standard error but failures.")
  public var quiet = false
  /// How progress is shown.
  @Option(
    help: "Show progress as text, not at all (none), or write all on standard error as json, a record a line.")
  public var progress = ProgressFormat.text

  /// Nothing chosen.
  public init() {}

  /// Refuses to be quiet and to tell everything.
  /// - Throws: `ValidationError`.
  public func validate() throws {
    guard quiet, progress == .json else { return }
    throw ValidationError("--quiet leaves out what --progress json writes: leave one of them out")
  }
}

/// How a program shows how far it is.
public enum ProgressFormat: String, CaseIterable, ExpressibleByArgument, Sendable {
  /// A bar or lines for people.
  case text
  /// Records for programs, as is all else on standard error.
  case json
  /// Not at all; all else stays.
  case off = "none"

  /// What the command line `words` asks for, also one that is wrong otherwise.
  public static func asked(by words: [String]) -> ProgressFormat {
    let words = words.prefix { $0 != "--" }
    let values = zip([""] + words, words).compactMap { before, word in
      before == "--progress" ? word : word.hasPrefix("--progress=") ? String(word.dropFirst("--progress=".count)) : nil
    }
    return values.last.flatMap { ProgressFormat(rawValue: $0) } ?? .text
  }
}

/// How a program with tables writes its result.
public enum OutputFormat: String, CaseIterable, ExpressibleByArgument, Sendable {
  /// A table for people.
  case text
  /// One record a line for programs.
  case ndjson
  /// A row a record, comma-separated, for spreadsheets and data frames.
  case csv
  /// A row a record, tab-separated.
  case tsv
  /// One list of all records.
  case json
}

/// The option of programs that can write a table or records.
public struct FormatOptions: ParsableArguments {
  @Option(
    help:
      "Write a table (text), records (ndjson), or these as csv, tsv or json; the default is text on a terminal only.")
  private var format: OutputFormat?

  /// Nothing chosen.
  public init() {}

  /// What was chosen; nil where nothing was.
  public var chosen: OutputFormat? { format }

  /// What was chosen, else what suits `output`.
  public func format(for output: StandardOutput) -> OutputFormat {
    format ?? (output.isTerminal ? .text : .ndjson)
  }
}
