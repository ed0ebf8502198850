public import Networks

/// An attack's settings, plain data: what it does to an image depends on them and on the image alone.
public protocol Attack: Hashable, Sendable {
  /// How distance is measured.
  var norm: Norm { get }
  /// The ball it stays in; nil where it looks for the nearest image that fools instead.
  var budget: Bound? { get }
  /// The class that images shall be taken for; nil for any but their own.
  var target: Int? { get }
  /// What it asks of a network besides logits.
  var needs: AttackNeeds { get }
  /// What was chosen besides norm, budget and what other attacks wrap around it, for records.
  var parameters: [AttackParameter] { get }

  /// How many steps, or queries without a gradient, it takes for an image at most; `Int.max` where they are beyond count.
  var mostSteps: Int { get }

  /// Refuses settings that mean nothing for a network of `classCount` classes.
  ///
  /// - Throws: `Failure` (`usage`) that names the setting and what it may be.
  func validate(classCount: Int) throws

  /// An attempt at the image `subject`; nil where the settings leave it as it is.
  func attempt(on subject: Subject) -> (any Attempt)?
}

/// What an attack asks of a network besides logits.
public struct AttackNeeds: OptionSet, Sendable {
  /// The bits.
  public let rawValue: Int
  /// A set of these bits.
  public init(rawValue: Int) { self.rawValue = rawValue }

  /// Gradients with respect to pixels.
  public static let gradients = AttackNeeds(rawValue: 1)
  /// The probabilities of the clean image, by the network that gives gradients.
  public static let reference = AttackNeeds(rawValue: 2)
}

/// One image under way: proposes pixels with a question about them, and takes the answer.
///
/// An attempt draws its random numbers by the image's index, so what becomes of an image depends neither on the other
/// images in flight nor on the order of answers. It allocates nothing between its first question and its last.
public protocol Attempt: AnyObject {
  /// Takes the answer to its last question, nil at first, and says what it wants next.
  ///
  /// - Parameters:
  ///   - answer: What the network said of `pixels`.
  ///   - pixels: The image it asks about, or what it came to, `[c, h, w]` row-major: the clean image at first, later what
  ///     the attempt left there.
  func next(_ answer: Answer?, writing pixels: MutablePixels) -> Move

  /// The classifier's logits for what it came to, where it asked for them; else empty.
  var verdict: [Float] { get }
  /// The classifier's logits before what it came to was rounded; empty where it was not.
  var unrounded: [Float] { get }
  /// How many steps it took.
  var steps: Int { get }
  /// The member of a cascade whose perturbation it came to.
  var member: String? { get }
  /// The points it asked about; empty unless it is `Traced`.
  var trace: [TracePoint] { get }
}

extension Attempt {
  /// No verdict was asked for.
  public var verdict: [Float] { [] }
  /// Nothing was rounded.
  public var unrounded: [Float] { [] }
  /// No member of a cascade.
  public var member: String? { nil }
  /// Nothing is remembered.
  public var trace: [TracePoint] { [] }
}

/// What an attempt wants next.
public enum Move {
  /// The classifier's logits at the pixels.
  case classify
  /// The logits at the pixels and the gradient of an objective with respect to them.
  case differentiate(Objective)
  /// The gradient of another objective at the same pixels, which costs no forward pass.
  case differentiateAgain(Objective)
  /// Nothing: the pixels are the result.
  case done
  /// Nothing: no image that fools was found, and the image stays as it was.
  case unbroken
  /// Nothing: the attack failed, and the image stays as it was.
  case failed(AttackFailure)
}

/// What a network said of an attempt's pixels.
public struct Answer {
  /// The logits.
  public let logits: LogitRow
  /// The gradient, `[c, h, w]`; nil where none was asked for.
  public let gradient: Pixels?

  /// Whether the gradient has no number that is infinite or none.
  public let isFinite: Bool

  /// An answer.
  public init(logits: LogitRow, gradient: Pixels? = nil) {
    (self.logits, self.gradient) = (logits, gradient)
    isFinite = gradient.map(Attacks.isFinite) ?? true
  }
}
