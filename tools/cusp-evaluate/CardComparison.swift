import Failures
import Files
import Records
import ToolSupport

/// Cards of several models side by side: a row a card, a column a kind of trial.
struct CardComparison {
  private let cards: [CardRecord]
  /// The kinds of trials, in the order in which they come.
  private var parts: [String] = []

  init(_ cards: [CardRecord]) {
    self.cards = cards
    for part in cards.flatMap(\.parts) where !parts.contains(part.name) { parts.append(part.name) }
  }

  /// The cards in the files at `paths`; nil where these are models.
  ///
  /// - Throws: `Failure` for models among cards, and for records without a card.
  init?(filesAt paths: [String], _ context: ToolContext) throws {
    let files = try paths.filter { path in
      guard path != "-", fileExists(at: path) else { return false }
      let kind = try FileKind(ofFileAt: path)
      return [.json, .text].contains(kind)
    }
    guard let first = files.first else { return nil }
    if let model = paths.first(where: { !files.contains($0) }) {
      throw Failure(.usage, "\(model) is no card and \(first) may be one: make cards of all models first, by --card")
    }
    try self.init(files.flatMap { try Self.cards(at: $0, context) })
  }

  private static func cards(at path: String, _ context: ToolContext) throws -> [CardRecord] {
    let input = try context.input(path, "cards", example: "cusp-evaluate --compare a.ndjson b.ndjson")
    var records = RecordReader(LineReader(descriptor: input.descriptor, name: input.name, first: input.first))
    var cards: [CardRecord] = []
    do {
      while let record = try records.next() {
        if record.type == CardRecord.type { cards.append(try record.decode()) }
      }
    } catch {
      throw Failure(error.kind, "\(path): \(error.message)")
    }
    guard !cards.isEmpty else {
      throw Failure(.data, "\(path): holds no card; cusp-evaluate --card MODEL > \(path) writes one")
    }
    return cards
  }

  /// Writes the table, or the cards where records are asked for.
  func write(to output: StandardOutput, as format: OutputFormat) throws {
    let title = "Accuracy, by kind of trial.\n\n"
    try output.write(rows: rows, as: format, text: title + text(within: output.columns))
  }

  private func text(within limit: Int?) -> String {
    let data = cards.map { "\($0.data) \($0.split)" }
    let isMixed = Set(data).count > 1
    var rows = ModelRows((isMixed ? ["data"] : []) + ["images"] + parts, words: isMixed ? 1 : 0)
    for (card, data) in zip(cards, data) {
      let cells = parts.map { name in part(name, of: card).map { NumberText.percent($0.accuracy) } ?? "-" }
      rows.add(card.path, (isMixed ? [data] : []) + ["\(count(of: card))"] + cells)
    }
    return rows.text(within: limit)
  }

  /// The table as objects, a card each.
  private var rows: [JSON] {
    cards.map { card in
      var members: [JSON.Member] = [
        .init("model", .string(card.path)), .init("data", .string(card.data)), .init("split", .string(card.split)),
        .init("count", .integer(Int64(count(of: card)))),
      ]
      for name in parts {
        members.append(.init(name, part(name, of: card).map(Self.cell) ?? .null))
      }
      return .object(members)
    }
  }

  private static func cell(_ part: CardRecord.Part) -> JSON {
    let interval = part.interval.map { [JSON.Member("accuracy_interval", $0.json)] } ?? []
    return .object([.init("accuracy", .number(part.accuracy))] + interval)
  }

  private func part(_ name: String, of card: CardRecord) -> CardRecord.Part? { card.parts.first { $0.name == name } }

  private func count(of card: CardRecord) -> Int { card.parts.first?.scores.first?.tally.count ?? 0 }
}
