import ArgumentParser
import Attacks
import Records
import Training

/// The methods of a stage by name.
enum MethodName: String, CaseIterable, ExpressibleByArgument {
  case natural, pgd, trades
  case transformedTrades = "transformed-trades"

  /// What the attack's step is where nobody says: a quarter of epsilon; for TRADES under `l2`, as in its code.
  func stepSize(_ norm: Norm, _ epsilon: Float, steps: Int) -> Float {
    self != .pgd && norm == .l2 ? epsilon / Float(max(steps, 1)) * 2 : epsilon / 4
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
