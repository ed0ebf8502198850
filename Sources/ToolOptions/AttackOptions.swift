public import ArgumentParser
public import Attacks
public import Evaluation
import Failures
import Files
import NetworkOptions
import Networks
public import Programs
import Records
public import ToolSupport

extension Norm: ExpressibleByArgument {}
extension Convention: ExpressibleByArgument {}

/// The attacks by name, each a flag.
public struct AttackName: RawRepresentable, Hashable, EnumerableFlag, Sendable {
  /// What the catalogue says of it.
  let kind: AttackDescription

  /// The name in the catalogue.
  public var rawValue: String { kind.name }

  /// The attack of this name; nil where the catalogue has none.
  public init?(rawValue: String) {
    guard let kind = AttackCatalogue[rawValue] else { return nil }
    self.kind = kind
  }

  private init(_ kind: AttackDescription) { self.kind = kind }

  /// Projected gradient descent.
  public static let pgd = AttackName(AttackCatalogue.pgd)
  /// The fast gradient (sign) method.
  public static let fgsm = AttackName(AttackCatalogue.fastGradientSign)

  /// All that are flags; an ensemble is an option, which lists its members.
  public static let allCases = AttackCatalogue.all.filter { $0.name != "ensemble" }.map(AttackName.init)

  /// As in `--apgd-ce`.
  public static func name(for value: AttackName) -> NameSpecification { .customLong(value.rawValue) }

  /// What the flags say in help.
  public static func help(for value: AttackName) -> ArgumentHelp? {
    "\(value.kind.summary)"
  }
}

/// How an attack goes, apart from its budget.
public struct AttackOptions: ParsableArguments {
  /// How distance is measured; `nil` for L-infinity.
  @Option(help: "How distance is measured: linf, the default, l2, l1, or l0, the number of pixel values changed.")
  public var norm: Norm?

  /// The seed of its random numbers; `nil` for 0.
  @Option(help: "The seed of all random numbers; the default is 0.", transform: Seed.typed)
  public var seed: UInt64?

  /// All else that can be set.
  @OptionGroup public var settings: AttackSettingOptions

  /// By whose defaults the attack goes.
  @Option(help: "Go by the defaults of this project where nothing is given: budget, start, steps, step size.")
  public var like: Convention?

  /// Whether an image is attacked only until it is fooled.
  @Flag(help: "Attack an image only until it is fooled; its place in the batch goes to the next one.")
  public var earlyStop = false

  /// Whether the smallest budget is looked for.
  @Flag(
    help: "Look for the smallest epsilon that fools, image by image; --epsilon is then the first that is tried.")
  public var minimumEpsilon = false

  /// Whether successes are kept for larger budgets.
  @Flag(help: "Keep what a smaller epsilon of the list has fooled for the larger ones, and attack only the rest.")
  public var reuse = false

  /// The model that is attacked in place of the others.
  @Option(
    help: "Attack this model, and record what the others make of the images: whether they transfer.",
    completion: .modelFiles)
  public var source: String?

  /// PGD under L-infinity with advertorch's settings.
  public init() {}

  /// The model that is attacked in place of the others, having told what a person should know of it; nil where they are
  /// attacked themselves.
  ///
  /// - Throws: `Failure` when it cannot be read.
  public func loadSource(_ context: ToolContext, on backend: any Backend) throws -> LoadedModel? {
    guard let source else { return nil }
    let model = try LoadedModel(reading: InputFile(onDisk: source), on: backend)
    context.diagnostics.note(model)
    return model
  }

  /// The options given that mean nothing without an attack; the seed is not among them, since it also decides poses.
  public var given: [String] {
    let values = settings.values
    let given = AttackSetting.allCases.filter { values[$0] != nil }.map { SettingNames.options[$0.rawValue] }
    let flags = [
      ("--early-stop", earlyStop), ("--minimum-epsilon", minimumEpsilon), ("--reuse", reuse),
    ]
    return (norm == nil ? [] : ["--norm"]) + (like == nil ? [] : ["--like"]) + (source == nil ? [] : ["--source"])
      + given + flags.filter(\.1).map(\.0)
  }

  /// Refuses a seed where neither an attack nor a pose is drawn.
  ///
  /// - Throws: `ValidationError` that names it.
  public func refuseIdleSeed(drawsPoses: Bool) throws {
    guard let seed, seed != 0, !drawsPoses else { return }
    throw ValidationError("--seed \(seed): nothing is drawn here; leave it out")
  }

  /// Refuses what a diagnosis of the attack would not be of.
  ///
  /// - Throws: `ValidationError` that names it.
  public func refuseDiagnosis() throws {
    if source != nil { throw ValidationError("--diagnose looks at the attacked model: leave out --source") }
    if like == .paper { throw ValidationError("--diagnose looks at sound attacks: leave out --like paper") }
  }

