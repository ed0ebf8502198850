public import ArgumentParser

extension CommandConfiguration {
  /// The configuration of a program of this package: help shows examples before anything else.
  /// - Parameters:
  ///   - name: the program's name, such as `cusp-attack`.
  ///   - abstract: one sentence.
  ///   - examples: command lines.
  ///   - discussion: what else there is to say, after the examples.
  public static func tool(
    _ name: String, abstract: String, examples: [String], discussion: String = "",
    subcommands: [any ParsableCommand.Type] = []
  ) -> CommandConfiguration {
    let commands = examples.map { ShellText.lines(of: $0, width: 72).map { "  \($0)" }.joined(separator: "\n") }
    let lines = ["EXAMPLES:"] + commands + (discussion.isEmpty ? [] : ["", discussion])
    return CommandConfiguration(
      commandName: name, abstract: abstract, discussion: lines.joined(separator: "\n"), version: toolVersion,
      subcommands: subcommands)
  }
}
