import Failures

/// What the catalogue says of an attack: everything that options, requests, records and lists need.
public struct AttackDescription: Sendable {
  /// Its name: of the flag, in requests and in records.
  public let name: String
  /// What it does, in a line.
  public let summary: String
  /// Where it was published, and whose code it follows.
  public let source: String
  /// The norms it knows.
  public let norms: [Norm]
  /// Whether it takes a budget, needs one, or has none.
  public let budget: Budget
  /// Whether it asks for gradients, or for logits alone.
  public let asksForGradients: Bool
  /// Whether it hands over a perturbed image whether or not that fools; others give back, as it was, an image that they
  /// cannot break or that is misclassified anyway.
  public let perturbsAlways: Bool
  /// What else can be set, in the order of its records.
  public let settings: [AttackSetting]
  private let maker: @Sendable (AttackRequest) throws -> any Attack

  /// How an attack stands to a budget.
  public enum Budget: String, Sendable {
    /// It stays within one.
    case needed
    /// It looks for the nearest image, and with a budget counts what is farther as not found.
    case optional
    /// It looks for the nearest image.
    case none
  }

  init(
    _ name: String, _ summary: String, source: String, norms: [Norm] = Norm.lengths, budget: Budget = .needed,
    asksForGradients: Bool = true, perturbsAlways: Bool = false, settings: [AttackSetting],
    make: @escaping @Sendable (AttackRequest) throws -> any Attack
  ) {
    (self.name, self.summary, self.source, self.norms) = (name, summary, source, norms)
    (self.budget, self.asksForGradients, self.perturbsAlways) = (budget, asksForGradients, perturbsAlways)
    (self.settings, maker) = (settings, make)
  }

  /// The attack that `request` describes.
  ///
  /// - Throws: `Failure` (`usage`) where that means nothing.
  public func attack(_ request: AttackRequest) throws -> any Attack {
    guard norms.contains(request.norm) else {
      let known = norms.map(\.rawValue).joined(separator: ", ")
      throw Failure(.usage, "norm \(request.norm.rawValue): \(name) measures by \(known)")
    }
    return try maker(request)
  }
}

extension AttackRequest {
  /// Steps, or as many as are customary for the images.
  var customarySteps: Int { steps ?? ProjectedGradientDescent.advertorchDefault(channels: channels).steps }

  func requiredEpsilon() throws -> Float {
    guard let epsilon else { throw Failure(.internal, "attack: a budget is needed") }
    return Float(epsilon)
  }
}
