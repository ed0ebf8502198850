public import ArgumentParser

/// The options of every program.
public struct CommonOptions: ParsableArguments {
  /// Whether notes and progress are left out.
  @Flag(name: .shortAndLong, help: "Say nothing on standard error but failures.")
  public var quiet = false

  /// Nothing chosen.
  public init() {}
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
