import Files

/// The command line of this program, with every byte of it.
public enum ProgramArguments {
  /// The words after the program's name; those that are no UTF-8 as `PathText` keeps them.
  public static let words: [String] = (1..<max(1, Int(CommandLine.argc))).compactMap { position in
    CommandLine.unsafeArgv[position].map { PathText.text($0) }
  }

  /// `words` for the parser, which takes any word with a hyphen for an option: a negative number after an option is
  /// attached to it, as in `--rotation=-30`.
  package static func attachingNegativeNumbers(_ words: [String]) -> [String] {
    let end = words.firstIndex(of: "--") ?? words.endIndex
    return words[..<end].reduce(into: []) { result, word in
      if isNegativeNumber(word), let option = result.last, isOption(option) {
        result[result.endIndex - 1] = "\(option)=\(word)"
      } else {
        result.append(word)
      }
    } + words[end...]
  }

  private static func isNegativeNumber(_ word: String) -> Bool {
    let digits = word.utf8.dropFirst().drop { $0 == UInt8(ascii: ".") }
    return word.hasPrefix("-") && digits.first.map { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } ?? false
  }

  private static func isOption(_ word: String) -> Bool { word.hasPrefix("--") && !word.contains("=") }
}
