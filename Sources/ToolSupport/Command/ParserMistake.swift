/// What the parser of arguments says of a mistake, as one line with a hint that helps.
package enum ParserMistake {
  /// The line for `message` of a program whose help is `help`.
  package static func line(_ message: String, help: String) -> String {
    unknownOption(message, options: options(in: help)) ?? unknownValue(message) ?? message
  }

  /// The long options that `help` lists.
  private static func options(in help: String) -> [String] {
    var options: [String] = []
    for word in help.split(whereSeparator: { " \n/,[]()".contains($0) }) where word.hasPrefix("--") && word.count > 2 {
      let name = String(word.prefix { $0 == "-" || $0.isLetter || $0.isNumber })
      if !options.contains(name) { options.append(name) }
    }
    return options
  }

  /// An option that does not exist, with the one that was meant: the parser itself counts edits, and takes `--lr` for
  /// `--arch`.
  private static func unknownOption(_ message: String, options: [String]) -> String? {
    guard message.hasPrefix("Unknown option '"), let option = quoted(message) else { return nil }
    let meant = Spelling.option(for: option, among: options)
    return "Unknown option '\(option)'" + (meant.map { ". Did you mean '\($0)'?" } ?? "")
  }

  /// A value that is none of those listed, which the parser writes one a line: those that contain it, else all of them.
  private static func unknownValue(_ message: String) -> String? {
    let lines = message.split(separator: "\n")
    guard lines.count > 1, let value = quoted(message), lines[0].hasSuffix("one of the following:") else { return nil }
    let names = lines.dropFirst().map { String($0.drop { " -".contains($0) }) }
    let alike = names.filter { $0.contains(value) }
    let near = alike.isEmpty ? Spelling.nearest(to: value, among: names).map { [$0] } ?? [] : alike
    let told = lines[0].prefix { $0 != "." }
    return near.isEmpty
      ? "\(told): give one of \(names.joined(separator: ", "))"
      : "\(told). Did you mean \(near.joined(separator: ", "))?"
  }

  /// The first thing between quotation marks.
  private static func quoted(_ message: String) -> String? {
    let parts = message.split(separator: "'", maxSplits: 2, omittingEmptySubsequences: false)
    return parts.count == 3 ? String(parts[1]) : nil
  }
}
