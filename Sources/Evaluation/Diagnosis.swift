import Attacks
import Datasets
import Failures
import Networks
public import Records
import Tensors

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Whether an attack is to be trusted where images withstand it (Pintor et al. 2022; Carlini et al. 2019): variations of it
/// on the first images, which a sound attack's results follow in a known way.
public struct Diagnosis {
  /// How many images are looked at, at most.
  public static let largestCount = 128

  /// What is done to an image beside the attack itself.
  fileprivate enum Variation: CaseIterable {
    case untouched, attacked, larger, unbounded, longer, restarted, stopped, search
  }

  private let model: LoadedModel
  private let settings: AttackSettings
  private let runs: [(variation: Variation, attack: NamedAttack?)]
  private let attack: NamedAttack

  /// The diagnosis of the attack that `settings` describe on `model`.
  ///
  /// - Throws: `Failure` (`usage`) for one that has no budget.
  public init(of model: LoadedModel, under settings: AttackSettings) throws {
    (self.model, self.settings) = (model, settings)
    attack = try settings.attack(channels: model.channels)
    guard let epsilon = attack.epsilon, epsilon > 0 else {
      throw Failure(.usage, "a diagnosis is of attacks within a budget above 0, and \(settings.kind.name) has none")
    }
    let (base, model) = (attack, model)
    runs = try Variation.allCases.compactMap { variation in
      switch variation {
      case .untouched: return (variation, nil)
      case .attacked: return (variation, base)
      default:
        return try settings.varied(variation, epsilon: epsilon, base, on: model).map { (variation, $0) }
      }
    }
  }

  /// What the first images of `selection` show.
  ///
  /// - Throws: `Failure` when the engine fails.
  public func record(of selection: ImageSelection) throws -> DiagnosisRecord {
    let images = ImageSelection(
      selection.images.prefix(Self.largestCount), data: selection.data, total: selection.total)
    let predictions = try Predictions(of: model, under: runs.map(\.attack), withLogits: true)
    var records = [[PredictionRecord]](repeating: [], count: runs.count)
    var next = 0
    try predictions.forEach(in: images) {
      records[next % runs.count].append($0)
      next += 1
    }
    let found = Dictionary(uniqueKeysWithValues: zip(runs.map(\.variation), records))
    var setting = attack.setting(model: model.digest)
    (setting.data, setting.split, setting.total) = (selection.data, images.images.split.rawValue, selection.total)
    setting.parameters = attack.parameters
    return DiagnosisRecord(setting: setting, count: images.images.count, indicators: indicators(found))
  }

  private func indicators(_ found: [Variation: [PredictionRecord]]) -> [DiagnosisRecord.Indicator] {
    let attacked = found[.attacked] ?? []
    func accuracy(_ variation: Variation) -> Double? {
      found[variation].map { share($0) { $0.perturbed == $0.label } }
    }
    let base = accuracy(.attacked) ?? 0
    func gain(_ variation: Variation, _ name: String, advice: String) -> DiagnosisRecord.Indicator? {
      accuracy(variation).map { .init(name, base - $0, above: 0.1, advice: advice) }
    }
    let untouched = found[.untouched] ?? []
    let pairs = Array(zip(untouched, attacked)).filter { untouched, _ in untouched.perturbed == untouched.label }
    let searched = zip(attacked, found[.search] ?? []).map { attacked, searched in
      attacked.perturbed == attacked.label && searched.perturbed != searched.label
    }
    return [
      .init(
        "zero-gradients", share(attacked, \.hadZeroGradient), above: 0.01,
        advice: "the loss is flat where the attack begins: take --loss margin, or apgd-dlr"),
      .init(
        "saturated-logits", share(untouched) { gap($0) > 88 }, above: 0.01,
        advice: "probabilities are 0 and 1 in single precision: divide the logits, or take --loss margin"),
      .init(
        "loss-does-not-grow", share(pairs) { untouched, attacked in loss(attacked) <= loss(untouched) }, above: 0.05,
        advice: "the attack does not climb: look for operations without a gradient, or take square"),
      accuracy(.larger).map {
        .init("larger-budget-weaker", $0 - base, above: 0.02, advice: "twice the budget should not fool fewer images")
      },
      accuracy(.unbounded).map {
        .init(
          "unbounded-survivors", $0 - 1 / Double(model.graph.classCount), above: 0.05,
          advice: "with no bound every image can be fooled: gradients are masked")
      },
      gain(.longer, "incomplete-optimisation", advice: "four times the steps fool many more: take more steps"),
      gain(.restarted, "restarts-gain", advice: "five starts fool many more: take more --restarts"),
      gain(.stopped, "silent-success", advice: "images were fooled on the way and lost again: take --early-stop"),
      found[.search] == nil
        ? nil
        : .init(
          "search-beats-gradient", share(searched) { $0 }, above: 0.05,
          advice: "random squares fool what gradients do not: gradients are masked, or take autoattack"),
      outOfReach,
    ].compactMap(\.self)
  }

