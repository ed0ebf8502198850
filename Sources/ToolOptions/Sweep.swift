import Failures
import Records
public import ToolSupport

/// Budgets that go together, as `--sweep` takes them: `rotation=0:180:15,translation=0:3:0.25` is the first rotation with the
/// first translation, then the second with the second.
public struct Sweep: Equatable, Sendable {
  /// What was typed.
  public let text: String
  /// The budgets of rotation, degrees.
  public let rotation: NumberList
  /// The budgets of translation, pixels, as many.
  public let translation: NumberList

  /// The sweep that `text` means: for `@Option(transform:)`, so that a refusal says what is taken.
  ///
  /// - Throws: `Failure` (`usage`) with the accepted form.
  @Sendable public static func typed(_ text: String) throws -> Sweep {
    let form = "give rotation=LIST,translation=LIST, as in rotation=0:180:15,translation=0:3:0.25"
    // A list has commas itself, so a name and its sign begin the next one.
    var lists: [(name: String, list: String)] = []
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      if let sign = part.firstIndex(of: "=") {
        lists.append((String(part[..<sign]), String(part[part.index(after: sign)...])))
      } else {
        guard !lists.isEmpty else { throw Failure(.usage, form) }
        lists[lists.count - 1].list += ",\(part)"
      }
    }
    guard lists.count == 2, Set(lists.map(\.name)) == ["rotation", "translation"] else { throw Failure(.usage, form) }
    let values = try Dictionary(uniqueKeysWithValues: lists.map { ($0.name, try NumberList.typed($0.list)) })
    guard let rotation = values["rotation"], let translation = values["translation"] else {
      throw Failure(.usage, form)
    }
    let (first, second) = (rotation.numbers.count, translation.numbers.count)
    guard first == second else {
      let counts = "\(NumberText.count(first, "rotation")) and \(NumberText.count(second, "translation"))"
      throw Failure(.usage, "\(counts) make no pairs; give as many of each")
    }
    return Sweep(text: text, rotation: rotation, translation: translation)
  }

  /// What comes twice, such as `rotation 15 with translation 1`; nil where nothing does.
  var repetition: String? {
    var seen: Set<[Double]> = []
    return zip(rotation.numbers, translation.numbers).first { !seen.insert([$0.value, $1.value]).inserted }
      .map { "rotation \($0) with translation \($1)" }
  }
}
