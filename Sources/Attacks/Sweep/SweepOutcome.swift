import Networks
import Tensors

/// What one attack of a sweep came to for one image.
public struct SweepOutcome: Equatable, Sendable {
  /// The image's place in the list that was swept.
  public let place: Int
  /// Which of the sweep's attacks, from 0.
  public internal(set) var attack: Int
  /// The image after the attack, `[c, h, w]`, in 0...1; where the attack failed, the image as it was.
  public let perturbed: [Float]
  /// How far it moved under the attack's norm, in pixel units.
  public let distance: Float
  /// Why the attack failed for the image, which is then unharmed; nil where it did not.
  public let failure: AttackFailure?
  /// Whether the gradient at the first step of this attack was zero in every pixel; false where no step was taken.
  public internal(set) var hadZeroGradient: Bool
  /// How many steps this attack took for the image, those of all its restarts together.
  public internal(set) var steps: Int
  /// The attack of a smaller budget whose outcome this repeats; nil where it is its own.
  public internal(set) var origin: Int?
  /// The logits of the untouched image.
  public let naturalLogits: [Float]
  /// The logits of the perturbed image.
  public let perturbedLogits: [Float]

  /// Whether the attack failed for the image.
  public var failed: Bool { failure != nil }
  /// The class predicted for the untouched image.
  public var naturalClass: Int { largest(naturalLogits) }
  /// The class predicted for the perturbed image.
  public var perturbedClass: Int { largest(perturbedLogits) }

  private func largest(_ logits: [Float]) -> Int {
    predictedClass(row: 0, logits: Tensor([1, logits.count], logits))
  }

  /// The outcome again, for the attack of another budget that took `steps` in vain.
  func repeated(for attack: Int, steps: Int, hadZeroGradient: Bool = false) -> SweepOutcome {
    var copy = self
    copy.hadZeroGradient = hadZeroGradient
    (copy.attack, copy.steps, copy.origin) = (attack, steps, origin ?? self.attack)
    return copy
  }
}
