import Attacks
import Evaluation
import Failures
import Records
import Spatial
import ToolOptions
import ToolSupport
import Training

extension RecipeOptions {
  /// Whether a curriculum says what happens, be it of one stage.
  var followsCurriculum: Bool { method == .cusp || curriculum != nil }

  /// The stages that the options come to.
  func stages(channels: Int) throws -> [Stage] {
    guard followsCurriculum else { return [try stage(channels: channels)] }
    guard method == .cusp || method == .natural else {
      throw Failure(.usage, "--curriculum says the method: leave out --method \(method.rawValue)")
    }
    if let given = settings.first(where: \.isGiven)?.name {
      throw Failure(.usage, "\(given): the curriculum says; leave it out, or take another method than cusp")
    }
    let named = CurriculumOption(argument: channels == 1 ? "cusp-mnist" : "cusp-cifar10")
    var stages = try (curriculum ?? named).curriculum().stages(epochs: epochs)
    if let inner {
      if beta != nil, inner == .pgd || inner == .natural { throw Failure(.usage, "--beta needs trades") }
      for index in stages.indices {
        stages[index].method = try stages[index].method.replaced(by: inner, beta: beta ?? 5)
      }
    } else if beta != nil {
      throw Failure(.usage, "--beta needs trades")
    }
    return try attacked(stages)
  }

  /// The stages of a curriculum with the adversary of the command line, if it names one.
  private func attacked(_ stages: [Stage]) throws -> [Stage] {
    guard let adversary else {
      if decay != nil { throw Failure(.usage, "--decay needs --adversary mi-fgsm") }
      return stages
    }
    guard stages.contains(where: { $0.method != .natural }) else {
      throw Failure(.usage, "--adversary \(adversary.name): no stage of the curriculum attacks; leave it out")
    }
    return try stages.map { stage in
      guard let attack = stage.method.attack else { return stage }
      var stage = stage
      let settings = attack.replaced(by: adversary, decay: decay.map { Float($0.value) })
      stage.method = try makeMethod(stage.method.name, settings, beta: stage.method.beta)
      return stage
    }
  }

  /// The method `name` with the attack of `settings`.
  private func makeMethod(
    _ name: MethodName, _ settings: TrainingAttack.Settings, beta: Float
  ) throws -> Training.Method {
    if let conflict = settings.conflict(in: name) {
      throw Failure(.usage, "--\(conflict.key.replacing("_", with: "-")): \(conflict.reason)")
    }
    return try name.method(try settings.attack(for: name), beta: beta)
  }

  /// What a curriculum says instead of the command line.
  private var settings: [(name: String, isGiven: Bool)] {
    attackSettings.filter { $0.name != "--adversary" && $0.name != "--decay" } + [
      ("--rotation", rotation != nil), ("--translation", translation != nil), ("--crop", crop != nil), ("--flip", flip),
    ]
  }

  /// What means nothing without an attack.
  private var attackSettings: [(name: String, isGiven: Bool)] {
    [
      ("--epsilon", epsilon != nil), ("--step-size", stepSize != nil), ("--steps", steps != nil),
      ("--norm", norm != nil), ("--adversary", adversary != nil), ("--decay", decay != nil),
      ("--mixture", mixture != nil),
    ]
  }

  private func stage(channels: Int) throws -> Stage {
    if inner != nil { throw Failure(.usage, "--inner needs --method cusp or --curriculum") }
    let poses = try poses()
    let name = MethodName(rawValue: method.rawValue) ?? .natural
    guard name != .natural else {
      if let given = attackSettings.first(where: \.isGiven)?.name {
        throw Failure(.usage, "\(given) needs --method pgd or another with an attack")
      }
      if beta != nil { throw Failure(.usage, "--beta needs --method trades") }
      return Stage(method: .natural, poses: poses)
    }
    guard beta == nil || name != .pgd else { throw Failure(.usage, "--beta needs --method trades") }
    let settings = try attack(name, channels: channels)
    return Stage(
      method: try makeMethod(name, settings, beta: beta ?? (channels == 1 ? 1 : 6)), poses: poses,
      mixture: mixture ?? .composed)
  }

  private func attack(_ name: MethodName, channels: Int) throws -> TrainingAttack.Settings {
    let norm = norm ?? .linf
    guard norm == .linf || epsilon != nil else {
      throw Failure(.usage, "--norm \(norm.rawValue) has no customary budget: give --epsilon")
    }
    if let epsilon, epsilon.value < 0 { throw Failure(.usage, "--epsilon \(epsilon): give 0 or more") }
    if norm == .linf {
      for (key, number) in [("epsilon", epsilon), ("step_size", stepSize)] {
        if let number { try SettingNames.options.refuseLevels(key, number) }
      }
    }
    let radius = Float(epsilon?.value ?? (channels == 1 ? 0.3 : 8.0 / 255))
    if stepSize != nil, steps == 0 { throw Failure(.usage, "--step-size: no step is taken; leave it out") }
    if stepSize?.value == 0, radius > 0 {
      throw Failure(.usage, "--step-size 0: no step would move; give more than 0")
    }
    if steps == 0, name != .pgd {
      throw Failure(.usage, "--steps 0: the attack of TRADES would not move; give 1 or more")
    }
    return TrainingAttack.Settings(
      kind: adversary ?? AttackCatalogue.pgd, norm: norm, epsilon: radius, steps: steps,
      stepSize: stepSize.map { Float($0.value) }, decay: decay.map { Float($0.value) })
  }

  private func poses() throws -> PoseDistribution {
    let (rotation, translation, crop) = (rotation ?? 0, translation ?? 0, crop ?? 0)
    let (degrees, pixels) = (TransformationLimits.degrees, TransformationLimits.pixels)
    for (name, value, limit) in [
      ("--rotation", rotation, degrees), ("--translation", translation, pixels), ("--crop", Double(crop), pixels),
    ] where !(0...limit).contains(value) {
      throw Failure(.usage, "\(name) \(NumberText.shortest(value)): give 0 to \(NumberText.shortest(limit))")
    }
    return PoseDistribution(rotation: rotation, translation: translation, cropPadding: crop, isFlipping: flip)
  }
}
