import Records
import ToolSupport

/// Scores under construction, one a model and setting, in the order they first came up.
struct ScoreReport {
  /// How scores are written.
  enum Layout {
    /// A record each.
    case records
    /// A table for people, a row each.
    case table
    /// A table of one row a model and one column a setting.
    case comparison
  }

  private let layout: Layout
  private var fold = FoolingRateFold()
  private var names: [String: String] = [:]

  init(layout: Layout) { self.layout = layout }

  /// Has tables call the model with `digest` by `name`.
  mutating func call(_ digest: String, _ name: String) { names[digest] = name }

  mutating func add(_ record: PredictionRecord) { fold.add(record) }

  /// Writes the scores.
  func write(to output: StandardOutput) throws {
    switch layout {
    case .records: for score in scores { try output.write(score) }
    case .table: try output.write(table)
    case .comparison: try output.write("Accuracy, and in brackets the share that is fooled.\n\n" + comparison)
    }
  }

  private var scores: [ScoreRecord] { fold.tallies.map { ScoreRecord(setting: $0.setting, tally: $0.tally) } }

  private var table: String {
    var table = TextTable([
      .words("model"), .words("attack"), .words("norm"), .numbers("epsilon"), .numbers("rotation"),
      .numbers("translation"), .numbers("images"), .numbers("natural"), .numbers("accuracy"), .words("95 % interval"),
      .numbers("fooled"), .words("95 % interval"),
    ])
    for score in scores {
      let (setting, tally) = (score.setting, score.tally)
      table.add([
        name(setting.model), setting.attack, setting.norm, NumberText.pixelDistance(setting.epsilon),
        setting.rotationText, NumberText.shortest(setting.translation), String(tally.count),
        NumberText.percent(tally.naturalAccuracy), NumberText.percent(tally.accuracy),
        interval(tally.correct, of: tally.count), NumberText.percent(tally.foolingRate),
        interval(tally.fooled, of: tally.count),
      ])
    }
    return table.text
  }

  private var comparison: String {
    let rows = scores.grouped(by: \.setting.model)
    let columns = scores.grouped(by: \.setting.perturbation).map(\.key).filter { !$0.isEmpty }
    var table = TextTable(
      [.words("model"), .numbers("images"), .numbers("natural")] + columns.map { .numbers($0) })
    for row in rows {
      let tallies = Dictionary(row.values.map { ($0.setting.perturbation, $0.tally) }) { first, _ in first }
      let first = row.values.first?.tally ?? Tally()
      table.add(
        [name(row.key), String(first.count), NumberText.percent(first.naturalAccuracy)]
          + columns.map { column in
            tallies[column].map {
              "\(NumberText.percent($0.accuracy)) (\(NumberText.percent($0.foolingRate)))"
            } ?? "-"
          })
    }
    return table.text
  }

  private func name(_ digest: String) -> String { names[digest] ?? String(digest.prefix(12)) }

  private func interval(_ successes: Int, of count: Int) -> String {
    let interval = WilsonInterval(successes: successes, count: count)
    return "\(NumberText.percent(interval.lower)) to \(NumberText.percent(interval.upper))"
  }
}

extension Setting {
  /// What happens to images, such as `rotation 30, pgd 8/255`; empty for those that stay as they are.
  fileprivate var perturbation: String {
    [
      rotation != 0 ? "rotation \(rotationText)" : nil,
      translation > 0 ? "translation \(NumberText.shortest(translation))" : nil,
      epsilon > 0 ? "\(attack)\(norm == "l2" ? " l2" : "") \(NumberText.pixelDistance(epsilon))" : nil,
    ].compactMap { $0 }.joined(separator: ", ")
  }
}

extension Array {
  /// The elements by a key, keys in order of their first appearance.
  fileprivate func grouped<Key: Hashable>(by key: (Element) -> Key) -> [(key: Key, values: [Element])] {
    var positions: [Key: Int] = [:]
    return reduce(into: []) { groups, element in
      let key = key(element)
      if let position = positions[key] {
        groups[position].values.append(element)
      } else {
        positions[key] = groups.count
        groups.append((key, [element]))
      }
    }
  }
}
