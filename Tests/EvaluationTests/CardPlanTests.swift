import Attacks
import Corruptions
import Evaluation
import Networks
import Records
import Spatial
import Testing

@Suite("Plans of cards")
struct CardPlanTests {
  @Test("A card tries what is customary, at its budgets, and says what it leaves out")
  func plan() throws {
    try withModel { model in
      let plan = try CardPlan(of: model, seed: 5)
      #expect(
        plan.parts.map(\.name) == [
          "natural", "corruptions", "spatial-worst-of-10", "spatial-grid", "spatial-worst-of-10-pgd", "autoattack",
        ])
      #expect(plan.parts.map { $0.attack?.name } == [nil, nil, nil, nil, "pgd", "autoattack"])
      #expect(plan.parts.compactMap { $0.attack?.epsilon } == [0.3, 0.3])
      // Images of 8x8 pixels: a tenth of the side is one pixel.
      for part in plan.parts[2...4] {
        let transformation = part.transformations[0]
        #expect(part.transformations.count == 1)
        #expect(transformation.distribution == PoseDistribution(rotation: 30, translation: 1))
      }
      #expect(plan.parts[2].transformations[0].search == .worst(of: 10))
      #expect(plan.parts[2].transformations[0].seed == 5)
      #expect(plan.parts[0].transformations == [.none] && plan.parts[5].transformations == [.none])
    }
  }

  @Test("Corruptions are all that the images allow, at every severity")
  func corruptions() throws {
    try withModel { model in
      let plan = try CardPlan(of: model, seed: 5)
      let kinds = Corruption.Kind.allCases.filter { $0 != .saturate }
      let expected = kinds.flatMap { kind in
        (1...5).map { ImageCorruption.computed(Corruption(kind, severity: $0), seed: 5) }
      }
      #expect(plan.parts[1].transformations.map(\.corruption) == expected)
      #expect(
        plan.notRun.map(\.name) == ["saturate", "motion_blur", "snow", "frost", "spatter", "elastic_transform"])
      #expect(plan.notRun[0].reason.contains("grey images"))
      #expect(plan.notRun[1].reason == "read from files alone: --corruption motion_blur --corrupted DIR")
    }
  }

  @Test("A corrupted image's records differ by seed, and a card's settings with it")
  func seeds() throws {
    try withModel { model in
      let (one, other) = (try CardPlan(of: model, seed: 1), try CardPlan(of: model, seed: 2))
      #expect(one.parts[1].transformations != other.parts[1].transformations)
      #expect(one.parts[0].transformations == other.parts[0].transformations)
      #expect(one.parts[4].attack != other.parts[4].attack)
    }
  }
}
