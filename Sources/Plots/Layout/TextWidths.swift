/// How wide texts are, by a fixed table, so that a figure is laid out alike wherever it is made.
///
/// The table is of DejaVu Sans, the widest font of the list that figures ask for; in others texts are narrower.
package enum TextWidths {
  /// Advance widths of the characters from space to tilde, in thousandths of the font's size.
  static let ascii = [
    318, 401, 460, 838, 636, 950, 780, 275, 390, 390, 500, 838, 318, 361, 318, 337, 636, 636, 636, 636, 636, 636, 636,
    636, 636, 636, 337, 337, 838, 838, 838, 531, 1000, 684, 686, 698, 770, 632, 575, 775, 752, 295, 295, 656, 557, 863,
    748, 787, 603, 787, 695, 635, 611, 732, 684, 989, 685, 611, 685, 390, 337, 390, 838, 500, 500, 613, 635, 550, 635,
    615, 352, 635, 634, 278, 278, 579, 278, 974, 634, 612, 635, 635, 411, 521, 392, 634, 592, 818, 592, 592, 525, 636,
    337, 636, 838,
  ]

  /// The width of `text` at a font size of 1; characters beyond ASCII count as 1.
  package static func width(_ text: String) -> Double {
    var thousandths = 0
    for scalar in text.unicodeScalars {
      let place = Int(scalar.value) - 32
      thousandths += ascii.indices.contains(place) ? ascii[place] : 1000
    }
    return Double(thousandths) / 1000
  }

  /// `text`, with as much taken out of its middle as makes it at most `width` wide at a font size of 1.
  package static func shortened(_ text: String, to width: Double) -> String {
    // What rounding did to a width that was made for just this text does not count.
    guard Self.width(text) > width + 1e-6 else { return text }
    var (front, back) = (Array(text), [Character]())
    // Half by half from the ends: what is far longer than any line must not be measured again and again.
    if front.count > 400 { front = Array(front.prefix(200) + front.suffix(200)) }
    back = Array(front[(front.count / 2)...])
    front.removeSubrange((front.count / 2)...)
    while !front.isEmpty || !back.isEmpty {
      if front.count > back.count { front.removeLast() } else { back.removeFirst() }
      let shorter = String(front) + "…" + String(back)
      if Self.width(shorter) <= width { return shorter }
    }
    return "…"
  }

  /// `texts`, each at most `width` wide at a font size of 1; what they have in common at their ends goes first.
  package static func shortened(_ texts: [String], to width: Double) -> [String] {
    guard texts.count > 1, texts.contains(where: { Self.width($0) > width + 1e-6 }) else {
      return texts.map { shortened($0, to: width) }
    }
    let all = texts.map { Array($0.prefix(1000)) }
    let least = all.map(\.count).min() ?? 0
    let start = (0..<least).first { place in all.contains { $0[place] != all[0][place] } } ?? least
    let end =
      (0..<least - start).first { place in
        all.contains { $0[$0.count - 1 - place] != all[0][all[0].count - 1 - place] }
      } ?? least - start
    return all.map { characters in
      guard Self.width(String(characters)) > width + 1e-6 else { return String(characters) }
      let middle = String(characters[start..<characters.count - end])
      var (front, back) = (characters[..<start], characters[(characters.count - end)...])
      while !front.isEmpty || !back.isEmpty {
        if front.count >= back.count { front.removeLast() } else { back.removeFirst() }
        let (before, after) = (front.count < start ? "…" : "", back.count < end ? "…" : "")
        let shorter = String(front) + before + middle + after + String(back)
        if Self.width(shorter) <= width { return shorter }
      }
      return shortened("…\(middle)…", to: width)
    }
  }

  /// `text` in lines of at most `width` at a font size of 1, broken between words; the last of `count` is shortened.
  package static func wrapped(_ text: String, to width: Double, atMost count: Int) -> [String] {
    var lines: [String] = []
    for word in text.split(separator: " ") {
      if let last = lines.last, Self.width(last) + Self.width(" \(word)") <= width || lines.count == count {
        lines[lines.count - 1] = "\(last) \(word)"
      } else {
        lines.append(String(word))
      }
    }
    return lines.map { shortened($0, to: width) }
  }
}
