import Networks

/// What one attack came to for one image: facts.
public struct AttackResult: Equatable, Sendable {
  /// The image's place in the list that was attacked.
  public let place: Int
  /// Which attack of the sequence, from 0.
  public internal(set) var attack: Int
  /// The image after the attack, `[c, h, w]`, in 0...1; where the attack failed or found nothing, the image as it was.
  public let perturbed: [Float]
  /// How far it moved under the attack's norm, in pixel units.
  public let distance: Float
  /// Why the attack failed for the image, which is then unharmed; nil where it did not.
  public let failure: AttackFailure?
  /// How many steps this attack took for the image, those of all its restarts together.
  public internal(set) var steps: Int
  /// What the networks were asked about this image.
  public internal(set) var cost: AttackCost
  /// Whether the first gradient that was asked for was zero in every pixel, so that nothing could be climbed.
  public let hadZeroGradient: Bool
  /// The member of a cascade that broke the image; nil where none did, or the attack is no cascade.
  public let member: String?
  /// Whether rounding undid what the attack found: made a wrong prediction right, changed one back, or missed the target.
  public private(set) var isLostByRounding = false
  /// The attack of a smaller budget whose result this repeats; nil where it is its own.
  public internal(set) var origin: Int?
  /// The points that the attack asked about, the last being what it came to; empty unless it is `Traced`.
  public internal(set) var trace: [TracePoint] = []
  /// The classifier's logits of the untouched image; empty where nobody asked.
  public private(set) var naturalLogits: [Float]
  /// The classifier's logits of the perturbed image; empty where nobody asked.
  public private(set) var perturbedLogits: [Float]

  /// The class predicted for the untouched image.
  public var naturalClass: Int { naturalLogits.withUnsafeBufferPointer(predictedClass) }
  /// The class predicted for the perturbed image.
  public var perturbedClass: Int { perturbedLogits.withUnsafeBufferPointer(predictedClass) }

  /// The result again, for the attack of another budget that spent `steps` and `cost` in vain.
  func repeated(for attack: Int, steps: Int, cost: AttackCost) -> AttackResult {
    var copy = self
    (copy.attack, copy.steps, copy.cost, copy.origin) = (attack, steps, cost, origin ?? self.attack)
    copy.trace = []
    return copy
  }

  /// The result with what another classifier said of the untouched and the perturbed image.
  public func judged(naturalLogits: [Float], perturbedLogits: [Float]) -> AttackResult {
    var copy = self
    (copy.naturalLogits, copy.perturbedLogits) = (naturalLogits, perturbedLogits)
    // It was of the classifier that was attacked.
    copy.isLostByRounding = false
    return copy
  }

  /// The result of rounding an image whose logits were `unrounded`, if it was rounded.
  func rounded(from unrounded: [Float], _ goal: Goal) -> AttackResult {
    guard !unrounded.isEmpty, !perturbedLogits.isEmpty else { return self }
    var copy = self
    let found = unrounded.withUnsafeBufferPointer(predictedClass)
    copy.isLostByRounding =
      goal.isLost(from: found, to: perturbedClass) || goal.isReached(by: found) && !goal.isReached(by: perturbedClass)
    return copy
  }

  /// The result under the budget of `attack` in the sequence: itself, or where it lies farther the `unharmed` image. What
  /// it cost is the first one's.
  func within(_ budget: Bound?, else unharmed: AttackResult, attack: Int) -> AttackResult {
    var copy = failure == nil && distance > budget?.epsilon ?? .infinity ? unharmed : self
    (copy.attack, copy.steps, copy.cost) = (attack, attack == 0 ? steps : 0, attack == 0 ? cost : AttackCost())
    if attack > 0 { copy.trace = [] }
    return copy
  }
}

/// What an attack asked networks about an image: passes, each of one image. The predictions before it are not among them.
public struct AttackCost: Hashable, Sendable {
  /// Forward passes, verdicts included.
  public var forwards: Int
  /// Backward passes.
  public var backwards: Int

  /// Passes; none unless told otherwise.
  public init(forwards: Int = 0, backwards: Int = 0) { (self.forwards, self.backwards) = (forwards, backwards) }
}
