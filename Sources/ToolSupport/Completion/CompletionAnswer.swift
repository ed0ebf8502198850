/// What may come next on a command line, for the scripts of `CompletionScript`.
public struct CompletionAnswer: Equatable, Sendable {
  /// A whole word, or its beginning where it ends with `:`.
  public struct Word: Equatable, Sendable {
    /// As it is typed.
    public let text: String
    /// What it does; may be empty.
    public let summary: String

    /// The word `text`, which does `summary`.
    public init(_ text: String, _ summary: String = "") { (self.text, self.summary) = (text, summary) }
  }

  /// Words to choose from.
  public private(set) var words: [Word]
  /// The text before the names of files to choose from, and their endings: `*` for all files, `/` for folders alone.
  private(set) var files: (prefix: String, endings: [String])?

  /// Nothing but `words`.
  public init(words: [Word] = []) { self.words = words }

  /// What `patterns` offer after `typed`, all of it after `prefix`.
  init(_ patterns: [CompletionPattern], after typed: String, prefix: String = "") {
    words = []
    for offer in patterns.compactMap({ $0.offer(after: typed) }) {
      switch offer {
      case .word(let text):
        let word = Word(prefix + text)
        if !words.contains(word) { words.append(word) }
      case .files(let place, let ending):
        // What says most of the text is meant: `mnist:` and a folder, not a file called so.
        let start = prefix + place
        if let files, files.prefix.count > start.count { continue }
        let endings = files?.prefix == start ? files?.endings ?? [] : []
        files = (start, endings.contains(ending) ? endings : endings + [ending])
      }
    }
  }

  /// Whether there is nothing to choose.
  var isEmpty: Bool { words.isEmpty && files == nil }

  /// A line a word, `TEXT` or `TEXT<tab>SUMMARY`, then one for files, `<tab>PREFIX<tab>ENDING ENDING ...`.
  public var text: String {
    let lines = words.map { $0.summary.isEmpty ? $0.text : "\($0.text)\t\($0.summary)" }
    return (lines + (files.map { ["\t\($0.prefix)\t\($0.endings.joined(separator: " "))"] } ?? []))
      .map { $0 + "\n" }.joined()
  }

  /// Whether both offer the same in the same order.
  public static func == (first: CompletionAnswer, second: CompletionAnswer) -> Bool { first.text == second.text }
}
