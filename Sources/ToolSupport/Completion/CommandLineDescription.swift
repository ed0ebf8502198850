package import Records

/// The options and arguments of a program, as its parser describes them, and what may come next on its command line.
package struct CommandLineDescription {
  /// An option, a flag, or an argument without a name.
  private struct Argument {
    /// As in `--epsilon`; none for an argument by its place.
    let names: [String]
    let summary: String
    let takesValue: Bool
    let isRepeating: Bool
    let patterns: [CompletionPattern]

    /// What the parser says in `json`; nil for what help does not show.
    init?(_ json: JSON) {
      guard json["shouldDisplay"]?.bool != false, let kind = json["kind"]?.string else { return nil }
      names = (json["names"]?.array ?? []).compactMap { name in
        name["name"]?.string.map { (name["kind"]?.string == "long" ? "--" : "-") + $0 }
      }
      (takesValue, isRepeating) = (kind != "flag", json["isRepeating"]?.bool ?? false)
      summary = json["abstract"]?.string ?? ""
      let completion = json["completionKind"]
      let endings = completion?["file"]?["extensions"]?.array?.compactMap(\.string)
      let texts =
        completion?["list"]?["values"]?.array?.compactMap(\.string)
        ?? endings.map { $0.isEmpty ? ["*"] : $0.map { "*.\($0)" } }
      patterns = (texts ?? (completion?["directory"] == nil ? [] : ["*/"])).map(CompletionPattern.init)
    }
  }

  private let options: [Argument]
  private let places: [Argument]

  /// The description that `json`, the parser's, holds.
  package init(_ json: JSON) {
    let arguments = (json["command"]?["arguments"]?.array ?? []).compactMap(Argument.init)
    (options, places) = (arguments.filter { !$0.names.isEmpty }, arguments.filter(\.names.isEmpty))
  }

  /// What may become of the last of `words`, those after the program's name up to the cursor.
  package func completions(of words: [String]) -> CompletionAnswer {
    var (valued, given, place, isOver): (Argument?, Set<String>, Int, Bool) = (nil, [], 0, false)
    for word in words.dropLast() {
      if valued != nil {
        valued = nil
      } else if isOver || !word.hasPrefix("-") || word == "-" {
        place += 1
      } else if word == "--" {
        isOver = true
      } else if let option = option(String(word.prefix { $0 != "=" })) {
        given.formUnion(option.names)
        valued = option.takesValue && !word.contains("=") ? option : nil
      }
    }
    let typed = words.last ?? ""
    if let valued { return CompletionAnswer(valued.patterns, after: typed) }
    if !isOver, typed.hasPrefix("-") {
      guard typed.hasPrefix("--"), let sign = typed.firstIndex(of: "=") else { return names(typed, besides: given) }
      let (name, value) = (String(typed[..<sign]), String(typed[typed.index(after: sign)...]))
      return option(name).map { CompletionAnswer($0.patterns, after: value, prefix: "\(name)=") } ?? CompletionAnswer()
    }
    let argument = place < places.count ? places[place] : places.last.flatMap { $0.isRepeating ? $0 : nil }
    let answer = CompletionAnswer(argument?.patterns ?? [], after: typed)
    return answer.isEmpty && typed.isEmpty && !isOver ? names("", besides: given) : answer
  }

  private func option(_ name: String) -> Argument? { options.first { $0.names.contains(name) } }

  /// The options whose names begin with `typed`, the long name where it does, but for those `given` that come once.
  private func names(_ typed: String, besides given: Set<String>) -> CompletionAnswer {
    let open = options.filter { $0.isRepeating || given.isDisjoint(with: $0.names) }
    return CompletionAnswer(
      words: open.compactMap { option in
        let fitting = option.names.filter { $0.hasPrefix(typed) }
        return (fitting.first { $0.hasPrefix("--") } ?? fitting.first).map { .init($0, option.summary) }
      })
  }
}
