import Failures
import Networks

/// An attack that looks for the nearest image that fools, by gradients; with an epsilon, what lies farther counts as not
/// found. It attacks images that are not fooled as they are.
public protocol NearestAttack: Attack {
  /// The farthest that counts, in pixel units; nil for any distance.
  var epsilon: Float? { get set }
  /// The most steps of one run.
  var steps: Int { get }
  /// The norms it knows.
  static var norms: [Norm] { get }

  /// An attempt at an image that is not fooled as it is.
  func search(_ subject: Subject) -> any Attempt
}

extension NearestAttack {
  /// The same without a budget, from which the results of all budgets follow.
  var unbounded: any Attack {
    var attack = self
    attack.epsilon = nil
    return attack
  }

  /// The ball beyond which nothing counts.
  public var budget: Bound? { epsilon.map { Bound(norm: norm, epsilon: $0) } }
  /// Gradients.
  public var needs: AttackNeeds { .gradients }
  /// Those of the one run.
  public var mostSteps: Int { steps }
  /// Steps and target.
  public var parameters: [AttackParameter] { [.init(.steps, .integer(steps))] + targetParameter }

  var targetParameter: [AttackParameter] { target.map { [.init(.target, .integer($0))] } ?? [] }

  /// Refuses settings that mean nothing for a network of `classCount` classes.
  ///
  /// - Throws: `Failure` (`usage`) that names the setting and what it may be.
  public func validate(classCount: Int) throws { try validateCommon(classCount) }

  func validateCommon(_ classCount: Int) throws {
    if let epsilon { try Requirement.budget(epsilon, norm) }
    try Requirement.positive(steps, "steps")
    try Requirement.target(target, classCount: classCount)
    guard Self.norms.contains(norm) else {
      let known = Self.norms.map(\.rawValue).joined(separator: " or ")
      throw Failure(.usage, "norm \(norm.rawValue): this attack measures by \(known)")
    }
  }

  /// An attempt; nil for an image that is misclassified as it is or taken for the target, and where epsilon is 0.
  public func attempt(on subject: Subject) -> (any Attempt)? {
    epsilon == 0 || subject.goal.isFooled(by: predictedClass(subject.logits)) ? nil : search(subject)
  }
}

/// The nearest point so far that fools.
struct NearestPoint {
  private let point: PixelBuffer
  /// How far it is; at first the farthest that counts.
  private(set) var distance: Float
  /// Whether there is one.
  private(set) var isFound = false

  /// No point yet, of `count` pixels, and none at `distance` or beyond.
  init(count: Int, nearerThan distance: Float = .infinity) {
    point = PixelBuffer(count: count)
    self.distance = distance
  }

  /// Keeps `pixels` if they are nearer.
  mutating func keep(_ pixels: MutablePixels, at distance: Float) {
    guard distance < self.distance else { return }
    (self.distance, isFound) = (distance, true)
    point.copy(Pixels(pixels))
  }

  /// Ends an attempt with the point, where there is one within `bound`.
  func finish(_ pixels: MutablePixels, within bound: Bound?) -> Move {
    guard isFound, distance <= bound?.epsilon ?? .infinity else { return .unbroken }
    pixels.copy(point)
    return .done
  }
}

extension Subject {
  /// How far an image can be from the clean one under `norm`, within 0...1.
  func farthest(_ norm: Norm) -> Float {
    let room = PixelBuffer(count: clean.count)
    for i in clean.indices { room.pixels[i] = max(clean[i], 1 - clean[i]) }
    return norm.length(room.contents)
  }
}
