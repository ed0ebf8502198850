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
  /// How many constants, or budgets, are tried.
  case searches
  /// By how much the wrong logit must lead.
  case confidence
  /// The optimiser's learning rate.
  case learningRate = "learning_rate"
  /// How many random points a step asks about.
  case samples
  /// The side of the Gaussian that gradients are blurred with.
  case kernel
  /// How probable it is that a gradient is taken at the image made smaller and put on black.
  case diversity
  /// The share of slopes that move nothing.
  case quantile
  /// What comes last after a step: the ball or 0...1.
  case projection
  /// Which way a step goes: that of the steepest slope, or of the gradient.
  case direction
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
    case .steps, .restarts, .target, .targets, .queries, .searches, .samples, .kernel: .integer
    case .stepSize, .decay, .overshoot, .confidence, .learningRate, .diversity, .quantile: .number
    case .seed: .seed
    case .start: .choice(Start.allCases.map(\.rawValue))
    case .projection: .choice(Projection.allCases.map(\.rawValue))
    case .direction: .choice(StepDirection.allCases.map(\.rawValue))
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
