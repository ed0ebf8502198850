/// Finds what was meant by a word that is none.
package enum Spelling {
  /// The word of `words` that takes the fewest edits, at most two and fewer than its letters; nil when none is near.
  package static func nearest(to word: String, among words: [String]) -> String? {
    let near = words.map { (word: $0, edits: edits(Array(word), Array($0))) }.min { $0.edits < $1.edits }
    guard let near, near.edits <= 2, near.edits < near.word.count else { return nil }
    return near.word
  }

  /// The option of `options`, as in `--learning-rate`, that `option` stands for: by its beginning, as `--learn`, by the
  /// initials of its words, as `--lr`, or by a misspelling of two letters at most, of one where it is short; nil when there
  /// is none.
  package static func option(for option: String, among options: [String]) -> String? {
    let word = option.drop { $0 == "-" }
    guard !word.isEmpty else { return nil }
    if let longer = options.filter({ $0.hasPrefix("--" + word) }).min(by: { $0.count < $1.count }) { return longer }
    if let initials = options.first(where: { String($0.split(separator: "-").compactMap(\.first)) == word }) {
      return initials
    }
    guard word.count > 4 else { return options.first { edits(Array(option), Array($0)) == 1 && $0.count > 4 } }
    return nearest(to: option, among: options)
  }

  /// How many insertions, deletions and replacements of a letter turn `first` into `second`.
  private static func edits(_ first: [Character], _ second: [Character]) -> Int {
    var previous = Array(0...second.count)
    for (row, letter) in first.enumerated() {
      var current = [row + 1]
      for (column, other) in second.enumerated() {
        let replacing = previous[column] + (letter == other ? 0 : 1)
        current.append(min(replacing, previous[column + 1] + 1, current[column] + 1))
      }
      previous = current
    }
    return previous[second.count]
  }
}
