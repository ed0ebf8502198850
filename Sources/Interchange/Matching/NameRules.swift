import Failures
import HDF5

/// A pattern of names as shells have it: `*` stands for any characters, `?` for one.
public struct NamePattern: Hashable, Sendable {
  private let characters: [Character]

  /// The pattern written `text`.
  public init(_ text: String) { characters = Array(text) }

  /// Whether it describes all of `name`.
  public func matches(_ name: String) -> Bool {
    let name = Array(name)
    var (place, position) = (0, 0)
    // Where the last star stands, and what of the name it has taken.
    var star: (place: Int, taken: Int)?
    while position < name.count {
      if place < characters.count, characters[place] == "*" {
        star = (place, position)
        place += 1
      } else if place < characters.count, characters[place] == "?" || characters[place] == name[position] {
        (place, position) = (place + 1, position + 1)
      } else if let last = star {
        star = (last.place, last.taken + 1)
        (place, position) = (last.place + 1, last.taken + 1)
      } else {
        return false
      }
    }
    return characters[place...].allSatisfy { $0 == "*" }
  }
}

/// A change of names: every part of one that a regular expression finds becomes a text, in which `$1` stands for what its
/// first group found, `$0` for all of it.
public struct Renaming: Hashable, Sendable {
  private let expression: String
  private let replacement: String

  /// The change written `REGEX=TEXT`; the last `=` counts.
  ///
  /// - Throws: `.usage` for another form, and for what is no regular expression.
  public init(_ text: String) throws {
    guard let equals = text.lastIndex(of: "="), equals != text.startIndex else {
      throw Failure(.usage, "\(text): give REGEX=TEXT, as in '^model[.]='")
    }
    (expression, replacement) = (String(text[..<equals]), String(text[text.index(after: equals)...]))
    do {
      _ = try Regex(expression)
    } catch {
      throw Failure(.usage, "\(expression): no regular expression")
    }
  }

  /// `names`, changed.
  ///
  /// - Throws: `.usage` for a group in the text that the expression does not have.
  func changed(_ names: [String]) throws -> [String] {
    let regex = try Regex(expression)
    return try names.map { try $0.replacing(regex, with: expanded) }
  }

  /// The text for one place that was found.
  private func expanded(_ match: Regex<AnyRegexOutput>.Match) throws -> String {
    var text = ""
    var rest = Substring(replacement)
    while let character = rest.popFirst() {
      guard character == "$", let group = rest.first?.wholeNumberValue, rest.first?.isASCII == true else {
        text.append(character)
        continue
      }
      rest.removeFirst()
      guard group < match.output.count else {
        throw Failure(.usage, "\(expression)=\(replacement): $\(group) is a group that the expression does not have")
      }
      text += match.output[group].substring ?? ""
    }
    return text
  }
}
