import Records
import ToolSupport

/// A card as people read it.
struct CardPage {
  private let card: CardRecord

  init(_ card: CardRecord) { self.card = card }

  var text: String {
    let images =
      "\(NumberText.count(card.parts.first?.scores.first?.tally.count ?? 0, "image")) of \(card.data) \(card.split)"
    var table = TextTable([.words("tried"), .numbers("accuracy"), .words("95 % interval"), .numbers("time")])
    for part in card.parts {
      table.add([title(of: part), NumberText.percent(part.accuracy), interval(part.interval), time(part.seconds)])
      guard part.scores.count > 1 else { continue }
      for (name, scores) in byCorruption(part.scores) {
        let mean = scores.reduce(0) { $0 + $1.tally.accuracy } / Double(scores.count)
        table.add(["  \(name)", NumberText.percent(mean)])
      }
    }
    let omissions = card.notRun.map { "\($0.name): \($0.reason)\n" }.joined()
    return "\(card.path): \(images)\n\n\(table.text)" + (omissions.isEmpty ? "" : "\nNot run:\n\(omissions)") + "\n"
  }

  private func title(of part: CardRecord.Part) -> String {
    guard let setting = part.scores.first?.setting, part.scores.count == 1 else {
      return "\(part.name), mean of \(part.scores.count)"
    }
    let budgets = [
      setting.rotation > 0 ? "\(setting.rotationText) degrees" : nil,
      setting.translation > 0 ? pixels(setting.translation) : nil,
      setting.attack == "none" ? nil : setting.epsilon.map { "\(setting.norm) \(NumberText.pixelDistance($0))" },
    ].compactMap { $0 }
    return ([part.name] + budgets).joined(separator: ", ")
  }

  /// The scores of each corruption, in their order.
  private func byCorruption(_ scores: [ScoreRecord]) -> [(String, [ScoreRecord])] {
    var groups: [(String, [ScoreRecord])] = []
    for score in scores {
      let name = score.setting.parameters?["corruption"]?.string ?? "-"
      if groups.last?.0 == name { groups[groups.count - 1].1.append(score) } else { groups.append((name, [score])) }
    }
    return groups
  }

  private func interval(_ interval: WilsonInterval?) -> String {
    interval.map { "\(NumberText.percent($0.lower)) to \(NumberText.percent($0.upper))" } ?? "-"
  }

  private func pixels(_ number: Double) -> String {
    number == 1 ? "1 pixel" : "\(NumberText.shortest(number)) pixels"
  }

  private func time(_ seconds: Double) -> String { NumberText.duration(seconds: seconds) }
}