  /// The same as `attacks(_:epsilon:channels:drawsPoses:)`, refusing what means nothing for `model`.
  ///
  /// - Throws: `Failure` (`usage`).
  public func attacks(
    _ name: AttackName?, epsilon: NumberList?, for model: LoadedModel, drawsPoses: Bool = false
  ) throws -> [NamedAttack] {
    let attacks = try attacks(name, epsilon: epsilon, channels: model.channels, drawsPoses: drawsPoses)
    for attack in attacks { try attack.attack.validate(classCount: model.graph.classCount) }
    guard like == .paper else { return attacks }
    if let option = given.first(where: { !["--norm", "--like", "--steps", "--step-size"].contains($0) }) {
      throw Failure(.usage, "\(option): the paper's code has no such setting; leave it out beside --like paper")
    }
    return attacks.map { $0.asInPaper(on: model) }
  }

  /// The settings of the attack of this name at the first of the budgets; what is not given is open.
  ///
  /// - Throws: `Failure` (`usage`) when one option contradicts another.
  public func settings(of name: AttackName?, epsilon: NumberList?) throws -> AttackSettings {
    if minimumEpsilon, epsilon?.numbers.count ?? 1 > 1 {
      throw Failure(.usage, "--minimum-epsilon looks for the budget: give --epsilon one number, the first to try")
    }
    var settings = AttackSettings()
    let isEnsemble = self.settings.values[.members] != nil
    guard name == nil || !isEnsemble else {
      throw Failure(.usage, "--ensemble names its attacks: leave out --\(name?.rawValue ?? "")")
    }
    settings.kind = isEnsemble ? AttackCatalogue.ensemble : name?.kind ?? like?.attack ?? AttackCatalogue.pgd
    settings.convention = like
    (settings.norm, settings.epsilon) = (norm, epsilon?.numbers.first)
    settings.values = self.settings.values
    settings.values[.seed] = seed.map { .text(String($0)) }
    settings.stepSize = self.settings.stepSize
    (settings.stopsEarly, settings.seeksSmallest) = (earlyStop, minimumEpsilon)
    return settings
  }

  /// The attacks of this name, one for each budget, or the one of the customary budget; what is not given is customary.
  ///
  /// - Parameter drawsPoses: Whether the seed also decides how images are turned and moved.
  /// - Throws: `Failure` (`usage`) when no default exists, or an option contradicts another or has no effect.
  public func attacks(
    _ name: AttackName?, epsilon: NumberList?, channels: Int, drawsPoses: Bool = false
  ) throws -> [NamedAttack] {
    if let problem = epsilon?.repetition(of: "--epsilon") { throw Failure(.usage, problem) }
    if reuse, epsilon?.numbers.count ?? 1 < 2 {
      throw Failure(.usage, "--reuse keeps successes for larger budgets: give --epsilon a list, as in 0.1,0.2,0.3")
    }
    if reuse, let budgets = epsilon?.values, zip(budgets, budgets.dropFirst()).contains(where: { $0 > $1 }) {
      throw Failure(.usage, "--reuse keeps successes for larger budgets: let epsilon grow, as in 0.1,0.2,0.3")
    }
    var settings = try settings(of: name, epsilon: epsilon)
    var attacks: [NamedAttack] = []
    for budget in epsilon?.numbers.map(Optional.some) ?? [nil] {
      settings.epsilon = budget
      var attack = try settings.attack(channels: channels, names: .options, drawsPoses: drawsPoses)
      if reuse { attack.smallerBudgets = attacks.compactMap(\.epsilon) }
      attacks.append(attack)
    }
    return attacks
  }
}

extension NumberList {
  /// Why the list of `option` is refused where a number comes twice, as the same setting would; nil where none does.
  func repetition(of option: String) -> String? {
    var seen: Set<Double> = []
    return numbers.first { !seen.insert($0.value).inserted }
      .map { "\(option) \(text): \($0) comes twice; give each number once" }
  }
}

extension [NamedAttack] {
  /// What to tell people of budgets that steps of a given length do not reach; nil where all do.
  public var shortfall: String? {
    let short = compactMap { named in
      (named.attack as? ProjectedGradientDescent).flatMap { $0.fallsShort ? (attack: $0, epsilon: named.epsilon) : nil }
    }
    guard let first = short.first?.attack else { return nil }
    let size = NumberText.significant(Double(first.stepSize))
    let reach = NumberText.significant(first.reach)
    let budgets = short.map { NumberText.pixelDistance($0.epsilon ?? 0) }.joined(separator: ", ")
    let (verb, subject) = first.steps == 1 ? ("leads", "it starts") : ("lead", "they start")
    return "\(NumberText.count(first.steps, "step")) of \(size) \(verb) \(reach) at most from where \(subject), "
      + "less than epsilon \(budgets): take more or longer steps"
  }
}
