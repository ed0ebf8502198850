import Records
import ToolSupport

/// What keeps shards from being a whole, for people.
struct ProblemText {
  /// What the files are called.
  let names: [String]
  /// All settings of the whole.
  let settings: [Setting]

  /// How many ranges of images are told; more would fill the screen.
  private static let most = 5

  func text(_ problem: ShardMerge.Problem) -> String {
    switch problem {
    case .foreign(let stream, let beside, let difference):
      let words = difference?.text() ?? "they come in another order"
      return "\(names[stream]): is of other settings than \(names[beside]): \(words)"
    case .doubled(let images, let streams, let settings):
      let places = streams.map { names[$0] }.reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
        .joined(separator: " and ")
      return "\(text(images)) \(isOne(images) ? "comes" : "come") twice, in \(places)\(text(settings))"
    case .missing(let images, let total, let settings):
      let count = images.reduce(0) { $0 + $1.count }
      let share = total.map { ", \(count) of \($0)" } ?? ""
      return "\(text(images)) \(isOne(images) ? "is" : "are") missing\(share)\(text(settings))"
    }
  }

  /// `image 3`, or `images 3, 7 to 9`.
  private func text(_ images: [Range<Int>]) -> String {
    let parts = images.prefix(Self.most).map {
      $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound) to \($0.upperBound - 1)"
    }
    let more = images.count > Self.most ? ["and others"] : []
    return (isOne(images) ? "image " : "images ") + (parts + more).joined(separator: ", ")
  }

  private func isOne(_ images: [Range<Int>]) -> Bool { images.count == 1 && images[0].count == 1 }

  /// Which settings these are; nothing where it is all.
  private func text(_ some: [Setting]) -> String {
    guard some.count < settings.count else { return "" }
    let titles = zip(settings, settings.perturbationTitles).filter { some.contains($0.0) }.map { setting, title in
      let model = Set(settings.map(\.model)).count > 1 ? "model \(setting.model.prefix(12))" : ""
      return [model, title.isEmpty ? "no attack" : title].filter { !$0.isEmpty }.joined(separator: ", ")
    }
    return "; " + titles.joined(separator: "; ")
  }
}
