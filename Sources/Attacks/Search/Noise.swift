import Networks
import Tensors

/// Noise of one length: what an attack must beat (Foolbox's repeated additive noise). Uniform under linf, normal under l2,
/// brought to length epsilon and then into 0...1; of several tries the first that fools counts.
public struct AdditiveNoise: Attack {
  /// How distance is measured: `linf` or `l2`.
  public var norm: Norm
  /// The length before pixels are clipped, in pixel units.
  public var epsilon: Float
  /// How often it tries.
  public var restarts: Int
  /// The seed of the noise.
  public var seed: UInt64

  /// The attack with these settings; Foolbox's unless told otherwise.
  public init(norm: Norm = .linf, epsilon: Float, restarts: Int = 100, seed: UInt64 = 0) {
    (self.norm, self.epsilon, self.restarts, self.seed) = (norm, epsilon, restarts, seed)
  }

  /// The ball it stays in.
  public var budget: Bound? { Bound(norm: norm, epsilon: epsilon) }
  /// No single class is to be taken for.
  public var target: Int? { nil }
  /// Logits alone.
  public var needs: AttackNeeds { [] }
  /// All but norm and budget.
  public var parameters: [AttackParameter] {
    [.init(.restarts, .integer(restarts)), .init(.seed, .text(String(seed)))]
  }
  /// One a try.
  public var mostSteps: Int { restarts }

  /// Refuses settings that mean nothing.
  ///
  /// - Throws: `Failure` (`usage`) that names the setting and what it may be.
  public func validate(classCount: Int) throws {
    try Requirement.budget(epsilon, norm)
    try Requirement.positive(restarts, "restarts")
  }

  /// An attempt; nil for an image that is misclassified as it is, and where epsilon is 0.
  public func attempt(on subject: Subject) -> (any Attempt)? {
    guard epsilon > 0, subject.isClassifiedRightly else { return nil }
    return Proposals(restarts, on: subject) { [self] number, pixels in
      var generator = subject.generator(seed: seed, restart: number)
      if norm == .linf { generator.fillUniform(pixels, radius: 1) } else { generator.fillNormal(pixels) }
      let scale = epsilon / norm.length(Pixels(pixels))
      for i in pixels.indices { pixels[i] = min(max(subject.clean[i] + scale * pixels[i], 0), 1) }
      budget?.settle(pixels, around: subject.clean)
    }
  }
}
