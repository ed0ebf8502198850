public import Attacks
import Failures
import Records

/// A project by whose defaults attacks go: its budgets, starts, steps and step sizes in place of the customary ones, and the
/// rate that it reports.
public enum Convention: String, CaseIterable, Sendable {
  /// advertorch 0.2.3.
  case advertorch
  /// Foolbox 3.3.4.
  case foolbox
  /// torchattacks 3.5.1.
  case torchattacks
  /// The Adversarial Robustness Toolbox 1.20.
  case art
  /// AutoAttack's standard version.
  case autoattack
  /// The evaluation of TRADES.
  case trades
  /// The challenges of Madry et al.
  case madry
  /// The code of "Can we have it all?" (NeurIPS 2021). Its faults are no defaults: `NamedAttack.asInPaper` has them.
  case paper

  /// The attack that is meant where none is named.
  public var attack: AttackDescription { self == .autoattack ? AttackCatalogue.autoAttack : AttackCatalogue.pgd }

  /// What is left open of an attack, as the project has it.
  struct Defaults {
    /// The budget, as typed; nil where the attack has none or the project none for it.
    var epsilon: String?
    /// How far a step goes: as typed, or a share of the budget.
    var stepSize: StepSize?
    /// All else.
    var values: [AttackSetting: AttackParameter.Value] = [:]
  }

  enum StepSize {
    case fixed(String)
    case share(Double)
  }

  /// The defaults of the attack of this name under `norm` on images of `channels`; nil where the project has none that
  /// takes the same steps.
  func defaults(of attack: String, _ norm: Norm, channels: Int) -> Defaults? {
    let entry = Entry(attack, norm)
    return switch self {
    case .advertorch: Self.advertorchDefaults[entry]
    case .foolbox: Self.foolboxDefaults[entry]
    case .torchattacks: Self.torchattacksDefaults[entry]
    case .art: Self.artDefaults[entry]
    case .autoattack: Self.autoAttackDefaults[entry]
    case .trades:
      entry == Entry("pgd", .linf)
        ? channels == 1 ? .descent("0.3", 40, "0.01", .unclipped) : .descent("0.031", 20, "0.003", .unclipped) : nil
    case .madry:
      entry == Entry("pgd", .linf)
        ? channels == 1 ? .descent("0.3", 40, "0.01", .random) : .descent("8/255", 10, "2/255", .random) : nil
    case .paper: entry == Entry("pgd", .linf) ? .descent("8/255", 10, "2/255", .random) : nil
    }
  }

  /// The names of its attacks.
  var attackNames: [String] {
    AttackCatalogue.all.map(\.name).filter { name in
      Norm.allCases.contains { defaults(of: name, $0, channels: 3) != nil }
    }
  }
}

// MARK: - Completion

extension AttackSettings {
  /// These settings, with what is left open as `convention` has it.
  ///
  /// - Throws: `Failure` (`usage`) where the project has no such attack.
  func completed(by convention: Convention, channels: Int, _ names: SettingNames) throws -> AttackSettings {
    let norm = norm ?? kind.norms[0]
    guard let defaults = convention.defaults(of: kind.name, norm, channels: channels) else {
      throw Failure(
        .usage,
        "\(names["like"]) \(convention.rawValue): has no \(kind.name) under \(norm.rawValue) that takes these steps; "
          + "it has \(convention.attackNames.joined(separator: ", "))")
    }
    var settings = self
    settings.convention = nil
    settings.values.merge(defaults.values) { given, _ in given }
    if epsilon == nil { settings.epsilon = defaults.epsilon.flatMap { ExactNumber($0) } }
    guard stepSize == nil else { return settings }
    switch defaults.stepSize {
    case .fixed(let size): settings.stepSize = ExactNumber(size)
    case .share(let share): settings.values[.stepSize] = .number(Float(share * (settings.epsilon?.value ?? 0)))
    case nil: break
    }
    return settings
  }
}

// MARK: - The defaults

/// An attack under a norm.
private struct Entry: Hashable {
  let attack: String
  let norm: Norm

  init(_ attack: String, _ norm: Norm) { (self.attack, self.norm) = (attack, norm) }
}

extension Convention.Defaults {
  fileprivate static func budget(
    _ epsilon: String?, _ values: [AttackSetting: AttackParameter.Value] = [:]
  ) -> Self { Self(epsilon: epsilon, values: values) }

