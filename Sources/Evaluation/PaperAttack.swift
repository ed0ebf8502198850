public import Attacks
import Checkpoints
import Networks

extension NamedAttack {
  /// Its name in records: not that of the attack that was meant.
  private static let paperName = "paper-pgd"

  /// The same descent as the published code of "Can we have it all?" carries it out on `model`, faults included; other
  /// attacks stay as they are.
  ///
  /// Of networks over a group it follows the script for GCNN, of others that for StdCNN.
  public func asInPaper(on model: LoadedModel) -> NamedAttack {
    guard var descent = attack as? ProjectedGradientDescent else { return self }
    let definition = model.checkpoint.definition
    let (mean, deviation) = (definition.preprocessing.mean, definition.preprocessing.standardDeviation)
    let isEquivariant = definition.nodes.contains { if case .groupConvolution = $0.layer { true } else { false } }
    descent.start = isEquivariant ? .unclipped : .random
    let attack = NormalisedDescent(
      descent, mean: mean.isEmpty ? Array(repeating: 0, count: model.channels) : mean,
      deviation: deviation.isEmpty ? Array(repeating: 1, count: model.channels) : deviation,
      script: isEquivariant ? .equivariant : .standard)
    return NamedAttack(name: Self.paperName, epsilon: epsilon, attack: attack)
  }

  /// What it was meant to be: its numbers in pixel units.
  var asMeant: NamedAttack {
    guard let attack = attack as? NormalisedDescent else { return self }
    var meant = NamedAttack(name: AttackCatalogue.pgd.name, epsilon: epsilon, attack: attack.descent)
    meant.isQuantised = isQuantised
    return meant
  }
}

extension Predictions {
  /// The attacks that are carried out as in the paper's code.
  public var paperAttacks: [NormalisedDescent] { attacks.compactMap { $0?.attack as? NormalisedDescent } }

  /// Whether the model is attacked and judged in training mode, as the paper's code does a GCNN.
  public var goByBatchStatistics: Bool { batchStatistics != nil }

  /// The predictions of the same model for the same images, attacked as the paper's code was meant to.
  ///
  /// - Throws: `Failure` when the engine refuses.
  public func asMeant() throws -> Predictions {
    try Predictions(
      of: model, under: attacks.map { $0?.asMeant }, after: transformations, batchSize: batchSize,
      algorithms: algorithms, lookUp: lookUp)
  }
}
