import ArgumentParser
import Attacks
import Failures
import Records
import Training

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
  func method(_ attack: ProjectedGradientDescent, beta: Float) -> Training.Method {
    switch self {
    case .natural: .natural
    case .pgd: .pgd(attack)
    case .trades: .trades(attack, beta: beta)
    case .transformedTrades: .transformedTrades(attack, beta: beta)
    }
  }
}

extension MethodName {
  /// Refuses, among the `keys` of a stage, those without effect under this method, and an attack without a budget.
  func refuseIdle(among keys: [String], _ place: String) throws {
    let attackKeys =
      self == .natural ? ["norm", "epsilon", "steps", "step_size", "beta"] : self == .pgd ? ["beta"] : []
    if let key = attackKeys.first(where: keys.contains) {
      throw Failure(.data, "\(place): `\(key)` has no effect in the method \(rawValue); leave it out")
    }
    guard self == .natural || keys.contains("epsilon") else {
      throw Failure(.data, "\(place): the method \(rawValue) attacks within nothing; give `epsilon`")
    }
  }
}

extension Training.Method {
  /// Its name.
  var name: MethodName {
    switch self {
    case .natural: .natural
    case .pgd: .pgd
    case .trades: .trades
    case .transformedTrades: .transformedTrades
    }
  }

  /// The settings of its attack, if there is one.
  var settings: [JSON.Member] {
    switch self {
    case .natural: []
    case .pgd(let attack): attack.members
    case .trades(let attack, let beta), .transformedTrades(let attack, let beta):
      attack.members + [.init("beta", number(beta))]
    }
  }
}

extension ProjectedGradientDescent {
  /// Why these settings mean nothing; nil where they do.
  var problem: String? {
    do {
      try validate(classCount: .max)
      return nil
    } catch {
      return (error as? Failure)?.message ?? "\(error)"
    }
  }

  /// The attack's settings by the names of options.
  fileprivate var members: [JSON.Member] {
    [
      .init("norm", .string(norm.rawValue)), .init("epsilon", number(epsilon)), .init("steps", .integer(Int64(steps))),
      .init("step_size", number(stepSize)),
    ]
  }
}

/// The double that prints as the float does.
func number(_ value: Float) -> JSON { .number(shortest(value)) }

/// The double that prints as the float does.
func shortest(_ value: Float) -> Double { Double(value.description) ?? Double(value) }
