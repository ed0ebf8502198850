public import ArgumentParser
import Attacks
import Failures
import Records
public import Training

/// The methods of a stage by name.
enum MethodName: String, CaseIterable, ExpressibleByArgument {
  case natural, pgd, trades
  case transformedTrades = "transformed-trades"

  /// What the attack's step is where nobody says: 2.5 epsilon / steps, a quarter of epsilon for the customary ten; for
  /// TRADES under `l2`, as in its code.
  func stepSize(_ norm: Norm, _ epsilon: Float, steps: Int) -> Float {
    let steps = Float(max(steps, 1))
    // Ten steps make just a quarter, to the bit.
    return self != .pgd && norm == .l2 ? epsilon / steps * 2 : epsilon / 4 * (10 / steps)
  }

  /// The method with these settings.
  ///
  /// - Throws: `Failure` (`usage`) where TRADES is to attack by another than projected gradient descent.
  func method(_ attack: TrainingAttack, beta: Float) throws -> Training.Method {
    switch self {
    case .natural: return .natural
    case .pgd: return .adversarial(attack)
    case .trades: return .trades(try descent(attack), beta: beta)
    case .transformedTrades: return .transformedTrades(try descent(attack), beta: beta)
    }
  }

  private func descent(_ attack: TrainingAttack) throws -> ProjectedGradientDescent {
    guard attack.name == AttackCatalogue.pgd.name, let descent = attack.attack as? ProjectedGradientDescent else {
      throw Failure(.usage, "--inner \(rawValue): it attacks by pgd, the curriculum by \(attack.name); leave it out")
    }
    return descent
  }
}

extension MethodName {
  /// Refuses, among the `keys` of a stage, those without effect under this method, and an attack without a budget.
  func refuseIdle(among keys: [String], _ place: String) throws {
    let attackKeys: [String] =
      switch self {
      case .natural: ["adversary", "norm", "epsilon", "steps", "step_size", "decay", "beta", "mixture"]
      case .pgd: ["beta"]
      case .trades, .transformedTrades: ["mixture"]
      }
    if let key = attackKeys.first(where: keys.contains) {
      throw Failure(.data, "\(place): `\(key)` has no effect in the method \(rawValue); leave it out")
    }
    guard self == .natural || keys.contains("epsilon") else {
      throw Failure(.data, "\(place): the method \(rawValue) attacks within nothing; give `epsilon`")
    }
  }
}

extension Training.Method {
  /// The same attack's budget under another method.
  func replaced(by inner: MethodName, beta: Float) throws -> Training.Method {
    guard let attack else { return self }
    // The paper's TRADES takes steps of 0.007 on colour images, where its PGD takes 2/255.
    if inner != .pgd, attack.stepSize == 2.0 / 255, var descent = attack.attack as? ProjectedGradientDescent {
      descent.stepSize = 0.007
      return try inner.method(TrainingAttack(attack.name, descent), beta: beta)
    }
    return try inner.method(attack, beta: beta)
  }

  /// The weight of the divergence; 0 where there is none.
  var beta: Float {
    switch self {
    case .natural, .adversarial: 0
    case .trades(_, let beta), .transformedTrades(_, let beta): beta
    }
  }

  /// Its name.
  var name: MethodName {
    switch self {
    case .natural: .natural
    case .adversarial: .pgd
    case .trades: .trades
    case .transformedTrades: .transformedTrades
    }
  }

  /// The settings of its attack, if there is one.
  var settings: [JSON.Member] {
    let members = attack?.members ?? []
    return switch self {
    case .natural, .adversarial: members
    case .trades(_, let beta), .transformedTrades(_, let beta): members + [.init("beta", number(beta))]
    }
  }
}

extension Mixture: ExpressibleByArgument {}

extension Stage {
  /// The method with what is set of it, by the names of options.
  var methodMembers: [JSON.Member] {
    [.init("method", .string(method.name.rawValue))] + poses.members + method.settings
      + (mixture == .composed ? [] : [.init("mixture", .string(mixture.rawValue))])
  }
}

extension Attack {
  /// Why these settings mean nothing; nil where they do.
  var problem: String? {
    do {
      try validate(classCount: .max)
      return nil
    } catch {
      return (error as? Failure)?.message ?? "\(error)"
    }
  }
}

/// The double that prints as the float does.
func number(_ value: Float) -> JSON { .number(shortest(value)) }

/// The double that prints as the float does.
func shortest(_ value: Float) -> Double { Double(value.description) ?? Double(value) }
