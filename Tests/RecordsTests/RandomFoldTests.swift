import Records
import Testing

/// Folds of seeded random predictions against counting again, setting by setting.
@Suite struct RandomFoldTests {
  /// A small congruential generator: the same numbers on every machine.
  private struct Numbers: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return state ^ state >> 29
    }
  }

  private func predictions(seed: UInt64, count: Int, settings: Int) -> [PredictionRecord] {
    var numbers = Numbers(state: seed)
    return (0..<count).map { index in
      let kind = Int.random(in: 0..<settings, using: &numbers)
      return PredictionRecord(
        setting: Setting(
          model: ["m", "n"][kind % 2], attack: "pgd", norm: ["linf", "l2", "none"][kind % 3],
          epsilon: Double(kind / 6) / 255, rotation: Double(kind % 5), translation: Double(kind % 7)),
        index: index, label: Int.random(in: 0..<3, using: &numbers), natural: Int.random(in: 0..<3, using: &numbers),
        perturbed: Int.random(in: 0..<3, using: &numbers), distance: 0)
    }
  }

  private func fold(_ records: some Sequence<PredictionRecord>) throws -> FoolingRateFold {
    var fold = FoolingRateFold()
    for record in records { try fold.add(record) }
    return fold
  }

  @Test(
    "Each setting is counted as by filtering, in order of first appearance", arguments: 1...12 as ClosedRange<UInt64>)
  func recount(seed: UInt64) throws {
    let records = predictions(seed: seed, count: 700, settings: Int(seed) * 7)
    let fold = try fold(records)
    var order: [Setting] = []
    for record in records where !order.contains(record.setting) { order.append(record.setting) }
    #expect(fold.tallies.map(\.setting) == order)
    for (found, record) in zip(fold.tallies, fold.records) {
      let group = records.filter { $0.setting == found.setting }
      let expected = Tally(
        count: group.count, fooled: group.count { $0.natural != $0.perturbed },
        naturallyCorrect: group.count { $0.natural == $0.label }, correct: group.count { $0.perturbed == $0.label })
      #expect(found.tally == expected)
      #expect(record.setting == found.setting)
      #expect((record.count, record.fooled) == (expected.count, expected.fooled))
      #expect(record.rate == Double(expected.fooled) / Double(expected.count))
      #expect(record.naturalAccuracy == Double(expected.naturallyCorrect) / Double(expected.count))
      #expect(record.accuracy == Double(expected.correct) / Double(expected.count))
      #expect((record.interval.lower...record.interval.upper).contains(record.rate))
    }
  }

  @Test("The order within a setting does not matter, nor what stands between")
  func order() throws {
    let records = predictions(seed: 99, count: 500, settings: 9)
    let sorted = records.sorted { $0.setting.hashValue < $1.setting.hashValue }
    let (first, second) = (try fold(records), try fold(sorted))
    let tallies = Dictionary(uniqueKeysWithValues: second.tallies.map { ($0.setting, $0.tally) })
    #expect(first.tallies.count == second.tallies.count)
    #expect(first.tallies.allSatisfy { tallies[$0.setting] == $0.tally })
  }

  @Test("Shards one after the other are the whole, and their tallies add up to it", arguments: [2, 3, 7, 500])
  func shards(count: Int) throws {
    let records = predictions(seed: 5, count: 500, settings: 4)
    let shards = (0..<count).map { Array(records[500 * $0 / count..<500 * ($0 + 1) / count]) }
    let whole = try fold(records)
    #expect(try fold(shards.joined()).records == whole.records)
    var sums: [Setting: Tally] = [:]
    for (setting, tally) in try shards.flatMap({ try fold($0).tallies }) {
      let sum = sums[setting] ?? Tally()
      sums[setting] = Tally(
        count: sum.count + tally.count, fooled: sum.fooled + tally.fooled,
        naturallyCorrect: sum.naturallyCorrect + tally.naturallyCorrect, correct: sum.correct + tally.correct)
    }
    #expect(sums.count == whole.tallies.count)
    #expect(whole.tallies.allSatisfy { sums[$0.setting] == $0.tally })
  }

  @Test("Predictions read from lines count as those in memory")
  func lines() throws {
    let records = predictions(seed: 6, count: 200, settings: 5)
    let again = try records.map { try PredictionRecord(json: JSON(parsing: $0.line)) }
    #expect(again == records)
    #expect(try fold(again).records == fold(records).records)
  }

  @Test("A tally of nothing has shares of 0")
  func nothing() {
    let tally = Tally()
    #expect((tally.foolingRate, tally.naturalAccuracy, tally.accuracy) == (0, 0, 0))
    #expect(FoolingRateRecord(setting: nil, count: 0, fooled: 0).rate == 0)
    #expect(FoolingRateFold().records == [])
  }

  @Test(
    "A tally counts by both predictions and the true class",
    arguments: [
      (1, 1, 1, Tally(count: 1, fooled: 0, naturallyCorrect: 1, correct: 1)),
      (1, 1, 2, Tally(count: 1, fooled: 1, naturallyCorrect: 1, correct: 0)),
      (1, 2, 1, Tally(count: 1, fooled: 1, naturallyCorrect: 0, correct: 1)),
      (1, 2, 2, Tally(count: 1, fooled: 0, naturallyCorrect: 0, correct: 0)),
      (1, 2, 3, Tally(count: 1, fooled: 1, naturallyCorrect: 0, correct: 0)),
    ])
  func tally(label: Int, natural: Int, perturbed: Int, expected: Tally) {
    var tally = Tally()
    tally.add(label: label, natural: natural, perturbed: perturbed)
    #expect(tally == expected)
  }
}

