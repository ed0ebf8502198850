import Networks
import Tensors

/// Decoupled direction and norm (DDN; Rony et al. 2019), in the order of Foolbox's code: steps along the gradient of the
/// cross-entropy, each then brought to a length that shrinks while the image fools and grows while it does not.
///
/// The point after the last step is not looked at. A gradient of zero is replaced by normal noise.
public struct DecoupledDirectionNorm: NearestAttack {
  /// The one norm it knows.
  public static let norms: [Norm] = [.l2]
  /// How distance is measured.
  public var norm: Norm { .l2 }
  /// The farthest that counts, in pixel units; nil for any distance.
  public var epsilon: Float?
  /// Steps.
  public var steps: Int
  /// The class to be taken for.
  public var target: Int?
  /// The length of the first step.
  static let startLength: Float = 1
  /// By what share the length changes.
  static let pace: Float = 0.05

  /// The attack with these settings; Foolbox's unless told otherwise.
  public init(epsilon: Float? = nil, steps: Int = 100, target: Int? = nil) {
    (self.epsilon, self.steps, self.target) = (epsilon, steps, target)
  }

  /// An attempt at an image that is not fooled as it is.
  public func search(_ subject: Subject) -> any Attempt { DecoupledAttempt(self, on: subject) }
}

private final class DecoupledAttempt: Attempt {
  private let settings: DecoupledDirectionNorm
  private let subject: Subject
  private let farthest: Float
  private var length = DecoupledDirectionNorm.startLength
  private let change: PixelBuffer
  private let noise: PixelBuffer
  private var nearest: NearestPoint
  private(set) var steps = 0

  init(_ settings: DecoupledDirectionNorm, on subject: Subject) {
    (self.settings, self.subject) = (settings, subject)
    farthest = subject.farthest(.l2)
    (change, noise) = (PixelBuffer(count: subject.clean.count), PixelBuffer(count: subject.clean.count))
    nearest = NearestPoint(count: subject.clean.count)
  }

  func next(_ answer: Answer?, writing pixels: MutablePixels) -> Move {
    let objective = Objective.crossEntropy(label: settings.target ?? subject.goal.label)
    guard let answer, let gradient = answer.gradient else { return .differentiate(objective) }
    guard answer.isFinite else { return .failed(.gradient) }
    let isFooled = subject.goal.isFooled(by: predictedClass(answer.logits))
    if isFooled { nearest.keep(pixels, at: Norm.l2.distance(of: Pixels(pixels), from: subject.clean)) }
    climb(gradient)
    length = min(length * (isFooled ? 1 - DecoupledDirectionNorm.pace : 1 + DecoupledDirectionNorm.pace), farthest)
    let scale = length / Float(change.contents.length)
    for i in pixels.indices {
      pixels[i] = min(max(subject.clean[i] + scale * change.pixels[i], 0), 1)
      change.pixels[i] = pixels[i] - subject.clean[i]
    }
    steps += 1
    return steps < settings.steps ? .differentiate(objective) : nearest.finish(pixels, within: settings.budget)
  }

  private func climb(_ gradient: Pixels) {
    var direction = gradient
    if gradient.length < 1e-12 {
      var generator = subject.generator(seed: 0, step: steps)
      generator.fillNormal(noise.pixels)
      direction = noise.contents
    }
    let share = 0.01 + 0.99 * cosineShare(steps, of: settings.steps)
    let pace = (settings.target == nil ? share : -share) / Float(direction.length)
    for i in direction.indices { change.pixels[i] += pace * direction[i] }
  }
}
