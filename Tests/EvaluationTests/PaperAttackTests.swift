import Attacks
import Datasets
import Evaluation
import Networks
import Records
import Testing

/// Attacks as a paper's code carries them out on a model.
@Suite("Attacks as in the paper's code")
struct PaperAttackTests {
  private let meant = NamedAttack(
    name: "pgd", epsilon: 8.0 / 255,
    attack: ProjectedGradientDescent(epsilon: 8.0 / 255, steps: 4, stepSize: 2.0 / 255, seed: 6))
  private let normalisation = Preprocessing(mean: [0.4], standardDeviation: [0.25])

  @Test("take the model's normalisation, and the script for its kind of network")
  func scripts() throws {
    try withModel(preprocessing: normalisation) { model in
      let attack = try #require(meant.asInPaper(on: model).attack as? NormalisedDescent)
      #expect(attack.mean == [0.4] && attack.deviation == [0.25] && attack.script == .standard)
      #expect(attack.descent == meant.attack as? ProjectedGradientDescent)
    }
    try withModel(architecture: .p4CNN) { model in
      let attack = try #require(meant.asInPaper(on: model).attack as? NormalisedDescent)
      #expect(attack.mean == [0] && attack.deviation == [1] && attack.script == .equivariant)
      #expect(attack.descent.start == .unclipped && attack.descent.seed == 6)
    }
  }

  @Test("other attacks stay as they are")
  func others() throws {
    let other = NamedAttack(name: "ddn", epsilon: nil, attack: DecoupledDirectionNorm())
    try withModel { model in #expect(other.asInPaper(on: model) == other) }
  }

  @Test("have records that nobody takes for those of PGD within the budget, and can be had as they were meant")
  func records() throws {
    try withModel(preprocessing: normalisation) { model in
      let attack = meant.asInPaper(on: model)
      let selection = ImageSelection(try digits().prefix(12), data: "digits")
      let predictions = try Predictions(of: model, under: [attack])
      var (found, sound) = ([PredictionRecord](), [PredictionRecord]())
      try predictions.forEach(in: selection) { found.append($0) }
      #expect(found.count == 12 && found.allSatisfy { $0.setting.attack == "paper-pgd" && $0.setting.epsilon == nil })
      #expect(
        found[0].setting.parameters?.text
          == #"{"steps":4,"step_size":0.007843138,"start":"random","restarts":1,"loss":"cross-entropy","seed":"6","#
          + #""normalised_epsilon":0.03137254901960784,"labels":"true"}"#)
      // Black pixels end at 0.15 or above.
      #expect(found.allSatisfy { $0.distance > 0.149 && $0.failure == nil })
      #expect(predictions.paperAttacks.count == 1)

      try predictions.asMeant().forEach(in: selection) { sound.append($0) }
      var plain: [PredictionRecord] = []
      try Predictions(of: model, under: [meant]).forEach(in: selection) { plain.append($0) }
      #expect(sound == plain && plain.allSatisfy { $0.distance <= 8.0 / 255 })
      #expect(try Predictions(of: model, under: [meant, nil]).paperAttacks.isEmpty)
    }
  }
}
