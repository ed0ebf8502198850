import Failures
import Records
import Testing

/// An image counts once in a setting, and what is missing is told.
@Suite struct FoldedImagesTests {
  private func record(_ index: Int, perturbed: Int = 1, total: Int? = nil, attack: String = "pgd") -> PredictionRecord {
    PredictionRecord(
      setting: Setting(model: "0123456789abcdef", attack: attack, norm: "linf", epsilon: 0.1, total: total),
      index: index, label: 0, natural: 0, perturbed: perturbed, distance: 0.1)
  }

  @Test("The same record again counts once, in another setting anew")
  func repeated() throws {
    var fold = FoolingRateFold()
    for _ in 0..<3 {
      for index in 0..<10 { try fold.add(record(index, perturbed: index % 2)) }
      for index in 0..<10 { try fold.add(record(index, attack: "fgsm")) }
    }
    #expect(fold.records.map(\.count) == [10, 10])
    #expect(fold.records.map(\.fooled) == [5, 10])
    #expect(fold.repeatedCount == 40)
  }

  @Test("Another record of the same image is refused, and the fold goes on without it")
  func contradictory() throws {
    var fold = FoolingRateFold()
    try fold.add(record(7))
    let message =
      "image 7 came before with another answer, under the same settings (pgd, linf, epsilon 0.1, model 0123456789ab); "
      + "count each run alone"
    #expect(throws: Failure(.data, message)) { try fold.add(record(7, perturbed: 2)) }
    var other = record(7)
    other.distance = 0.05
    #expect(throws: Failure(.data, message)) { try fold.add(other) }
    try fold.add(record(7))
    try fold.add(record(8))
    #expect(fold.records.map(\.count) == [2] && fold.repeatedCount == 1)
  }

  @Test("Positions are 0 to total - 1")
  func positions() throws {
    var fold = FoolingRateFold()
    #expect(throws: Failure(.data, "image 3 of a `total` of 3; positions are 0 to total - 1")) {
      try fold.add(record(3, total: 3))
    }
    #expect(throws: Failure.self) { try fold.add(record(-1, total: 3)) }
    #expect(throws: Failure.self) { try fold.add(record(.min)) }
    try fold.add(record(2, total: 3))
    try fold.add(record(.max))
    #expect(fold.records.map(\.count) == [1, 1])
  }

  @Test("Missing are those of the total, or those between where there is none")
  func missing() throws {
    var fold = FoolingRateFold()
    for index in [0, 1, 2, 6, 7, 8] { try fold.add(record(index, total: 9)) }
    for index in [6, 8, 3] { try fold.add(record(index)) }
    for index in 0..<4 { try fold.add(record(index, total: 4)) }
    for index in [0, Int.max] { try fold.add(record(index, attack: "far")) }
    #expect(fold.records.map(\.missing) == [3, 3, 0, .max - 1])
    #expect(fold.scores.map(\.missing) == fold.records.map(\.missing))
  }

  @Test("Scattered positions are kept apart as a set keeps them")
  func scattered() throws {
    var random = SystemRandomNumberGenerator()
    var (fold, seen, repeated) = (FoolingRateFold(), Set<Int>(), 0)
    for _ in 0..<3000 {
      let index =
        switch Int.random(in: 0..<4, using: &random) {
        case 0: Int.random(in: 0..<200, using: &random)
        case 1: Int.random(in: 0..<20_000, using: &random)
        case 2: Int.random(in: 0..<Int.max, using: &random)
        default: seen.count
        }
      if !seen.insert(index).inserted { repeated += 1 }
      try fold.add(record(index, perturbed: index & 1))
    }
    #expect(fold.records[0].count == seen.count)
    #expect(fold.records[0].fooled == seen.count { $0 & 1 == 1 })
    #expect(fold.repeatedCount == repeated && repeated > 0)
  }
}