/// What holds of Wilson's interval whatever the counts are.
@Suite struct WilsonIntervalTests {
  @Test(
    "The interval holds the share, lies in 0...1 and mirrors that of the failures", arguments: [1, 2, 9, 100, 9973])
  func bounds(count: Int) {
    for successes in Set([0, 1, count / 3, count / 2, count - 1, count]) {
      let interval = WilsonInterval(successes: successes, count: count)
      let mirrored = WilsonInterval(successes: count - successes, count: count)
      let share = Double(successes) / Double(count)
      #expect(interval.lower <= share && share <= interval.upper)
      #expect(interval.lower >= 0 && interval.upper <= 1)
      #expect((interval.lower == 0) == (successes == 0))
      #expect((interval.upper == 1) == (successes == count))
      #expect(abs(interval.lower + mirrored.upper - 1) < 1e-15 && abs(interval.upper + mirrored.lower - 1) < 1e-15)
    }
  }

  @Test("Both ends rise with the successes")
  func rising() {
    let intervals = (0...60).map { WilsonInterval(successes: $0, count: 60) }
    for (interval, next) in zip(intervals, intervals.dropFirst()) {
      #expect(interval.lower < next.lower && interval.upper < next.upper)
    }
  }

  @Test("More images of the same share make it narrower")
  func narrower() {
    let widths = (0...30).map { power in
      let interval = WilsonInterval(successes: 1 << power, count: 4 << power)
      return interval.upper - interval.lower
    }
    #expect(zip(widths, widths.dropFirst()).allSatisfy { $0 > $1 })
    #expect(widths.last.map { $0 < 1e-4 } == true)
  }

  @Test("The ends solve Wilson's equation", arguments: [(1, 2), (3, 10), (250, 1000), (1, 100_000)])
  func equation(successes: Int, count: Int) {
    let (interval, total) = (WilsonInterval(successes: successes, count: count), Double(count))
    for end in [interval.lower, interval.upper] {
      // |share - end| is 1.96 standard deviations of a share whose expectation is that end.
      let deviation = (end * (1 - end) / total).squareRoot()
      #expect(abs(abs(Double(successes) / total - end) / deviation - 1.959963984540054) < 1e-9)
    }
  }

  @Test("Counts beyond what a double holds are still bounded", arguments: [0, 1, Int.max / 2, .max])
  func large(successes: Int) {
    let interval = WilsonInterval(successes: successes, count: .max)
    #expect(interval.lower >= 0 && interval.upper <= 1 && interval.lower <= interval.upper)
    #expect(interval.json.array?.compactMap(\.number) == [interval.lower, interval.upper])
  }
}
