import Records

/// Puts records that come in any order into the order of their places: `perPlace` for each place, then the next place's.
struct RecordOrder {
  private let perPlace: Int
  private var waiting: [Int: [PredictionRecord]] = [:]
  /// How many places are done.
  private(set) var done = 0

  init(perPlace: Int) { self.perPlace = perPlace }

  /// Takes in the next record of `place`; the records whose turn it is go to `body`.
  mutating func add(_ record: PredictionRecord, at place: Int, _ body: (PredictionRecord) throws -> Void) rethrows {
    waiting[place, default: []].append(record)
    while waiting[done]?.count == perPlace, let records = waiting.removeValue(forKey: done) {
      for record in records { try body(record) }
      done += 1
    }
  }
}
