/// Command lines as a shell takes them.
public enum ShellText {
  /// `words` with a space between them, quoted where a POSIX shell would read one as something else.
  public static func command(_ words: [String]) -> String { words.map(quoted).joined(separator: " ") }

  /// The command line `command` in lines of at most `width` columns, as a shell still takes it: broken before an option, a
  /// pipe or a `&&`, never within a word or between an option and its value.
  package static func lines(of command: String, width: Int) -> [String] {
    var lines: [String] = []
    for part in parts(of: command) {
      // A backslash after a space ends a line that goes on.
      if let last = lines.last, last.count + 1 + part.count + 2 <= width {
        lines[lines.count - 1] = "\(last) \(part)"
      } else {
        lines.append(lines.isEmpty ? part : "    \(part)")
      }
    }
    return lines.enumerated().map { $0 < lines.count - 1 ? "\($1) \\" : $1 }
  }

  /// `command` cut before what may begin a line.
  private static func parts(of command: String) -> [String] {
    var (parts, quote): ([String], Character?) = ([], nil)
    for word in command.split(separator: " ", omittingEmptySubsequences: false) {
      let mayBegin = quote == nil && (word.hasPrefix("--") || word == "|" || word == "&&")
      if parts.isEmpty || mayBegin { parts.append(String(word)) } else { parts[parts.count - 1] += " \(word)" }
      for letter in word where letter == "'" || letter == "\"" {
        if quote == nil { quote = letter } else if quote == letter { quote = nil }
      }
    }
    return parts
  }

  private static func quoted(_ word: String) -> String {
    let isPlain =
      !word.isEmpty
      && word.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"):
          true
        default: "_-+=:,./@%".utf8.contains(byte)
        }
      }
    return isPlain
      ? word : "'" + word.split(separator: "'", omittingEmptySubsequences: false).joined(separator: #"'\''"#) + "'"
  }
}