  fileprivate static func descent(
    _ epsilon: String, _ steps: Int, _ size: String, _ start: Start? = nil, _ projection: Projection? = nil
  ) -> Self { Self(epsilon: epsilon, stepSize: .fixed(size), values: values(steps, start, projection)) }

  fileprivate static func descent(
    share: Double, _ steps: Int, _ start: Start? = nil, _ projection: Projection? = nil,
    _ direction: StepDirection? = nil
  ) -> Self { Self(stepSize: .share(share), values: values(steps, start, projection, direction)) }

  private static func values(
    _ steps: Int, _ start: Start?, _ projection: Projection?, _ direction: StepDirection? = nil
  ) -> [AttackSetting: AttackParameter.Value] {
    var values: [AttackSetting: AttackParameter.Value] = [.steps: .integer(steps)]
    values[.start] = start.map { .text($0.rawValue) }
    values[.projection] = projection.map { .text($0.rawValue) }
    values[.direction] = direction.map { .text($0.rawValue) }
    return values
  }
}

extension Convention {
  private static let advertorchDefaults: [Entry: Defaults] = [
    Entry("pgd", .linf): .descent("0.3", 40, "0.01", .random), Entry("pgd", .l2): .descent("0.3", 40, "0.01", .random),
    Entry("fgsm", .linf): .budget("0.3"), Entry("fgsm", .l2): .budget("0.3"),
    Entry("bim", .linf): .descent("0.1", 10, "0.05"), Entry("bim", .l2): .descent("0.1", 10, "0.05"),
    Entry("mi-fgsm", .linf): .descent("0.3", 40, "0.01"), Entry("mi-fgsm", .l2): .descent("0.3", 40, "0.01"),
  ]

  // Without a default of their own, budgets are the customary ones.
  private static let foolboxDefaults: [Entry: Defaults] = [
    Entry("pgd", .linf): .descent(share: 0.01 / 0.3, 40, .random), Entry("bim", .linf): .descent(share: 0.2, 10),
    Entry("pgd", .l2): .descent(share: 0.025, 50, .uniform, .rangeLast),
    Entry("bim", .l2): .descent(share: 0.2, 10, nil, .rangeLast),
    Entry("pgd", .l1): .descent(share: 0.025, 50, .uniform, .rangeLast, .gradient),
    Entry("bim", .l1): .descent(share: 0.2, 10, nil, .rangeLast, .gradient),
    Entry("fgsm", .linf): .budget(nil), Entry("fgsm", .l2): .budget(nil),
    Entry("fgsm", .l1): .budget(
      nil, [.projection: .text(Projection.rangeLast.rawValue), .direction: .text(StepDirection.gradient.rawValue)]),
    Entry("ddn", .l2): .budget(nil, [.steps: .integer(100)]),
  ]

  private static let torchattacksDefaults: [Entry: Defaults] = [
    Entry("pgd", .linf): .descent("8/255", 10, "2/255", .random), Entry("fgsm", .linf): .budget("8/255"),
    Entry("pgd", .l2): .descent("1", 10, "0.2", .radial, .rangeLast),
    Entry("bim", .linf): .descent("8/255", 10, "2/255"), Entry("r-fgsm", .linf): .descent("8/255", 10, "2/255"),
    Entry("mi-fgsm", .linf): .descent("8/255", 10, "2/255"), Entry("ni-fgsm", .linf): .descent("8/255", 10, "2/255"),
    Entry("vmi-fgsm", .linf): .descent("8/255", 10, "2/255"),
    Entry("apgd-ce", .linf): .budget("8/255", [.steps: .integer(10)]),
    Entry("apgd-t", .linf): .budget("8/255", [.steps: .integer(10)]),
  ]

  private static let artDefaults: [Entry: Defaults] = [
    Entry("pgd", .linf): .descent("0.3", 100, "0.1", .clean), Entry("bim", .linf): .descent("0.3", 100, "0.1"),
    Entry("pgd", .l2): .descent("0.3", 100, "0.1", .clean),
    Entry("fgsm", .linf): .budget("0.3"),
  ]

  private static let autoAttackDefaults: [Entry: Defaults] = {
    let names = ["autoattack", "apgd-ce", "apgd-t", "fab-t", "square"]
    return Dictionary(
      uniqueKeysWithValues: names.flatMap { name in Norm.lengths.map { (Entry(name, $0), .budget("0.3")) } })
  }()
}
