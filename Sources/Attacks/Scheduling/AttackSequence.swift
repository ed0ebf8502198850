import Failures

/// The attacks that an image goes through, one after the other.
public struct AttackSequence: Sendable {
  /// The attacks; nil leaves the image as it is.
  public let attacks: [(any Attack)?]
  /// Whether what a smaller budget has fooled counts as fooled at all larger ones, so that only the rest is attacked.
  public let reuses: Bool
  /// What is carried out: the attacks or, where they are one search for the nearest image under several budgets, that
  /// search, once.
  let runs: [(any Attack)?]

  /// The sequence of `attacks`.
  ///
  /// - Parameter reuses: Whether successes at smaller budgets are kept for larger ones; budgets of one norm then grow.
  /// - Throws: `Failure` (`usage`) where they do not.
  public init(_ attacks: [(any Attack)?], reuses: Bool = false) throws {
    (self.attacks, self.reuses) = (attacks, reuses)
    runs = (reuses ? nil : Self.sharedSearch(attacks)).map { [$0] } ?? attacks
    let bounds = attacks.map { $0?.budget }
    let isGrowing = zip(bounds, bounds.dropFirst()).allSatisfy { smaller, larger in
      guard let smaller, let larger else { return false }
      return smaller.epsilon < larger.epsilon && smaller.norm == larger.norm
    }
    guard !reuses || isGrowing else {
      throw Failure(.usage, "reuse keeps successes for larger budgets: let epsilon grow, as in 0.1,0.2,0.3")
    }
  }

  /// What the attacks ask of networks besides logits, all together.
  public var needs: AttackNeeds { attacks.reduce([]) { $0.union($1?.needs ?? []) } }

  /// Whether one search stands for all attacks.
  var isShared: Bool { runs.count < attacks.count }

  /// The one search that `attacks` are, but for their budgets; nil where they are not.
  private static func sharedSearch(_ attacks: [(any Attack)?]) -> (any Attack)? {
    let searches = attacks.map { ($0 as? any NearestAttack)?.unbounded }
    guard attacks.count > 1, let first = searches.first ?? nil else { return nil }
    let isOne = searches.allSatisfy { $0.map { AnyHashable($0) == AnyHashable(first) } ?? false }
    return isOne ? first : nil
  }
}
