public import Attacks
import Datasets
import Networks
import Records
import Spatial
import Tensors

/// What a model said of a batch in one setting.
struct BatchAnswer {
  /// The positions of attack and transformation in the lists of `Predictions`.
  let attack, transformation: Int
  let images: [Int]
  let poses: [Pose]
  let outcome: AttackOutcome
  let natural, perturbed: [Int]

  init(attack: Int, transformation: Int, images: [Int], poses: [Pose], _ outcome: AttackOutcome) {
    (self.attack, self.transformation, self.images, self.poses) = (attack, transformation, images, poses)
    (self.outcome, natural, perturbed) = (outcome, outcome.naturalClasses, outcome.perturbedClasses)
  }
}

extension Predictions {
  /// What records say of an image whose attack failed, or of which the model's answers are not finite; nil where all is
  /// well.
  public static func failure(
    _ failure: AttackFailure?, naturalLogits: some Sequence<Float>, perturbedLogits: some Sequence<Float>
  ) -> String? {
    if !naturalLogits.allSatisfy(\.isFinite) { return "the model's logits are not finite" }
    if let failure { return "\(failure.message); the image is unharmed" }
    return perturbedLogits.allSatisfy(\.isFinite) ? nil : "the model's logits of the perturbed image are not finite"
  }

  /// The record of the image in `row` of a batch.
  func record(_ answer: BatchAnswer, row: Int, _ setting: Setting, label: Int) -> PredictionRecord {
    let outcome = answer.outcome
    let logits = outcome.perturbedLogits[rows: row..<row + 1].values
    return PredictionRecord(
      setting: setting, pose: answer.poses[row].record, index: answer.images[row], label: label,
      natural: answer.natural[row], perturbed: answer.perturbed[row], distance: outcome.distances[row],
      logits: withLogits ? logits : nil, hadZeroGradient: outcome.zeroGradients[row],
      failure: Self.failure(
        outcome.failures[row], naturalLogits: outcome.naturalLogits[rows: row..<row + 1].values,
        perturbedLogits: logits))
  }

  /// The record of an outcome of a sweep.
  func record(_ outcome: SweepOutcome, _ setting: Setting, pose: Pose, index: Int, label: Int) -> PredictionRecord {
    PredictionRecord(
      setting: setting, pose: pose.record, index: index, label: label, natural: outcome.naturalClass,
      perturbed: outcome.perturbedClass, distance: outcome.distance,
      logits: withLogits ? outcome.perturbedLogits : nil,
      steps: attacks[outcome.attack]?.stopsEarly == true ? outcome.steps : nil,
      reused: outcome.origin.flatMap { attacks[$0]?.epsilon }, hadZeroGradient: outcome.hadZeroGradient,
      failure: Self.failure(
        outcome.failure, naturalLogits: outcome.naturalLogits, perturbedLogits: outcome.perturbedLogits))
  }

  /// The settings of records of `selection`, those of one transformation after the other, by attack.
  func settings(of selection: ImageSelection) -> [[Setting]] {
    transformations.map { transformation in
      attacks.map { attack in
        var setting = transformation.setting(
          attack?.setting(model: model.digest)
            ?? Setting(model: model.digest, attack: "none", norm: "none", epsilon: 0))
        (setting.data, setting.split) = (selection.data, selection.images.split.rawValue)
        setting.total = selection.total
        setting.parameters = parameters(attack, transformation)
        return setting
      }
    }
  }

  /// What was chosen besides the budgets: the attack's parameters, or the seed where only poses were drawn; and how
  /// convolutions are computed, where that was chosen.
  private func parameters(_ attack: NamedAttack?, _ transformation: Transformation) -> JSON? {
    var members = attack?.parameters.members ?? []
    if attack == nil, !transformation.isIdentity {
      members.append(.init("seed", .string(String(transformation.seed))))
    }
    if let algorithms { members.append(.init(algorithms.rawValue, .bool(true))) }
    return members.isEmpty ? nil : .object(members)
  }
}
