import Networks

/// The attack of Carlini and Wagner (2017) in the maximum norm, in the order of Adversarial Library's code: Adam on the
/// image's inverse hyperbolic tangent descends what the changes of all pixels exceed a threshold by, plus a constant times
/// the margin. The threshold falls to nine tenths of the distance found where a search fools nearer than before, and the
/// constant doubles where it does not; every search goes on where the last one ended.
///
/// A search ends early once its loss is below a ten-thousandth of the constant; there, only once that holds for all images
/// of a batch.
public struct CarliniWagnerLinf: ConstantSearchAttack {
  /// The one norm it knows.
  public static let norms: [Norm] = [.linf]
  /// How many searches there can be, until the threshold is 1/255 or the constant 20.
  public static let mostSearches = 73
  /// How distance is measured.
  public var norm: Norm { .linf }
  /// The farthest that counts, in pixel units; nil for any distance.
  public var epsilon: Float?
  /// Steps of one search.
  public var steps: Int
  /// The most searches.
  public var searches: Int
  /// By how much the wrong logit must lead.
  public var confidence: Float
  /// Adam's learning rate.
  public var learningRate: Float
  /// The class to be taken for.
  public var target: Int?

  /// The attack with these settings; Adversarial Library's unless told otherwise, which has no confidence.
  public init(
    epsilon: Float? = nil, steps: Int = 1000, searches: Int = mostSearches, confidence: Float = 0,
    learningRate: Float = 0.01, target: Int? = nil
  ) {
    (self.epsilon, self.steps, self.searches) = (epsilon, steps, searches)
    (self.confidence, self.learningRate, self.target) = (confidence, learningRate, target)
  }

  /// An attempt at an image that is not fooled as it is.
  public func search(_ subject: Subject) -> any Attempt { CarliniWagnerLinfAttempt(self, on: subject) }
}

private final class CarliniWagnerLinfAttempt: Attempt {
  private let settings: CarliniWagnerLinf
  private let subject: Subject
  private let objective: Objective
  private let space: TangentSpace
  private var nearest: NearestPoint

  private var constant: Float = 1e-5
  private var threshold: Float = 1
  /// Whether this search has found a nearer point.
  private var hasFound = false
  private var step = 0
  private var searched = 0
  private(set) var steps = 0

  init(_ settings: CarliniWagnerLinf, on subject: Subject) {
    (self.settings, self.subject) = (settings, subject)
    objective = .margin(label: settings.target ?? subject.goal.label)
    space = TangentSpace(subject.clean)
    nearest = NearestPoint(count: subject.clean.count, nearerThan: 1)
  }

  func next(_ answer: Answer?, writing pixels: MutablePixels) -> Move {
    guard let answer, let slope = answer.gradient else {
      space.write(pixels)
      return .differentiate(objective)
    }
    guard answer.isFinite else { return .failed(.gradient) }
    let distance = Norm.linf.distance(of: Pixels(pixels), from: subject.clean)
    if distance < nearest.distance, subject.goal.isFooled(by: answer.logits, confidence: settings.confidence) {
      hasFound = true
      nearest.keep(pixels, at: distance)
    }
    let margin = objective.value(answer.logits)
    let lead = (settings.target == nil ? -margin : margin) + settings.confidence
    guard excess(pixels) + constant * max(lead, 0) >= 0.0001 * constant else { return beginNext(pixels) }
    descend(pixels, slope, weight: lead < 0 ? 0 : settings.target == nil ? -constant : constant)
    (step, steps) = (step + 1, steps + 1)
    return step < settings.steps ? .differentiate(objective) : beginNext(pixels)
  }

  /// What all changes exceed the threshold by.
  private func excess(_ pixels: MutablePixels) -> Float {
    var sum = 0.0
    for i in pixels.indices { sum += Double(max(abs(pixels[i] - subject.clean[i]) - threshold, 0)) }
    return Float(sum)
  }

  private func descend(_ pixels: MutablePixels, _ slope: Pixels, weight: Float) {
    let (clean, threshold) = (subject.clean, threshold)
    space.descend(pixels, learningRate: settings.learningRate) { i in
      let change = pixels[i] - clean[i]
      let pull: Float = abs(change) < threshold ? 0 : change > 0 ? 1 : change < 0 ? -1 : 0
      return pull + weight * slope[i]
    }
  }

  private func beginNext(_ pixels: MutablePixels) -> Move {
    if hasFound { threshold = 0.9 * min(threshold, nearest.distance) } else { constant *= 2 }
    searched += 1
    guard threshold > 1 / 255, constant < 20, searched < settings.searches else {
      return nearest.finish(pixels, within: settings.budget)
    }
    (step, hasFound) = (0, false)
    space.forgetGradients()
    space.write(pixels)
    return .differentiate(objective)
  }
}
