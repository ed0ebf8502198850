import Attacks
import Evaluation
import Failures
import Records

extension AttackCatalogue {
  /// All attacks, an object each, with the settings that they have for images of `channels` where nobody says.
  ///
  /// - Throws: `Failure` (`internal`) where an attack has no defaults.
  static func json(channels: Int) throws -> JSON { .array(try all.map { try $0.json(channels: channels) }) }

  /// The attacks of other programs that no request can ask for, each with the reason.
  static let unserved = [
    "universal":
      "one perturbation for all images is learnt from training images, not from a request's; "
      + "cusp-attack and cusp-evaluate do so"
  ]

  /// The same, an object each.
  static var unservedJSON: JSON {
    .array(
      unserved.sorted { $0.key < $1.key }.map {
        .object([.init("name", .string($0.key)), .init("reason", .string($0.value))])
      })
  }
}

extension AttackDescription {
  fileprivate func json(channels: Int) throws -> JSON {
    var defaults = AttackSettings()
    defaults.kind = self
    // Other norms have no customary budget; what follows from it is told for a budget of 1.
    if budget == .needed, !norms.contains(.linf) { defaults.epsilon = ExactNumber("1") }
    let attack = try defaults.attack(channels: channels)
    let settings = settings.map { setting in
      JSON.object(
        [.init("name", .string(setting.rawValue))] + setting.kind.members
          + (attack.parameters[setting.rawValue].flatMap { $0.array == [] ? nil : [.init("default", $0)] } ?? []))
    }
    return .object([
      .init("name", .string(name)), .init("summary", .string(summary)),
      .init("norms", .array(norms.map { .string($0.rawValue) })),
      .init("epsilon", .string(budget.rawValue)), .init("needs", .string(asksForGradients ? "gradients" : "logits")),
      .init("settings", .array(settings)), .init("source", .string(source)),
    ])
  }
}

extension AttackSetting.Kind {
  /// How it is written in a request.
  fileprivate var members: [JSON.Member] {
    switch self {
    case .integer: [.init("type", .string("integer"))]
    case .number: [.init("type", .string("number"))]
    case .seed: [.init("type", .string("seed"))]
    case .choice(let names):
      [.init("type", .string("choice")), .init("choices", .array(names.map { .string($0) }))]
    case .attacks: [.init("type", .string("attacks"))]
    }
  }
}
