import Networks

/// An attack that does what another does, and something besides: all that is not said anew is as the other's.
public protocol WrappingAttack: Attack {
  /// The kind of the other attack.
  associatedtype Whole: Attack
  /// The other attack.
  var attack: Whole { get }
}

extension WrappingAttack {
  /// How distance is measured.
  public var norm: Norm { attack.norm }
  /// The ball it stays in.
  public var budget: Bound? { attack.budget }
  /// The class to be taken for.
  public var target: Int? { attack.target }
  /// What it asks of a network.
  public var needs: AttackNeeds { attack.needs }
  /// As the attack's.
  public var parameters: [AttackParameter] { attack.parameters }
  /// Those of all runs.
  public var mostSteps: Int { attack.mostSteps }
  /// Refuses settings that mean nothing.
  public func validate(classCount: Int) throws { try attack.validate(classCount: classCount) }
}
