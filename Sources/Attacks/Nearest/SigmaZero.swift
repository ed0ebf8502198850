import Networks

/// The sigma-zero attack (Cinà et al. 2024) on few pixel values, in the order of Adversarial Library's code: Adam on the
/// margin and a smooth count of changed values, of which those below a threshold are put back after every step; the
/// threshold rises while the image fools and falls while it does not.
public struct SigmaZero: NearestAttack {
  /// The one norm it knows.
  public static let norms: [Norm] = [.l0]
  /// How distance is measured.
  public var norm: Norm { .l0 }
  /// The most values that count; nil for any number.
  public var epsilon: Float?
  /// Steps.
  public var steps: Int
  /// It has no target.
  public var target: Int? { nil }

  /// The attack with these settings; Adversarial Library's unless told otherwise.
  public init(epsilon: Float? = nil, steps: Int = 1000) { (self.epsilon, self.steps) = (epsilon, steps) }

  /// An attempt at an image that is not fooled as it is.
  public func search(_ subject: Subject) -> any Attempt { SigmaZeroAttempt(self, on: subject) }
}

private final class SigmaZeroAttempt: Attempt {
  private let settings: SigmaZero
  private let subject: Subject
  private let change, gradient: PixelBuffer
  private let adam: Adam
  private var nearest: NearestPoint
  private var pace: Float = 1
  private var threshold: Float = 0.3
  private(set) var steps = 0

  init(_ settings: SigmaZero, on subject: Subject) {
    (self.settings, self.subject) = (settings, subject)
    let count = subject.clean.count
    (change, gradient, adam) = (PixelBuffer(count: count), PixelBuffer(count: count), Adam(count: count))
    nearest = NearestPoint(count: count, nearerThan: Float(count))
  }

  func next(_ answer: Answer?, writing pixels: MutablePixels) -> Move {
    let objective = Objective.margin(label: subject.goal.label)
    guard let answer, let slope = answer.gradient else { return .differentiate(objective) }
    guard answer.isFinite else { return .failed(.gradient) }
    let isFooled = subject.goal.isFooled(by: predictedClass(answer.logits))
    if isFooled { nearest.keep(pixels, at: Norm.l0.distance(of: Pixels(pixels), from: subject.clean)) }
    // Beyond the boundary the margin no longer counts.
    descend(pixels, slope, weight: objective.value(answer.logits) <= 0 ? -1 : 0)
    pace = 0.1 + 0.9 * cosineShare(steps, of: settings.steps)
    threshold = min(max(threshold + (isFooled ? 0.01 : -0.01) * pace, 0), 1)
    for i in pixels.indices where abs(change.pixels[i]) < threshold {
      (change.pixels[i], pixels[i]) = (0, subject.clean[i])
    }
    steps += 1
    return steps < settings.steps ? .differentiate(objective) : nearest.finish(pixels, within: settings.budget)
  }

  private func descend(_ pixels: MutablePixels, _ slope: Pixels, weight: Float) {
    let (softness, count) = (Float(0.001), Float(pixels.count))
    var largest: Float = 0
    for i in pixels.indices {
      let square = change.pixels[i] * change.pixels[i] + softness
      let value = weight * slope[i] + 2 * change.pixels[i] * softness / (square * square) / count
      gradient.pixels[i] = value
      largest = max(largest, abs(value))
    }
    let scale = 1 / max(largest, 1e-12)
    for i in pixels.indices { gradient.pixels[i] *= scale }
    adam.take(gradient.contents)
    for i in pixels.indices {
      pixels[i] = min(max(subject.clean[i] + (change.pixels[i] - pace * adam.direction(i)), 0), 1)
      change.pixels[i] = pixels[i] - subject.clean[i]
    }
  }
}
