public import Attacks
import Failures
public import Records

/// What is asked of an attack; what is left open becomes the customary value for the images.
public struct AttackSettings: Sendable {
  /// Which attack.
  public var kind = AttackCatalogue.pgd
  /// How distance is measured; nil for L-infinity.
  public var norm: Norm?
  /// The budget in pixel units.
  public var epsilon: ExactNumber?
  /// How far a step goes, in pixel units.
  public var stepSize: ExactNumber? {
    didSet { values[.stepSize] = stepSize.map { .number(Float($0.value)) } }
  }
  /// All that was chosen besides norm and budget.
  public var values: [AttackSetting: AttackParameter.Value] = [:]
  /// The project by whose defaults the attack goes; nil for the customary ones.
  public var convention: Convention?
  /// Whether an image is attacked only until it is fooled.
  public var stopsEarly = false
  /// Whether the smallest budget that fools is looked for, image by image; the budget is then the first that is tried.
  public var seeksSmallest = false
  /// Whether the points that the attack asks about are handed out.
  public var isTraced = false

  /// PGD under L-infinity with advertorch's settings.
  public init() {}

  /// The attack with these settings on images of `channels`; what is not given is customary.
  ///
  /// - Parameters:
  ///   - names: How messages call the settings.
  ///   - drawsPoses: Whether the seed also decides how images are turned and moved.
  /// - Throws: `Failure` (`usage`) when no default exists, or a setting contradicts another or has no effect beside it.
  public func attack(
    channels: Int, names: SettingNames = .keys, drawsPoses: Bool = false
  ) throws -> NamedAttack {
    if let convention {
      return try completed(by: convention, channels: channels, names).attack(
        channels: channels, names: names, drawsPoses: drawsPoses)
    }
    try refuseOthers(names)
    var request = request(channels: channels)
    guard kind.norms.contains(request.norm) else {
      let known = kind.norms.map(\.rawValue).joined(separator: " or ")
      throw Failure(.usage, "\(names["norm"]) \(request.norm.rawValue): \(kind.name) measures by \(known)")
    }
    let budget = try budget(channels: channels, request.norm, names)
    request.epsilon = budget?.value
    if let budget, isFast { try refuseMoreThanOneStep(budget, names) }
    if let budget { try refuseIdleSteps(budget, request.norm, names) }
    if seeksSmallest { return try smallest(request, names) }
    let attack = try kind.attack(request)
    if let descent = attack as? ProjectedGradientDescent {
      try refuseIdle(descent, names, drawsPoses: drawsPoses)
    }
    if let momentum = attack as? MomentumDescent, !momentum.isRandom, !drawsPoses {
      try refuseIdle(seed: momentum.seed, names)
    }
    return NamedAttack(
      name: kind.name, epsilon: budget?.value, attack: attack, stopsEarly: stopsEarly, isTraced: isTraced)
  }

  /// The search for the smallest budget.
  private func smallest(_ request: AttackRequest, _ names: SettingNames) throws -> NamedAttack {
    let search = names["minimum_epsilon"]
    guard kind.budget == .needed else {
      throw Failure(.usage, "\(search): \(names[kind.name]) looks for the nearest image by itself; leave it out")
    }
    guard !stopsEarly else { throw Failure(.usage, "\(names["early_stop"]): \(search) does so anyway; leave it out") }
    let attack = try SmallestBudget(name: kind.name, request: request)
    return NamedAttack(name: kind.name, epsilon: nil, attack: attack, seeksSmallest: true, isTraced: isTraced)
  }

  /// Whether it is the fast gradient method, whose one step is the budget.
  private var isFast: Bool { kind.name == AttackCatalogue.fastGradientSign.name }

  /// What is asked for, in the attacks' own terms; the budget is still open.
  private func request(channels: Int) -> AttackRequest {
    var request = AttackRequest()
    request.norm = norm ?? kind.norms[0]
    (request.channels, request.values) = (channels, values)
    return request
  }

