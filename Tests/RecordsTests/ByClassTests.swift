import Records
import Testing

/// Rates of each true class.
@Suite struct ByClassTests {
  private let records = (0..<60).map { index in
    PredictionRecord(
      setting: Setting(model: "m", attack: index % 2 == 0 ? "pgd" : "fgsm", norm: "linf", epsilon: 0.25, total: 60),
      index: index, label: index % 7 == 0 ? 9 : index % 3, natural: index % 4, perturbed: index % 5, distance: 0.25,
      hadZeroGradient: index % 8 == 0, failure: index % 11 == 0 ? "no" : nil)
  }

  private func fold(_ records: [PredictionRecord], byClass: Bool) throws -> FoolingRateFold {
    var fold = FoolingRateFold(byClass: byClass)
    for record in records { try fold.add(record) }
    return fold
  }

  @Test("The rate of a class is that of its records alone, class after class within a setting")
  func classes() throws {
    let rates = try fold(records, byClass: true).records
    #expect(rates.map(\.label) == [0, 1, 2, 9, 0, 1, 2, 9])
    #expect(rates.map(\.setting?.attack) == ["pgd", "fgsm"].flatMap { Array(repeating: $0, count: 4) })
    for rate in rates {
      let own = records.filter { $0.label == rate.label && $0.setting.attack == rate.setting?.attack }
      var alone = try #require(try fold(own, byClass: false).records.first)
      (alone.label, alone.missing) = (rate.label, 0)
      #expect(rate == alone)
    }
  }

  @Test("All classes together are the setting, and scores know of none")
  func sums() throws {
    let (apart, together) = (try fold(records, byClass: true), try fold(records, byClass: false))
    #expect(apart.records.reduce(0) { $0 + $1.count } == 60)
    #expect(apart.records.reduce(0) { $0 + $1.fooled } == together.records.reduce(0) { $0 + $1.fooled })
    #expect(apart.scores == together.scores)
    #expect(together.records.allSatisfy { $0.label == nil })
    #expect(FoolingRateFold(byClass: true).records.isEmpty)
  }

  @Test("A record keeps its class")
  func record() throws {
    let rate = FoolingRateRecord(setting: records[0].setting, count: 4, fooled: 1)
    #expect(try FoolingRateRecord(json: JSON(parsing: rate.line)) == rate)
    var labelled = rate
    labelled.label = 3
    #expect(labelled.line != rate.line)
    #expect(try FoolingRateRecord(json: JSON(parsing: labelled.line)) == labelled)
  }
}
