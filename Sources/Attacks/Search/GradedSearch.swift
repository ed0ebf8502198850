import Networks

/// A search without a budget through ever stronger changes of one kind, in equal parts: a baseline for attacks.
protocol GradedSearch: Attack {
  /// Into how many parts the strongest change is cut.
  var steps: Int { get }
}

extension GradedSearch {
  /// It has no ball to stay in.
  public var budget: Bound? { nil }
  /// No single class is to be taken for.
  public var target: Int? { nil }
  /// Logits alone.
  public var needs: AttackNeeds { [] }
  /// All but the norm.
  public var parameters: [AttackParameter] { [.init(.steps, .integer(steps))] }
  /// One a part.
  public var mostSteps: Int { steps }

  /// Refuses settings that mean nothing.
  ///
  /// - Throws: `Failure` (`usage`).
  public func validate(classCount: Int) throws { try Requirement.positive(steps, "steps") }
}
