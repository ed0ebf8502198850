import Attacks
import Evaluation
import Failures
import Records
import Training

extension TrainingAttack {
  /// What may be set of an attack in training; what is nil is customary there.
  struct Settings {
    var kind = AttackCatalogue.pgd
    var norm = Norm.linf
    /// The radius in pixel units.
    var epsilon: Float = 0
    var steps: Int?
    var stepSize: Float?
    var decay: Float?

    /// Whether it is the fast gradient method, whose one step is epsilon.
    private var isFast: Bool { kind.name == AttackCatalogue.fastGradientSign.name }

    /// How many steps it takes where nobody says.
    var customarySteps: Int { isFast ? 1 : 10 }

    /// The attack, for `method`.
    ///
    /// - Throws: `Failure` (`internal`) where the catalogue refuses what `conflict` does not.
    func attack(for method: MethodName) throws -> TrainingAttack {
      var request = AttackRequest()
      (request.norm, request.epsilon, request.decay) = (norm, Double(epsilon), decay)
      let count = steps ?? customarySteps
      request.steps = count
      request.stepSize = stepSize ?? method.stepSize(norm, epsilon, steps: count)
      return TrainingAttack(kind.name, try kind.attack(request))
    }

    /// The setting, by its key, that does not go with the others, and why not.
    func conflict(in method: MethodName) -> (key: String, reason: String)? {
      let name = kind.name
      if method != .pgd, name != AttackCatalogue.pgd.name {
        return ("adversary", "TRADES climbs a divergence that is flat at the image, where \(name) starts; take pgd")
      }
      if !kind.norms.contains(norm) {
        return ("norm", "\(name) measures by \(kind.norms.map(\.rawValue).joined(separator: " or "))")
      }
      if decay != nil, !kind.settings.contains(.decay) { return ("decay", "\(name) has no such setting; leave it out") }
      if isFast, steps ?? 1 != 1 { return ("steps", "fgsm is one step of epsilon; leave it out, or take pgd") }
      if isFast, stepSize ?? epsilon != epsilon {
        return ("step_size", "fgsm is one step of epsilon; leave it out, or take pgd")
      }
      guard steps == 0, name != AttackCatalogue.pgd.name else { return nil }
      return ("steps", "without one \(name) would not move; give 1 or more")
    }
  }

  /// The same budget and steps by another attack of the catalogue.
  func replaced(by kind: AttackDescription, decay: Float?) -> Settings {
    let isFast = kind.name == AttackCatalogue.fastGradientSign.name
    return Settings(
      kind: kind, norm: attack.norm, epsilon: epsilon, steps: isFast ? nil : steps, stepSize: isFast ? nil : stepSize,
      decay: decay)
  }

  /// Its settings by the names of options; the adversary where it is not the customary one.
  var members: [JSON.Member] {
    let chosen = NamedAttack(name: name, epsilon: nil, attack: attack).parameters.members ?? []
    return (name == AttackCatalogue.pgd.name ? [] : [.init("adversary", .string(name))]) + [
      .init("norm", .string(attack.norm.rawValue)), .init("epsilon", number(epsilon)),
    ] + chosen.filter { ["steps", "step_size", "decay"].contains($0.key) }
  }
}
