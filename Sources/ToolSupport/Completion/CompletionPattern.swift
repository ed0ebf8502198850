/// What may stand in a place of a command line, as a shell is to complete it.
///
/// Text stands for itself, `#` for digits and slashes, and a `*` for a file: `*` alone for any, `*.npz` for one with that
/// ending, `*/` for a folder. So `mnist:*/` is `mnist:` and a folder. `,...` at the end says that more may follow after a
/// comma.
package struct CompletionPattern: Equatable {
  /// What it offers a person who has typed a part.
  package enum Offer: Equatable {
    /// The word, or its beginning up to where a number or a file is to be typed.
    case word(String)
    /// Files after the text `prefix`, with an ending such as `npz`; `*` for any file, `/` for a folder.
    case files(prefix: String, ending: String)
  }

  private static let continuation = ",..."
  private let text: Substring
  private let isList: Bool

  /// The pattern that `text` writes.
  package init(_ text: String) {
    isList = text.hasSuffix(Self.continuation)
    self.text = isList ? text.dropLast(Self.continuation.count) : text[...]
  }

  /// What may become of `typed`; nil where it leads elsewhere.
  package func offer(after typed: String) -> Offer? {
    guard isList, let comma = typed.lastIndex(of: ",") else {
      return Self.offer(text, after: typed, from: typed.startIndex)
    }
    return Self.offer(text, after: typed, from: typed.index(after: comma))
  }

  private static func offer(_ pattern: Substring, after typed: String, from start: String.Index) -> Offer? {
    var (pattern, rest) = (pattern, typed[start...])
    while let sign = pattern.first {
      switch sign {
      case "*":
        let ending = pattern.dropFirst().drop { $0 == "." }
        return .files(prefix: String(typed[..<rest.startIndex]), ending: ending.isEmpty ? "*" : String(ending))
      case "#":
        let digits = rest.prefix { "0123456789/".contains($0) }
        // Until another sign comes, more digits may.
        guard !digits.isEmpty, digits.endIndex < rest.endIndex else { return nil }
        rest = rest[digits.endIndex...]
      default:
        guard let letter = rest.first else { return .word(typed + pattern.prefix { $0 != "*" && $0 != "#" }) }
        guard letter == sign else { return nil }
        rest.removeFirst()
      }
      pattern.removeFirst()
    }
    return rest.isEmpty ? .word(typed) : nil
  }
}
