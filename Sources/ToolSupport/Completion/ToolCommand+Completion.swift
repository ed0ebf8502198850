import ArgumentParser
import Records

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

extension ToolCommand {
  /// The answer to a shell that asks by `words` what may come next, or for the script that asks; nil where it does not.
  static func answerToShell(_ words: [String]) -> String? {
    if words.first == CompletionScript.request {
      guard let description = try? JSON(parsing: _dumpHelp()) else { return "" }
      return CommandLineDescription(description).completions(of: Array(words.dropFirst())).text
    }
    let option = "--generate-completion-script"
    guard let word = words.first, word == option || word.hasPrefix("\(option)=") else { return nil }
    let name = word == option ? words.dropFirst().first : String(word.dropFirst(option.count + 1))
    let own = getenv("SHELL").flatMap { String(cString: $0).split(separator: "/").last.map(String.init) }
    return CompletionScript.Shell(rawValue: name ?? own ?? "").map { CompletionScript.text(for: toolName, in: $0) }
  }
}
