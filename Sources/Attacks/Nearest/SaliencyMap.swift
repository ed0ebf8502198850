import Networks

/// The Jacobian-based saliency map attack (JSMA; Papernot et al. 2016), in the order of advertorch's code with theta 1: in
/// every step the pair of pixel values that raises the target's logit and lowers the others' most becomes white; no value
/// twice.
///
/// Without a target it aims at the class that the clean image comes second to. Two gradients of one forward pass stand for
/// those of all classes: the target's logit, and the sum of the others'.
public struct SaliencyMap: NearestAttack {
  /// The one norm it knows.
  public static let norms: [Norm] = [.l0]
  /// How distance is measured.
  public var norm: Norm { .l0 }
  /// The most values that count; nil for any number.
  public var epsilon: Float?
  /// The most pairs.
  public var steps: Int
  /// The class to be taken for.
  public var target: Int?

  /// The attack with these settings; of small images all pairs unless told otherwise.
  public init(epsilon: Float? = nil, steps: Int = 2000, target: Int? = nil) {
    (self.epsilon, self.steps, self.target) = (epsilon, steps, target)
  }

  /// An attempt at an image that is not fooled as it is.
  public func search(_ subject: Subject) -> any Attempt { SaliencyAttempt(self, on: subject) }
}

private final class SaliencyAttempt: Attempt {
  private let settings: SaliencyMap
  private let subject: Subject
  private let goal: Int
  private let most: Int
  /// The gradient of the target's logit, and that of the sum of the others'.
  private let rise, fall: PixelBuffer
  private var isUsed: [Bool]
  private var hasRise = false
  private(set) var steps = 0

  init(_ settings: SaliencyMap, on subject: Subject) {
    (self.settings, self.subject) = (settings, subject)
    let count = subject.clean.count
    (rise, fall) = (PixelBuffer(count: count), PixelBuffer(count: count))
    isUsed = [Bool](repeating: false, count: count)
    goal = settings.target ?? rankedClasses(subject.logits).first { $0 != subject.goal.label } ?? 0
    most = min(settings.steps, count / 2)
  }

  func next(_ answer: Answer?, writing pixels: MutablePixels) -> Move {
    guard let answer, let gradient = answer.gradient else { return .differentiate(.logit(goal)) }
    guard answer.isFinite else { return .failed(.gradient) }
    if !hasRise {
      let predicted = predictedClass(answer.logits)
      if subject.goal.isFooled(by: predicted) { return isNear(pixels) ? .done : .unbroken }
      if steps == most { return .unbroken }
      rise.copy(gradient)
      hasRise = true
      return .differentiateAgain(.otherLogits(than: goal))
    }
    fall.copy(gradient)
    hasRise = false
    guard let (first, second) = bestPair() else { return .unbroken }
    for place in [first, second] {
      pixels[place] = 1
      isUsed[place] = true
    }
    steps += 1
    return .differentiate(.logit(goal))
  }

  private func isNear(_ pixels: MutablePixels) -> Bool {
    settings.budget?.holds(for: Pixels(pixels), around: subject.clean) ?? true
  }

  /// The pair whose rise and fall multiply to most; nil where none raises the target and lowers the others.
  private func bestPair() -> (Int, Int)? {
    var best: (Int, Int)?
    var score: Float = 0
    for i in isUsed.indices where !isUsed[i] {
      for j in i + 1..<isUsed.count where !isUsed[j] {
        let (up, down) = (rise.pixels[i] + rise.pixels[j], fall.pixels[i] + fall.pixels[j])
        guard up > 0, down < 0, -up * down > score else { continue }
        (best, score) = ((i, j), -up * down)
      }
    }
    return best
  }
}