  /// By what share steps of one size fall short of the bound.
  private var outOfReach: DiagnosisRecord.Indicator? {
    guard let descent = attack.attack as? ProjectedGradientDescent else { return nil }
    let missing = descent.fallsShort ? 1 - descent.reach / Double(descent.epsilon) : 0
    return .init(
      "budget-out-of-reach", missing, above: 0,
      advice: "all steps together do not reach epsilon: take more or longer ones")
  }

  private func share<Element>(_ elements: [Element], _ holds: (Element) -> Bool) -> Double {
    elements.isEmpty ? 0 : Double(elements.count(where: holds)) / Double(elements.count)
  }

  /// By how much the largest logit leads.
  private func gap(_ record: PredictionRecord) -> Float {
    let sorted = (record.logits ?? []).sorted(by: >)
    return sorted.count > 1 ? sorted[0] - sorted[1] : 0
  }

  /// The cross-entropy of the label. Where a model is sure it is next to 0, which single precision makes 0 before and after
  /// an attack that raises it.
  private func loss(_ record: PredictionRecord) -> Double {
    guard let logits = record.logits, logits.indices.contains(record.label) else { return 0 }
    let own = Double(logits[record.label])
    return log1p(logits.indices.reduce(0) { $1 == record.label ? $0 : $0 + exp(Double(logits[$1]) - own) })
  }
}

extension AttackSettings {
  /// The attack varied; nil where it cannot be.
  fileprivate func varied(
    _ variation: Diagnosis.Variation, epsilon: Double, _ base: NamedAttack, on model: LoadedModel
  ) throws -> NamedAttack? {
    var settings = self
    // Names of another ensemble, or steps of a size of one's own, stay as they are.
    let pixels = Double(model.graph.imageShape.count)
    let most = base.attack.norm == .linf ? 1 : base.attack.norm == .l2 ? pixels.squareRoot() : pixels
    switch variation {
    case .untouched, .attacked: return base
    case .larger:
      guard epsilon < most else { return nil }
      settings.epsilon = ExactNumber(min(2 * epsilon, most).description)
    case .unbounded:
      settings.epsilon = ExactNumber(most.description)
      settings.stepSize = nil
    case .longer:
      guard kind.settings.contains(.steps), kind.name != AttackCatalogue.fastGradientSign.name else { return nil }
      guard case .integer(let steps) = base.attack.parameters.first(where: { $0.setting == .steps })?.value else {
        return nil
      }
      settings.values[.steps] = .integer(4 * max(steps, 1))
    case .restarted:
      guard kind.settings.contains(.restarts), values[.restarts] == nil, values[.start] != .text(Start.clean.rawValue),
        kind.name != AttackCatalogue.fastGradientSign.name
      else { return nil }
      settings.values[.restarts] = .integer(5)
    case .stopped: settings.stopsEarly = true
    case .search:
      guard kind.asksForGradients, base.attack.norm != .l0 else { return nil }
      settings = AttackSettings()
      (settings.kind, settings.norm, settings.epsilon) = (
        AttackCatalogue.square, base.attack.norm, ExactNumber(epsilon.description)
      )
      settings.values[.queries] = .integer(500)
    }
    return try settings.attack(channels: model.channels)
  }
}
