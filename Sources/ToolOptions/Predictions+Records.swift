import Attacks
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
  let natural, perturbed: [Int]
  let distances: [Float]
  let failed: [Bool]
  /// The logits of the perturbed images, `[n, classes]`.
  let logits: Tensor

  init(attack: Int, transformation: Int, images: [Int], poses: [Pose], _ outcome: AttackOutcome) {
    (self.attack, self.transformation, self.images, self.poses) = (attack, transformation, images, poses)
    (natural, perturbed) = (outcome.naturalClasses, outcome.perturbedClasses)
    (distances, failed, logits) = (outcome.distances, outcome.failed, outcome.perturbedLogits)
  }
}

extension Predictions {
  /// The record of the image in `row` of a batch.
  func record(_ answer: BatchAnswer, row: Int, label: Int) -> PredictionRecord {
    PredictionRecord(
      setting: setting(answer.attack, answer.transformation), pose: answer.poses[row].record,
      index: answer.images[row], label: label, natural: answer.natural[row], perturbed: answer.perturbed[row],
      distance: answer.distances[row], logits: withLogits ? answer.logits[rows: row..<row + 1].values : nil,
      parameters: parameters(answer.attack, answer.transformation),
      failure: answer.failed[row] ? Self.failureMessage : nil)
  }

  /// The record of an outcome of a sweep.
  func record(_ outcome: SweepOutcome, transformation: Int, index: Int, label: Int) -> PredictionRecord {
    let attack = attacks[outcome.attack]
    return PredictionRecord(
      setting: setting(outcome.attack, transformation), pose: transformations[transformation].pose(of: index).record,
      index: index, label: label, natural: outcome.naturalClass, perturbed: outcome.perturbedClass,
      distance: outcome.distance, logits: withLogits ? outcome.perturbedLogits : nil,
      parameters: parameters(outcome.attack, transformation),
      steps: attack?.stopsEarly == true ? outcome.steps : nil,
      reused: outcome.origin.flatMap { attacks[$0]?.epsilon }, failure: outcome.failed ? Self.failureMessage : nil)
  }

  private func setting(_ attack: Int, _ transformation: Int) -> Setting {
    let setting =
      attacks[attack]?.setting(model: model.digest)
      ?? Setting(model: model.digest, attack: "none", norm: "none", epsilon: 0)
    return transformations[transformation].setting(setting)
  }

  /// What was chosen besides the budgets: the attack's parameters, or the seed where only poses were drawn.
  private func parameters(_ attack: Int, _ transformation: Int) -> JSON? {
    let transformation = transformations[transformation]
    if let attack = attacks[attack] { return attack.parameters }
    return transformation.isIdentity ? nil : .object([.init("seed", .string(String(transformation.seed)))])
  }
}
