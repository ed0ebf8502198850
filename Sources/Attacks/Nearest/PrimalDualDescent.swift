import Networks

/// Primal-dual proximal gradient descent (PDPGD; Matyasko and Chau 2021), in the order of Adversarial Library's code: Adam
/// on the softened margin, each step followed by a proximal one that shrinks the change under the norm; how much that
/// weighs rises while the image fools and falls while it does not.
public struct PrimalDualDescent: NearestAttack {
  /// Those that measure how far pixel values move.
  public static let norms: [Norm] = [.l1, .l2, .linf]
  /// How distance is measured.
  public var norm: Norm
  /// The farthest that counts, in pixel units; nil for any distance.
  public var epsilon: Float?
  /// Steps.
  public var steps: Int
  /// The class to be taken for.
  public var target: Int?

  /// The attack with these settings; Adversarial Library's unless told otherwise.
  public init(norm: Norm = .l1, epsilon: Float? = nil, steps: Int = 500, target: Int? = nil) {
    (self.norm, self.epsilon, self.steps, self.target) = (norm, epsilon, steps, target)
  }

  /// An attempt at an image that is not fooled as it is.
  public func search(_ subject: Subject) -> any Attempt { PrimalDualAttempt(self, on: subject) }
}

private final class PrimalDualAttempt: Attempt {
  private let settings: PrimalDualDescent
  private let subject: Subject
  /// The change, what the proximal steps come to and came from, and scratch.
  private let change, current, before, gradient: PixelBuffer
  private let adam: Adam
  private var nearest: NearestPoint
  /// The logarithm by which the margin outweighs the norm, and the smoothed shares of norm and margin.
  private var weight: Float
  private var normShare, marginShare: Float
  private(set) var steps = 0

  init(_ settings: PrimalDualDescent, on subject: Subject) {
    (self.settings, self.subject) = (settings, subject)
    let count = subject.clean.count
    (change, current, before) = (PixelBuffer(count: count), PixelBuffer(count: count), PixelBuffer(count: count))
    (gradient, adam) = (PixelBuffer(count: count), Adam(count: count))
    nearest = NearestPoint(count: count)
    weight = -logarithm(0.01)
    (normShare, marginShare) = (logistic(-weight), logistic(weight))
  }

  func next(_ answer: Answer?, writing pixels: MutablePixels) -> Move {
    let objective = Objective.margin(label: settings.target ?? subject.goal.label)
    guard let answer, let slope = answer.gradient else { return .differentiate(objective) }
    guard answer.isFinite else { return .failed(.gradient) }
    let margin = objective.value(answer.logits)
    // Positive while the image does not fool.
    let lead = settings.target == nil ? -margin : margin
    if lead < 0 { nearest.keep(pixels, at: settings.norm.distance(of: Pixels(pixels), from: subject.clean)) }
    let pace = 0.1 * Float(power(0.01, Double(steps) / Double(settings.steps)))
    descend(pixels, slope, weight: logistic(lead) * (settings.target == nil ? -1 : 1), pace: pace)
    shrink(pixels, pace: pace)
    adapt(lead)
    steps += 1
    return steps < settings.steps ? .differentiate(objective) : nearest.finish(pixels, within: settings.budget)
  }

  /// A step of Adam, then back into 0...1.
  private func descend(_ pixels: MutablePixels, _ slope: Pixels, weight: Float, pace: Float) {
    for i in pixels.indices { gradient.pixels[i] = weight * slope[i] }
    adam.take(gradient.contents)
    for i in pixels.indices { change.pixels[i] = clipped(change.pixels[i] - pace * adam.direction(i), i) }
  }

  /// Up to five proximal steps under Adam's scales.
  private func shrink(_ pixels: MutablePixels, pace: Float) {
    var largest: Float = 0
    for i in pixels.indices { largest = max(largest, adam.scale(i)) }
    let strength = normShare / marginShare * pace / largest
    current.copy(change.contents)
    for _ in 0..<5 {
      before.copy(current.contents)
      for i in pixels.indices {
        current.pixels[i] -= adam.scale(i) / largest * (current.pixels[i] - change.pixels[i])
      }
      settings.norm.shrink(current.pixels, by: strength, scratch: gradient)
      for i in pixels.indices { current.pixels[i] = clipped(current.pixels[i], i) }
      for i in pixels.indices { gradient.pixels[i] = current.pixels[i] - before.pixels[i] }
      let (moved, length) = (gradient.contents.length, current.contents.length)
      if moved == 0 || moved < 0.01 * length { break }
    }
    for i in pixels.indices {
      change.pixels[i] = current.pixels[i]
      pixels[i] = min(max(subject.clean[i] + change.pixels[i], 0), 1)
    }
  }

  private func clipped(_ change: Float, _ place: Int) -> Float {
    min(max(subject.clean[place] + change, 0), 1) - subject.clean[place]
  }

  private func adapt(_ lead: Float) {
    let last = max(settings.steps - 1, 1)
    let pace = 0.1 * (Float(last - steps) / Float(last) * 0.9 + 0.1)
    let bound = -logarithm(1e-6)
    weight = min(max(weight + (lead > 0 ? pace : lead < 0 ? -pace : 0), -bound), bound)
    normShare += 0.1 * (logistic(-weight) - normShare)
    marginShare += 0.1 * (logistic(weight) - marginShare)
  }
}

extension Norm {
  /// The proximal step of strength `strength`: the nearest trade between `change` and its length under the norm.
  fileprivate func shrink(_ change: MutablePixels, by strength: Float, scratch: PixelBuffer) {
    switch self {
    case .l1, .l0:
      for i in change.indices {
        let size = max(abs(change[i]) - strength, 0)
        change[i] = change[i] < 0 ? -size : size
      }
    case .l2:
      let share = max(1 - strength / Float(Pixels(change).length), 0)
      for i in change.indices { change[i] *= share }
    case .linf:
      // What lies beyond a ball of the 1-norm, which is dual.
      scratch.copy(Pixels(change))
      L1Ball.shrink(scratch.pixels, radius: strength)
      for i in change.indices { change[i] -= scratch.pixels[i] }
    }
  }
}
