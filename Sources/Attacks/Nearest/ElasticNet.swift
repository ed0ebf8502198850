import Networks

/// The elastic net attack (EAD; Chen et al. 2018) in the 1-norm, in the order of advertorch's code with the decision rule
/// L1: steps along the gradient of the squared distance plus a constant times the margin, each followed by shrinking the
/// change, with the momentum of FISTA; and a search for the smallest constant that fools.
///
/// No search ends early: the momentum lets the loss rise between two falls, so that a rule like that of `CarliniWagner`,
/// which advertorch has for a whole batch and leaves off, gives up searches that would still come nearer.
public struct ElasticNet: ConstantSearchAttack {
  /// The one norm it knows.
  public static let norms: [Norm] = [.l1]
  /// How distance is measured.
  public var norm: Norm { .l1 }
  /// The farthest that counts, in pixel units; nil for any distance.
  public var epsilon: Float?
  /// Steps of one search.
  public var steps: Int
  /// How many constants are tried.
  public var searches: Int
  /// By how much the wrong logit must lead.
  public var confidence: Float
  /// The first step's size.
  public var learningRate: Float
  /// The class to be taken for.
  public var target: Int?
  /// By how much every pixel value's change shrinks, and what the 1-norm weighs.
  static let shrinkage: Float = 0.01

  /// The attack with these settings; advertorch's unless told otherwise, but for a tenth of its steps.
  public init(
    epsilon: Float? = nil, steps: Int = 1000, searches: Int = 9, confidence: Float = 0, learningRate: Float = 0.01,
    target: Int? = nil
  ) {
    (self.epsilon, self.steps, self.searches) = (epsilon, steps, searches)
    (self.confidence, self.learningRate, self.target) = (confidence, learningRate, target)
  }

  /// An attempt at an image that is not fooled as it is.
  public func search(_ subject: Subject) -> any Attempt { ElasticNetAttempt(self, on: subject) }
}

private final class ElasticNetAttempt: Attempt {
  private let settings: ElasticNet
  private let subject: Subject
  private let objective: Objective
  /// The point that has shrunk, and the one ahead of it where gradients are taken.
  private let point, ahead: PixelBuffer
  private var nearest: NearestPoint
  private var search: ConstantSearch
  private var step = 0
  private(set) var steps = 0
  private var hasFooled = false

  init(_ settings: ElasticNet, on subject: Subject) {
    (self.settings, self.subject) = (settings, subject)
    objective = .margin(label: settings.target ?? subject.goal.label)
    (point, ahead) = (PixelBuffer(subject.clean), PixelBuffer(subject.clean))
    nearest = NearestPoint(count: subject.clean.count)
    search = ConstantSearch(from: 0.001, count: settings.searches)
  }

  func next(_ answer: Answer?, writing pixels: MutablePixels) -> Move {
    guard let answer else { return begin(pixels) }
    guard answer.isFinite else { return .failed(.gradient) }
    if let gradient = answer.gradient {
      move(pixels, gradient, weight: weight(answer.logits))
      (step, steps) = (step + 1, steps + 1)
      return .classify
    }
    look(at: pixels, answer.logits)
    if step == settings.steps { return beginNext(pixels) }
    pixels.copy(ahead)
    return .differentiate(objective)
  }

  /// What the margin weighs: nothing once the network is led astray far enough.
  private func weight(_ logits: LogitRow) -> Float {
    let margin = objective.value(logits)
    let lead = (settings.target == nil ? -margin : margin) + settings.confidence
    return lead < 0 ? 0 : settings.target == nil ? -search.constant : search.constant
  }

  /// A step from the point ahead, shrunk towards the clean image, and the next point ahead.
  private func move(_ pixels: MutablePixels, _ gradient: Pixels, weight: Float) {
    let share = 1 - Float(step) / Float(settings.steps)
    let size = settings.learningRate * share.squareRoot()
    let momentum = Float(step + 1) / Float(step + 4)
    for i in pixels.indices {
      let clean = subject.clean[i]
      let value = ahead.pixels[i] - size * (2 * (ahead.pixels[i] - clean) + weight * gradient[i])
      let change = value - clean
      let shrunk =
        change > ElasticNet.shrinkage
        ? min(value - ElasticNet.shrinkage, 1)
        : change < -ElasticNet.shrinkage ? max(value + ElasticNet.shrinkage, 0) : clean
      ahead.pixels[i] = shrunk + momentum * (shrunk - point.pixels[i])
      (point.pixels[i], pixels[i]) = (shrunk, shrunk)
    }
  }

  /// Keeps a point that fools.
  private func look(at pixels: MutablePixels, _ logits: LogitRow) {
    guard subject.goal.isFooled(by: logits, confidence: settings.confidence) else { return }
    hasFooled = true
    nearest.keep(pixels, at: Norm.l1.distance(of: Pixels(pixels), from: subject.clean))
  }

  private func begin(_ pixels: MutablePixels) -> Move {
    (step, hasFooled) = (0, false)
    point.copy(subject.clean)
    ahead.copy(subject.clean)
    pixels.copy(subject.clean)
    return .differentiate(objective)
  }

  private func beginNext(_ pixels: MutablePixels) -> Move {
    search.advance(hasFooled: hasFooled) ? begin(pixels) : nearest.finish(pixels, within: settings.budget)
  }
}
