public import Attacks
import Datasets
import Networks
import Records

extension Predictions {
  /// What records say of an image whose attack failed, or of which the model's answers are not finite; nil where all is
  /// well.
  public static func failure(_ result: AttackResult) -> String? {
    failure(naturalLogits: result.naturalLogits, perturbedLogits: result.perturbedLogits, result.failure)
  }

  private static func failure(
    naturalLogits: [Float], perturbedLogits: [Float], _ failure: AttackFailure? = nil
  ) -> String? {
    if !naturalLogits.allSatisfy(\.isFinite) { return "the model's logits are not finite" }
    if let failure { return "\(failure.message); the image is unharmed" }
    return perturbedLogits.allSatisfy(\.isFinite)
      ? nil : "the model's logits of the perturbed image are not finite"
  }

  /// The record of a result.
  func record(
    _ result: AttackResult, of attack: NamedAttack?, _ setting: Setting, pose: PredictionRecord.Pose, index: Int,
    label: Int
  ) -> PredictionRecord {
    let isQuantised = attack?.isQuantised ?? false
    return PredictionRecord(
      setting: setting, pose: pose, index: index, label: label, natural: result.naturalClass,
      perturbed: result.perturbedClass,
      distance: isQuantised ? Levels.distance(result.distance, attack?.attack.norm ?? .linf) : result.distance,
      logits: withLogits ? result.perturbedLogits : nil,
      steps: attack?.stopsEarly == true ? result.steps : nil,
      reused: result.origin.flatMap { attacks[$0]?.epsilon },
      forwards: attack.map { _ in result.cost.forwards }, backwards: attack.map { _ in result.cost.backwards },
      brokenBy: result.member, isLostByRounding: result.isLostByRounding,
      hadZeroGradient: result.hadZeroGradient,
      failure: Self.failure(result))
  }

  /// The records of the points that the attack asked about; empty unless it is traced.
  func trace(
    _ result: AttackResult, _ setting: Setting, pose: PredictionRecord.Pose, index: Int, label: Int
  ) -> [TraceRecord] {
    func finite(_ value: Float) -> Float? { value.isFinite ? value : nil }
    return result.trace.map {
      TraceRecord(
        setting: setting, pose: pose, index: index, label: label, step: $0.step, loss: finite($0.loss),
        margin: finite($0.margin), distance: $0.distance)
    }
  }

  /// The record of the worst pose of an image.
  func record(_ trial: PoseTrial, _ setting: Setting) -> PredictionRecord {
    let (natural, perturbed) = (trial.naturalLogits, trial.worst.logits)
    return PredictionRecord(
      setting: setting, pose: trial.worst.pose.record, index: trial.image, label: trial.label,
      natural: natural.withUnsafeBufferPointer(predictedClass),
      perturbed: perturbed.withUnsafeBufferPointer(predictedClass), distance: 0,
      logits: withLogits ? perturbed : nil, forwards: transformations[trial.setting].search.map { _ in trial.tried },
      backwards: trial.backwards > 0 ? trial.backwards : nil,
      failure: Self.failure(naturalLogits: natural, perturbedLogits: perturbed))
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
        (setting.path, setting.method, setting.modelSeed) = model.origin
        setting.parameters = parameters(attack, transformation)
        return setting
      }
    }
  }

  /// What was chosen besides the budgets: the attack's parameters, or what decides the poses where there is none; of
  /// how many images batch statistics are, where they decide; and how convolutions are computed, where that was chosen.
  private func parameters(_ attack: NamedAttack?, _ transformation: Transformation) -> JSON? {
    var members =
      attack.map { ($0.parameters.members ?? []) + transformation.searchParameters } ?? transformation.parameters
    members += transformation.corruption?.parameters ?? []
    if batchStatistics != nil {
      members.append(.init("batch_statistics", .integer(Int64(BatchStatistics.batchSize))))
    }
    if let source { members.append(.init("source", .string(source.digest))) }
    if let algorithms { members.append(.init(algorithms.rawValue, .bool(true))) }
    return members.isEmpty ? nil : .object(members)
  }
}
