extension Cascade {
  /// AutoAttack's standard version (Croce and Hein 2020): Auto-PGD on the cross-entropy, targeted Auto-PGD, targeted FAB
  /// and Square with 5,000 queries, each on what survived those before.
  ///
  /// Under `l1` (2021) Auto-PGD shrinks its ball, with five restarts and five targets. Networks have four classes or more.
  public static func autoAttack(_ bound: Bound, seed: UInt64 = 0) -> Cascade {
    Cascade(
      autoPGDs(bound, seed) + [
        Member("fab-t", FAB(norm: bound.norm, epsilon: bound.epsilon, targetCount: 9, seed: seed)),
        Member("square", Square(norm: bound.norm, epsilon: bound.epsilon, seed: seed)),
      ], within: bound, seed: seed)
  }

  /// The fast evaluation: the probability margin attack, then Auto-PGD on the cross-entropy, then targeted Auto-PGD, each
  /// on what survived those before; under `l2` and `l1` without the first, which knows `linf` alone.
  public static func fastEvaluation(_ bound: Bound, seed: UInt64 = 0) -> Cascade {
    let first = Member("pma", ProbabilityMarginAttack(epsilon: bound.epsilon, seed: seed))
    return Cascade((bound.norm == .linf ? [first] : []) + autoPGDs(bound, seed), within: bound, seed: seed)
  }

  private static func autoPGDs(_ bound: Bound, _ seed: UInt64) -> [Member] {
    let isSparse = bound.norm == .l1
    func autoPGD(targetCount: Int, restarts: Int) -> AutoPGD {
      AutoPGD(
        norm: bound.norm, epsilon: bound.epsilon, targetCount: targetCount, restarts: restarts,
        usesLargerRadii: isSparse, seed: seed)
    }
    return [
      Member("apgd-ce", autoPGD(targetCount: 0, restarts: isSparse ? 5 : 1)),
      Member("apgd-t", autoPGD(targetCount: isSparse ? 5 : 9, restarts: 1)),
    ]
  }
}
