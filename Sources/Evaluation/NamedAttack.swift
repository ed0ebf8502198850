public import Attacks
public import Records

/// An attack with the words that records use for it.
public struct NamedAttack: Hashable, Sendable {
  /// Its name in the catalogue.
  public let name: String
  /// The budget in pixel units, as exact as it was typed; nil where the attack has none.
  public let epsilon: Double?
  /// What is carried out.
  public let attack: any Attack
  /// Whether an image is attacked only until it is fooled.
  public let stopsEarly: Bool
  /// Whether it looks for the smallest budget, image by image.
  public let seeksSmallest: Bool
  /// The budgets whose successes it keeps, in pixel units; empty where it keeps none.
  public var smallerBudgets: [Double] = []
  /// Whether its images are rounded to 8 bits, and classified as they are then.
  public var isQuantised = false
  /// Whether the points it asks about are handed out.
  public var isTraced: Bool

  /// An attack of `name`.
  public init(
    name: String, epsilon: Double?, attack: any Attack, stopsEarly: Bool = false, seeksSmallest: Bool = false,
    isTraced: Bool = false
  ) {
    (self.stopsEarly, self.seeksSmallest, self.isTraced) = (stopsEarly, seeksSmallest, isTraced)
    self.name = name
    self.epsilon = epsilon
    self.attack = attack
  }

  /// What the scheduler runs.
  public var scheduled: any Attack {
    let whole = stopsEarly ? Self.stopping(attack) : attack
    let rounded = isQuantised ? Self.quantising(whole) : whole
    return isTraced ? Self.tracing(rounded) : rounded
  }

  private static func stopping(_ attack: some Attack) -> any Attack { UntilFooled(attack) }

  private static func tracing(_ attack: some Attack) -> any Attack { Traced(attack) }

  private static func quantising(_ attack: some Attack) -> any Attack { Quantised(attack) }

  /// The descent whose budget is in normalised units, if it is one.
  private var normalised: NormalisedDescent? { attack as? NormalisedDescent }

  /// The setting of its records on the model with this digest.
  public func setting(model: String) -> Setting {
    Setting(model: model, attack: name, norm: attack.norm.rawValue, epsilon: normalised == nil ? epsilon : nil)
  }

  /// What was chosen besides the budget, for every record.
  public var parameters: JSON {
    let settings = AttackCatalogue[name]?.settings ?? AttackSetting.allCases
    var members = attack.parameters.filter { settings.contains($0.setting) }
      .map { JSON.Member($0.setting.rawValue, $0.value.json) }
    if let normalised {
      members.append(.init("normalised_epsilon", .number(epsilon ?? 0)))
      members.append(.init("labels", .string(normalised.script == .standard ? "true" : "predicted")))
    }
    if stopsEarly { members.append(.init("early_stop", .bool(true))) }
    if seeksSmallest { members.append(.init("minimum_epsilon", .bool(true))) }
    if isQuantised { members.append(.init("quantise", .bool(true))) }
    if !smallerBudgets.isEmpty { members.append(.init("reuse", .array(smallerBudgets.map { .number($0) }))) }
    return .object(members)
  }

  /// Whether all is equal.
  public static func == (one: NamedAttack, other: NamedAttack) -> Bool {
    (one.name, one.epsilon, one.stopsEarly, one.isQuantised, one.isTraced, one.smallerBudgets)
      == (other.name, other.epsilon, other.stopsEarly, other.isQuantised, other.isTraced, other.smallerBudgets)
      && AnyHashable(one.attack) == AnyHashable(other.attack)
  }

  /// Takes in what decides equality.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(name)
    hasher.combine(epsilon)
    attack.hash(into: &hasher)
  }
}

extension AttackParameter.Value {
  /// As records write it.
  fileprivate var json: JSON {
    switch self {
    case .integer(let value): .integer(Int64(value))
    // The double that prints as the float does.
    case .number(let value): .number(Double(value.description) ?? Double(value))
    case .text(let value): .string(value)
    case .list(let values): .array(values.map { .string($0) })
    }
  }
}