  /// Refuses settings that the attack does not have.
  private func refuseOthers(_ names: SettingNames) throws {
    let others = values.keys.filter { !kind.settings.contains($0) }
    if let setting = AttackSetting.allCases.first(where: others.contains) {
      throw Failure(
        .usage, "\(names[setting.rawValue]): \(names[kind.name]) has no such setting; leave it out")
    }
  }

  /// The budget, or the customary one for images of `channels`.
  ///
  /// - Throws: `Failure` (`usage`) when no default exists, or it means nothing.
  public func requiredBudget(channels: Int) throws -> ExactNumber {
    guard let budget = try budget(channels: channels, norm ?? .linf, .options) else {
      throw Failure(.internal, "attack: a budget is needed")
    }
    return budget
  }

  private func budget(channels: Int, _ norm: Norm, _ names: SettingNames) throws -> ExactNumber? {
    switch kind.budget {
    case .none:
      guard epsilon == nil else {
        throw Failure(
          .usage, "\(names["epsilon"]): \(names[kind.name]) looks for the nearest image; leave it out")
      }
      return nil
    case .optional where epsilon == nil: return nil
    case .needed, .optional: break
    }
    guard norm == .linf || epsilon != nil else {
      throw Failure(.usage, "\(names["norm"]) \(norm.rawValue) has no customary budget: give \(names["epsilon"])")
    }
    let radius = epsilon ?? ExactNumber(channels == 1 ? "0.3" : "8/255")
    guard let radius, radius.value >= 0 else { throw Failure(.usage, "\(names["epsilon"]): give 0 or more") }
    if norm == .linf { try names.refuseLevels("epsilon", radius) }
    return radius
  }

  private func refuseIdleSteps(_ budget: ExactNumber, _ norm: Norm, _ names: SettingNames) throws {
    guard let stepSize, !isFast else { return }
    if norm == .linf { try names.refuseLevels("step_size", stepSize) }
    guard values[.steps] != .integer(0) else {
      throw Failure(.usage, "\(names["step_size"]): no step is taken; leave it out")
    }
    guard stepSize.value != 0 || budget.value == 0 else {
      throw Failure(.usage, "\(names["step_size"]) 0: no step would move; give more than 0")
    }
  }

  private func refuseMoreThanOneStep(_ budget: ExactNumber, _ names: SettingNames) throws {
    guard (values[.steps] ?? .integer(1)) == .integer(1), (stepSize ?? budget).value == budget.value else {
      let (fast, steps, size) = (names["fgsm"], names["steps"], names["step_size"])
      throw Failure(.usage, "\(fast) is one step of epsilon: leave out \(steps) and \(size), or take \(names["pgd"])")
    }
    if case .text(let start) = values[.start], start != Start.clean.rawValue {
      let setting = "\(names["start"]) \(start)"
      throw Failure(.usage, "\(setting): \(names["fgsm"]) starts at the image; leave it out, or take \(names["pgd"])")
    }
  }

  /// Refuses what changes nothing, unless it says what holds anyway.
  private func refuseIdle(_ attack: ProjectedGradientDescent, _ names: SettingNames, drawsPoses: Bool) throws {
    guard attack.start == .clean else { return }
    guard attack.restarts <= 1 else {
      throw Failure(
        .usage, "\(names["restarts"]) \(attack.restarts): from the image itself all are alike; leave it out")
    }
    guard attack.loss != .divergence else {
      throw Failure(
        .usage,
        "\(names["loss"]) kl: its gradient is zero at the image itself, where this attack starts; "
          + "take \(names["start"]) noise")
    }
    guard attack.steps > 0 || attack.epsilon == 0 else {
      throw Failure(.usage, "\(names["steps"]) 0: from the image itself nothing would move; give 1 or more")
    }
    if !drawsPoses { try refuseIdle(seed: attack.seed, names) }
  }

  private func refuseIdle(seed: UInt64, _ names: SettingNames) throws {
    guard seed == 0 else { throw Failure(.usage, "\(names["seed"]) \(seed): nothing is drawn here; leave it out") }
  }
}
