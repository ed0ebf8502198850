/// What can be set of attacks besides norm and budget, by the name that records, requests and options use.
public enum AttackSetting: String, CaseIterable, Sendable {
  /// How many steps are taken.
  case steps
  /// How far one step goes, in pixel units.
  case stepSize = "step_size"
  /// Where it starts.
  case start
  /// How often it tries anew.
  case restarts
  /// The class to be taken for.
  case target
  /// What it climbs.
  case loss
  /// The seed of its random numbers.
  case seed
  /// What share of the momentum stays from step to step.
  case decay
  /// How many classes are aimed at in turn.
  case targets
  /// How often the network may be asked.
  case queries
  /// How far a step goes beyond the boundary.
  case overshoot
  /// The attacks of an ensemble.
  case members

  /// What a setting may be.
  public enum Kind: Equatable, Sendable {
    /// A whole number.
    case integer
    /// Any number.
    case number
    /// A whole number of 64 bits without a sign, which JSON writes as a text.
    case seed
    /// One of these names.
    case choice([String])
    /// Names of attacks.
    case attacks
  }

  /// What it may be.
  public var kind: Kind {
    switch self {
    case .steps, .restarts, .target, .targets, .queries: .integer
    case .stepSize, .decay, .overshoot: .number
    case .seed: .seed
    case .start: .choice(Start.allCases.map(\.rawValue))
    case .loss: .choice(AttackLoss.allCases.map(\.rawValue))
    case .members: .attacks
    }
  }
}

/// A setting as an attack was made with it, for its records.
public struct AttackParameter: Equatable, Sendable {
  /// Its value.
  public enum Value: Equatable, Sendable {
    /// A count.
    case integer(Int)
    /// A size, a share.
    case number(Float)
    /// A choice by name, or a seed.
    case text(String)
    /// Several names.
    case list([String])
  }

  /// Which setting.
  public let setting: AttackSetting
  /// Its value.
  public let value: Value

  /// A setting with its value.
  public init(_ setting: AttackSetting, _ value: Value) { (self.setting, self.value) = (setting, value) }
}

/// What is asked of an attack; what is left open becomes the attack's own default.
public struct AttackRequest: Sendable {
  /// How distance is measured.
  public var norm = Norm.linf
  /// The budget in pixel units; nil where the attack has none.
  public var epsilon: Double?
  /// Steps.
  public var steps: Int?
  /// How far one step goes, in pixel units.
  public var stepSize: Float?
  /// Where PGD starts.
  public var start: Start?
  /// Restarts.
  public var restarts: Int?
  /// What PGD climbs.
  public var loss: AttackLoss?
  /// The class to be taken for.
  public var target: Int?
  /// The seed.
  public var seed: UInt64?
  /// The momentum's decay.
  public var decay: Float?
  /// How many classes are aimed at.
  public var targets: Int?
  /// Queries.
  public var queries: Int?
  /// How far beyond the boundary.
  public var overshoot: Float?
  /// The attacks of an ensemble, by name.
  public var members: [String] = []
  /// How many channels images have, on which customary steps depend.
  public var channels = 1

  /// A request that leaves all open.
  public init() {}

  /// The ball, where there is a budget.
  ///
  /// - Throws: `Failure` (`internal`) where there is none.
  func bound() throws -> Bound { Bound(norm: norm, epsilon: try requiredEpsilon()) }
}
