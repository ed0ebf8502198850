public import Attacks
public import Records

/// An attack with the words that records use for it.
public struct NamedAttack: Hashable, Sendable {
  /// `pgd` or `fgsm`.
  public let name: String
  /// The budget in pixel units, as exact as it was typed.
  public let epsilon: Double
  /// What is carried out.
  public let attack: ProjectedGradientDescent
  /// Whether an image is attacked only until it is fooled.
  public let stopsEarly: Bool
  /// The budgets whose successes it keeps, in pixel units; empty where it keeps none.
  public var smallerBudgets: [Double] = []

  /// An attack of `name`.
  public init(name: String, epsilon: Double, attack: ProjectedGradientDescent, stopsEarly: Bool = false) {
    self.stopsEarly = stopsEarly
    self.name = name
    self.epsilon = epsilon
    self.attack = attack
  }

  /// The setting of its records on the model with this digest.
  public func setting(model: String) -> Setting {
    Setting(model: model, attack: name, norm: attack.norm.rawValue, epsilon: epsilon)
  }

  /// What was chosen besides the budget, for every record.
  public var parameters: JSON {
    var members: [JSON.Member] = [
      .init("steps", .integer(Int64(attack.steps))), .init("step_size", .number(shortest(attack.stepSize))),
      .init("start", .string(attack.start.rawValue)), .init("restarts", .integer(Int64(attack.restarts))),
      .init("loss", .string(attack.loss.rawValue)), .init("seed", .string(String(attack.seed))),
    ]
    if let target = attack.target { members.append(.init("target", .integer(Int64(target)))) }
    if stopsEarly { members.append(.init("early_stop", .bool(true))) }
    if !smallerBudgets.isEmpty { members.append(.init("reuse", .array(smallerBudgets.map { .number($0) }))) }
    return .object(members)
  }

  /// The double that prints as the float does.
  private func shortest(_ value: Float) -> Double { Double(value.description) ?? Double(value) }
}
