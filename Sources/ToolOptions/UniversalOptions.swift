public import ArgumentParser
import Attacks
import Datasets
public import Evaluation
import Failures
import Networks
import Records
public import ToolSupport

/// One perturbation for all images.
public struct UniversalOptions: ParsableArguments {
  /// Whether one is learnt.
  @Flag(help: "Learn one perturbation for all images, from training images of the data set, and add it to each.")
  public var universal = false

  /// None.
  public init() {}

  /// How many training images it is learnt from, and in how many passes, where nobody says.
  private static let (images, passes) = (1024, 10)

  /// Refuses settings that it does not have.
  ///
  /// - Throws: `ValidationError` that names one.
  public func refuseOthers(_ attack: AttackOptions, name: AttackName?) throws {
    guard universal else { return }
    if let name { throw ValidationError("--universal is an attack of its own: leave out --\(name.rawValue)") }
    let known = ["--norm", "--steps", "--samples", "--source"]
    if let other = attack.given.first(where: { !known.contains($0) }) {
      throw ValidationError("\(other): --universal has no such setting; leave it out")
    }
    if let seed = attack.seed, seed != 0 {
      throw ValidationError("--seed \(seed): --universal draws nothing; leave it out")
    }
  }

  /// A perturbation for each budget, learnt against `model` from the first training images of its data set, or of the one
  /// that `data` names; nil where none is asked for.
  ///
  /// - Throws: `Failure` where the data cannot be read or the settings mean nothing.
  public func attacks(
    _ attack: AttackOptions, epsilon: NumberList?, data: DataOptions, on model: LoadedModel
  ) throws -> [NamedAttack]? {
    guard universal else { return nil }
    let values = attack.settings.values
    func count(_ setting: AttackSetting, else default: Int) -> Int {
      if case .integer(let value) = values[setting] { value } else { `default` }
    }
    let images = try DatasetReference(data.data ?? model.data)
      .load(split: .train, limit: count(.samples, else: Self.images), for: model.graph.imageShape)
    var settings = AttackSettings()
    settings.norm = attack.norm
    return try (epsilon?.numbers.map(Optional.some) ?? [nil]).map { budget in
      settings.epsilon = budget
      return try model.universalAttack(
        norm: attack.norm ?? .linf, epsilon: settings.requiredBudget(channels: model.channels),
        steps: count(.steps, else: Self.passes), from: images, lookUp: PredictionRun.stopIfAsked)
    }
  }
}
