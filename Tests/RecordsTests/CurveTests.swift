import Failures
import Records
import Testing

/// Records of the nearest images that fool, counted at many budgets.
@Suite struct CurveTests {
  private static let budgets = [0, 0.1, 0.25, 0.3, 1]

  private func record(_ index: Int, distance: Float, fools: Bool = true, epsilon: Double? = nil) -> PredictionRecord {
    PredictionRecord(
      setting: Setting(model: "m", attack: "ddn", norm: "l2", epsilon: epsilon, total: 8), index: index,
      label: index % 2,
      natural: index % 2, perturbed: fools ? 2 : index % 2, distance: distance)
  }

  @Test("An image is fooled from its distance on, and the curve never falls")
  func curve() throws {
    var fold = FoolingRateFold(at: Self.budgets)
    // The float 0.3 is written as 0.3, which is within 0.3.
    let distances: [Float] = [0.05, 0.1, 0.3, 0.30000004, 0.9]
    for (index, distance) in distances.enumerated() { try fold.add(record(index, distance: distance)) }
    try fold.add(record(5, distance: 0, fools: false))
    #expect(fold.records.map { $0.setting?.epsilon } == Self.budgets)
    #expect(fold.records.map(\.fooled) == [0, 2, 2, 3, 5])
    #expect(fold.records.allSatisfy { $0.count == 6 && $0.missing == 2 && $0.setting?.attack == "ddn" })
    #expect(fold.records.map(\.accuracy) == [6, 4, 4, 3, 1].map { $0 / 6 })
  }

  @Test("What came before counts once, whatever the number of budgets")
  func repeated() throws {
    var fold = FoolingRateFold(at: Self.budgets)
    for index in [0, 1, 0, 1, 1] { try fold.add(record(index, distance: 0.2)) }
    #expect(fold.repeatedCount == 3 && fold.records.allSatisfy { $0.count == 2 })
    #expect(throws: Failure.self) { try fold.add(record(0, distance: 0.3)) }
  }

  @Test("Settings that take turns keep curves of their own")
  func turns() throws {
    var fold = FoolingRateFold(at: Self.budgets)
    for index in 0..<4 {
      var other = record(index, distance: 0.2)
      other.setting.attack = "fmn"
      try fold.add(record(index, distance: 0.05))
      try fold.add(other)
    }
    #expect(fold.records.map(\.fooled) == [0, 4, 4, 4, 4] + [0, 0, 4, 4, 4])
  }

  @Test("Records of one budget are refused")
  func budgets() throws {
    var fold = FoolingRateFold(at: Self.budgets)
    let failure = #expect(throws: Failure.self) { try fold.add(record(0, distance: 0.2, epsilon: 0.3)) }
    #expect(failure?.kind == .data && failure?.message.contains("epsilon 0.3") == true)
  }
}
