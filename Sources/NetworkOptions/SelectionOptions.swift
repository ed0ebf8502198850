public import ArgumentParser
public import Interchange

/// Which of the tensors in a file are the network's, and by which names.
public struct SelectionOptions: ParsableArguments {
  /// The dictionary of a file with several.
  @Option(help: "The dictionary of a file with several, as in model_ema.") public var group: String?
  /// What the names of the network's tensors begin with.
  @Option(help: "What the names of the network's tensors begin with; they lose it, others are left out.")
  public var prefix: String?
  /// Changes of names, as `regex=text`.
  @Option(
    help: ArgumentHelp(
      "Change the tensors' names; $1 stands for a group. May be given several times.", valueName: "regex=text"))
  public var rename: [String] = []
  /// The names of tensors to leave out.
  @Option(
    help: ArgumentHelp(
      "Leave out tensors by name, * for any characters. May be given several times.", valueName: "pattern"))
  public var ignore: [String] = []

  /// Nothing of it.
  public init() {}

  /// The options that were given, as typed.
  public var given: [String] {
    [
      ("--group", group != nil), ("--prefix", prefix != nil), ("--rename", !rename.isEmpty),
      ("--ignore", !ignore.isEmpty),
    ].filter(\.1).map(\.0)
  }

  /// What they tell.
  ///
  /// - Throws: `.usage` for an expression that is none.
  public func selection() throws -> StateSelection {
    StateSelection(
      group: group, ignored: ignore.map { NamePattern($0) }, prefix: prefix,
      renamings: try rename.map(Renaming.init))
  }
}
