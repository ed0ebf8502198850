/// Finds what was meant by a misspelt word.
enum Spelling {
  /// The word of `words` that takes the fewest edits, at most two and fewer than its letters; nil when none is near.
  static func nearest(to word: String, among words: [String]) -> String? {
    let near = words.map { (word: $0, edits: edits(Array(word), Array($0))) }.min { $0.edits < $1.edits }
    guard let near, near.edits <= 2, near.edits < near.word.count else { return nil }
    return near.word
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
