extension ShardMerge {
  /// What keeps streams from being a whole.
  public enum Problem: Equatable, Sendable {
    /// A stream is of other settings than another one, and than most.
    case foreign(stream: Int, beside: Int, difference: SettingDifference?)
    /// Images came twice in these settings, from two streams or from one.
    case doubled(images: [Range<Int>], streams: [Int], settings: [Setting])
    /// Images did not come in these settings; of so many, where records tell.
    case missing(images: [Range<Int>], total: Int?, settings: [Setting])
  }

  /// All streams as one, or what keeps them from it.
  public struct Whole: Sendable {
    /// What keeps them from it, foreign streams first.
    public let problems: [Problem]
    /// Where its records lie, in their order: model after model, image after image.
    public let pieces: [Piece]
    /// The settings of its images, in their order, whatever their models' files are called.
    public let settings: [Setting]

    /// What `merge` comes to.
    init(_ merge: ShardMerge) {
      let reference = merge.reference
      let expected = reference.map { merge.streams[$0] } ?? []
      let foreign = merge.streams.indices.filter { !Self.agree(merge.streams[$0], expected) }
      let (settings, lists) = (merge.settings, merge.lists)
      let entries = merge.entries.enumerated().filter { !foreign.contains($0.element.stream) }
        .sorted { ($0.element.model, $0.element.index, $0.offset) < ($1.element.model, $1.element.index, $1.offset) }
        .map(\.element)
      problems =
        foreign.map { stream in
          let pair = zip(merge.streams[stream], expected).first { $0 != $1 }
          let difference = pair.flatMap { settings[$0].difference(from: settings[$1]) }
          return .foreign(stream: stream, beside: reference ?? 0, difference: difference)
        } + Self.gaps(in: entries, of: expected, settings, lists)
      var pieces: [Piece] = []
      for entry in entries { pieces.extend(by: Piece(stream: entry.stream, bytes: entry.bytes)) }
      self.pieces = pieces
      self.settings = expected.map { settings[$0] }
    }

    /// Whether two streams may be parts of one: one has settings of the other alone, in its order, as where it was cut.
    fileprivate static func agree(_ one: [Int], _ other: [Int]) -> Bool {
      let (few, many) = one.count < other.count ? (one, other) : (other, one)
      var rest = many[...]
      return few.allSatisfy { setting in
        rest = rest.drop { $0 != setting }
        return rest.popFirst() != nil
      }
    }

    /// The images of `expected` settings that came twice or not at all.
    private static func gaps(
      in entries: [Entry], of expected: [Int], _ settings: [Setting], _ lists: [[Int]]
    ) -> [Problem] {
      var images = Dictionary(uniqueKeysWithValues: expected.map { ($0, SettingImages()) })
      for entry in entries {
        for setting in lists[entry.list] { images[setting]?.add(entry.index, from: entry.stream) }
      }
      var (doubled, missing) = ([(SettingImages.Twice, [Setting])](), [([Range<Int>], Int?, [Setting])]())
      for place in expected {
        guard let found = images[place] else { continue }
        let (setting, gaps) = (settings[place], found.gaps(of: settings[place].total))
        for twice in found.twice {
          if let same = doubled.firstIndex(where: { $0.0 == twice }) {
            doubled[same].1.append(setting)
          } else {
            doubled.append((twice, [setting]))
          }
        }
        guard !gaps.isEmpty else { continue }
        if let same = missing.firstIndex(where: { $0.0 == gaps && $0.1 == setting.total }) {
          missing[same].2.append(setting)
        } else {
          missing.append((gaps, setting.total, [setting]))
        }
      }
      return doubled.map { .doubled(images: $0.0.images, streams: $0.0.streams, settings: $0.1) }
        + missing.map { .missing(images: $0.0, total: $0.1, settings: $0.2) }
    }
  }

  /// The stream whose settings are those of the whole: it agrees with the most, has the most settings of those, and comes
  /// first; nil where none has any.
  private var reference: Int? {
    let kinds = Set(streams)
    let agreeing = Dictionary(
      uniqueKeysWithValues: kinds.map { kind in (kind, streams.count { Whole.agree($0, kind) }) })
    return streams.indices.filter { !streams[$0].isEmpty }.max { one, other in
      let (first, second) = (streams[one], streams[other])
      return (agreeing[first] ?? 0, first.count, other) < (agreeing[second] ?? 0, second.count, one)
    }
  }
}

/// The images of one setting, which come in the order of their positions.
private struct SettingImages {
  /// Images that came twice from the same streams.
  struct Twice: Equatable {
    let streams: [Int]
    var images: [Range<Int>]
  }

  /// Those that came, as few ranges.
  private var ranges: [Range<Int>] = []
  private(set) var twice: [Twice] = []
  private var lastStream = 0

  mutating func add(_ index: Int, from stream: Int) {
    defer { lastStream = stream }
    guard let last = ranges.last, last.upperBound > index else { return Self.append(index, to: &ranges) }
    let streams = [lastStream, stream]
    if let place = twice.firstIndex(where: { $0.streams == streams }) {
      Self.append(index, to: &twice[place].images)
    } else {
      twice.append(Twice(streams: streams, images: [index..<index + 1]))
    }
  }

  /// Adds an image that is the last one of `ranges`, or comes after it.
  private static func append(_ index: Int, to ranges: inout [Range<Int>]) {
    guard let last = ranges.last, last.upperBound >= index else { return ranges.append(index..<index + 1) }
    ranges[ranges.count - 1] = last.lowerBound..<index + 1
  }

  /// Those of 0 ..< `total` that did not come; where nobody knows how many there are, those between others.
  func gaps(of total: Int?) -> [Range<Int>] {
    var (gaps, next) = ([Range<Int>](), total == nil ? ranges.first?.lowerBound ?? 0 : 0)
    for range in ranges {
      if next < range.lowerBound { gaps.append(next..<range.lowerBound) }
      next = range.upperBound
    }
    if let total, next < total { gaps.append(next..<total) }
    return gaps
  }
}
