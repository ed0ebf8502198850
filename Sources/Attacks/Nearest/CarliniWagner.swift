import Networks

/// The attack of Carlini and Wagner (2017) in the 2-norm, in the order of Adversarial Library's code: Adam on the image's
/// inverse hyperbolic tangent descends the squared distance plus a constant times the margin, and searches for the
/// smallest constant that fools.
///
/// No search ends early: there one ends once the losses of all images of a batch have stopped falling, and an image's loss
/// may rise for a while and still fall again.
public struct CarliniWagner: ConstantSearchAttack {
  /// The one norm it knows.
  public static let norms: [Norm] = [.l2]
  /// How distance is measured.
  public var norm: Norm { .l2 }
  /// The farthest that counts, in pixel units; nil for any distance.
  public var epsilon: Float?
  /// Steps of one search.
  public var steps: Int
  /// How many constants are tried.
  public var searches: Int
  /// By how much the wrong logit must lead.
  public var confidence: Float
  /// Adam's learning rate.
  public var learningRate: Float
  /// The class to be taken for.
  public var target: Int?

  /// The attack with these settings; Adversarial Library's unless told otherwise, but for a tenth of its steps.
  public init(
    epsilon: Float? = nil, steps: Int = 1000, searches: Int = 9, confidence: Float = 0, learningRate: Float = 0.01,
    target: Int? = nil
  ) {
    (self.epsilon, self.steps, self.searches) = (epsilon, steps, searches)
    (self.confidence, self.learningRate, self.target) = (confidence, learningRate, target)
  }

  /// An attempt at an image that is not fooled as it is.
  public func search(_ subject: Subject) -> any Attempt { CarliniWagnerAttempt(self, on: subject) }
}

private final class CarliniWagnerAttempt: Attempt {
  private let settings: CarliniWagner
  private let subject: Subject
  private let goal: Int
  private let space: TangentSpace
  private var nearest: NearestPoint

  private var search: ConstantSearch
  private var step = 0
  private(set) var steps = 0
  private var hasFooled = false

  init(_ settings: CarliniWagner, on subject: Subject) {
    (self.settings, self.subject) = (settings, subject)
    goal = settings.target ?? subject.goal.label
    space = TangentSpace(subject.clean)
    nearest = NearestPoint(count: subject.clean.count)
    search = ConstantSearch(from: 0.001, count: settings.searches)
  }

  func next(_ answer: Answer?, writing pixels: MutablePixels) -> Move {
    let objective = Objective.margin(label: goal)
    guard let answer, let slope = answer.gradient else { return begin(pixels) }
    guard answer.isFinite else { return .failed(.gradient) }
    let squares = squaredDistance(pixels)
    if subject.goal.isFooled(by: answer.logits, confidence: settings.confidence) {
      hasFooled = true
      nearest.keep(pixels, at: squares.squareRoot())
    }
    let margin = objective.value(answer.logits)
    let lead = (settings.target == nil ? -margin : margin) + settings.confidence
    let weight = lead < 0 ? 0 : settings.target == nil ? -search.constant : search.constant
    space.descend(pixels, learningRate: settings.learningRate) {
      2 * (pixels[$0] - subject.clean[$0]) + weight * slope[$0]
    }
    (step, steps) = (step + 1, steps + 1)
    return step < settings.steps ? .differentiate(objective) : beginNext(pixels)
  }

  private func squaredDistance(_ pixels: MutablePixels) -> Float {
    var sum = 0.0
    for i in pixels.indices { sum += Double(pixels[i] - subject.clean[i]) * Double(pixels[i] - subject.clean[i]) }
    return Float(sum)
  }

  private func begin(_ pixels: MutablePixels) -> Move {
    (step, hasFooled) = (0, false)
    space.clear()
    space.forgetGradients()
    space.write(pixels)
    return .differentiate(.margin(label: goal))
  }

  private func beginNext(_ pixels: MutablePixels) -> Move {
    search.advance(hasFooled: hasFooled) ? begin(pixels) : nearest.finish(pixels, within: settings.budget)
  }
}
