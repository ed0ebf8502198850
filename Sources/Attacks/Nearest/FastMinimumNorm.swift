import Networks

/// The fast minimum norm attack (FMN; Pintor et al. 2021), in the order of Adversarial Library's code: steps along the
/// gradient of the margin, each projected onto a ball whose radius shrinks while the image fools and grows while it does
/// not; before the first success it is what a linear network would need.
///
/// Under l2 the change is brought to the radius, be it shorter, as there. The point after the last step is not looked at.
public struct FastMinimumNorm: NearestAttack {
  /// All.
  public static let norms: [Norm] = [.linf, .l2, .l1, .l0]
  /// How distance is measured.
  public var norm: Norm
  /// The farthest that counts, in pixel units; nil for any distance.
  public var epsilon: Float?
  /// Steps.
  public var steps: Int
  /// The class to be taken for.
  public var target: Int?

  /// The attack with these settings.
  public init(norm: Norm = .linf, epsilon: Float? = nil, steps: Int = 100, target: Int? = nil) {
    (self.norm, self.epsilon, self.steps, self.target) = (norm, epsilon, steps, target)
  }

  /// An attempt at an image that is not fooled as it is.
  public func search(_ subject: Subject) -> any Attempt { FastMinimumNormAttempt(self, on: subject) }
}

private final class FastMinimumNormAttempt: Attempt {
  private let settings: FastMinimumNorm
  private let subject: Subject
  private let farthest: Float
  private var radius: Float
  private let change, spare: PixelBuffer
  private var nearest: NearestPoint
  private var hasFooled = false
  private(set) var steps = 0

  init(_ settings: FastMinimumNorm, on subject: Subject) {
    (self.settings, self.subject) = (settings, subject)
    farthest = subject.farthest(settings.norm)
    radius = settings.norm == .l0 ? 1 : .infinity
    (change, spare) = (PixelBuffer(count: subject.clean.count), PixelBuffer(count: subject.clean.count))
    nearest = NearestPoint(count: subject.clean.count, nearerThan: farthest)
  }

  func next(_ answer: Answer?, writing pixels: MutablePixels) -> Move {
    let objective = Objective.margin(label: settings.target ?? subject.goal.label)
    guard let answer, let gradient = answer.gradient else { return .differentiate(objective) }
    guard answer.isFinite else { return .failed(.gradient) }
    let isFooled = subject.goal.isFooled(by: predictedClass(answer.logits))
    let reach = settings.norm.distance(of: Pixels(pixels), from: subject.clean)
    if isFooled {
      hasFooled = true
      nearest.keep(pixels, at: reach)
    }
    adapt(isFooled, reach, abs(objective.value(answer.logits)), gradient)
    step(pixels, along: gradient)
    steps += 1
    return steps < settings.steps ? .differentiate(objective) : nearest.finish(pixels, within: settings.budget)
  }

  /// Chooses the radius for the next step.
  private func adapt(_ isFooled: Bool, _ reach: Float, _ margin: Float, _ gradient: Pixels) {
    let pace = 0.001 + (0.05 - 0.001) * cosineShare(steps, of: settings.steps)
    if settings.norm == .l0 {
      let (smaller, larger) = ((radius * (1 - pace)).rounded(.down), (radius * (1 + pace)).rounded(.down))
      radius = isFooled ? min(radius - 1, smaller, nearest.distance) : max(radius + 1, larger)
      radius = max(radius, 0)
    } else if isFooled {
      radius = min(radius * (1 - pace), nearest.distance)
    } else {
      radius = hasFooled ? radius * (1 + pace) : reach + margin / max(settings.norm.dualLength(gradient), 1e-12)
    }
    radius = min(radius, farthest)
  }

  private func step(_ pixels: MutablePixels, along gradient: Pixels) {
    let size = 0.01 + (1 - 0.01) * cosineShare(steps, of: settings.steps)
    let pace = (settings.target == nil ? size : -size) / max(Float(gradient.length), 1e-12)
    for i in pixels.indices { change.pixels[i] += pace * gradient[i] }
    project()
    for i in pixels.indices {
      pixels[i] = min(max(subject.clean[i] + change.pixels[i], 0), 1)
      change.pixels[i] = pixels[i] - subject.clean[i]
    }
  }

  /// Brings the change onto the ball, which knows nothing of 0...1.
  private func project() {
    let change = change.pixels
    switch settings.norm {
    case .linf: for i in change.indices { change[i] = min(max(change[i], -radius), radius) }
    case .l2:
      let scale = radius / max(Float(Pixels(change).length), 1e-12)
      for i in change.indices { change[i] = min(scale * change[i], 1) }
    case .l1: L1Ball.shrink(change, radius: radius)
    case .l0:
      for i in change.indices { spare.pixels[i] = abs(change[i]) }
      let least = spare.pixels.smallest(place: change.count - min(max(Int(radius), 1), change.count))
      for i in change.indices where abs(change[i]) < least { change[i] = 0 }
    }
  }
}
