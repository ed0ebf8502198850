import Failures
import Networks

/// SparseFool (Modas, Moosavi-Dezfooli and Frossard 2019), in the order of torchattacks' code: DeepFool finds a point beyond
/// the boundary; the plane that the boundary is there, three times as far from the clean image, is then walked to from that
/// image by one pixel value at a time, those of the largest slopes first, each as far as is needed or 0...1 allows.
///
/// The next round's DeepFool begins where the last round ended. What is kept small is how many values change, so it is
/// measured by `l0`; as there, a channel's value counts by itself. There, an image that is still classified rightly after
/// the last round is handed over all the same.
public struct SparseFool: NearestAttack {
  /// The one norm it knows.
  public static let norms: [Norm] = [.l0]
  /// How distance is measured.
  public var norm: Norm { .l0 }
  /// The most values that count; nil for any number.
  public var epsilon: Float?
  /// The most rounds.
  public var steps: Int
  /// By what share a round goes beyond the plane.
  public var overshoot: Float
  /// It has no target.
  public var target: Int? { nil }

  /// How many times as far as DeepFool's point the plane is moved.
  static let push: Float = 3
  /// The most steps of DeepFool in a round, and by what share they go beyond the boundary.
  static let walk = (steps: 50, overshoot: Float(0.02))

  /// The attack with these settings; torchattacks' unless told otherwise.
  public init(epsilon: Float? = nil, steps: Int = 10, overshoot: Float = 0.02) {
    (self.epsilon, self.steps, self.overshoot) = (epsilon, steps, overshoot)
  }

  /// All but the budget.
  public var parameters: [AttackParameter] {
    [.init(.steps, .integer(steps)), .init(.overshoot, .number(overshoot))]
  }

  /// Refuses settings that mean nothing for a network of `classCount` classes.
  ///
  /// - Throws: `Failure` (`usage`) that names the setting and what it may be.
  public func validate(classCount: Int) throws {
    try validateCommon(classCount)
    guard overshoot >= 0, overshoot.isFinite else {
      throw Failure(.usage, "overshoot \(overshoot): give a finite number, 0 or more")
    }
  }

  /// An attempt at an image that is not fooled as it is.
  public func search(_ subject: Subject) -> any Attempt { SparseFoolAttempt(self, on: subject) }
}

private final class SparseFoolAttempt: Attempt {
  private enum Stage { case round, plane, end }

  private let settings: SparseFool
  private let subject: Subject
  private let boundary: NearestBoundary
  /// The plane's normal, and the sizes of those of its values that were not yet walked along.
  private let normal, rest: PixelBuffer
  private var stage = Stage.round
  /// Steps of DeepFool in this round.
  private var walked = 0
  /// The class beyond the boundary, and the one that the plane was asked for.
  private var other = 0
  private var asked = 0
  private(set) var steps = 0

  init(_ settings: SparseFool, on subject: Subject) {
    (self.settings, self.subject) = (settings, subject)
    let count = subject.clean.count
    boundary = NearestBoundary(of: subject.goal.label, count: count, norm: .l2)
    (normal, rest) = (PixelBuffer(count: count), PixelBuffer(count: count))
  }

  func next(_ answer: Answer?, writing pixels: MutablePixels) -> Move {
    guard let answer else { return .differentiate(boundary.begin()) }
    guard answer.isFinite else { return .failed(.gradient) }
    let predicted = predictedClass(answer.logits)
    guard let gradient = answer.gradient else { return end(isFooled: predicted != subject.goal.label, pixels) }
    return stage == .plane
      ? step(gradient, predicted: predicted, pixels) : walk(gradient, answer.logits, predicted: predicted, pixels)
  }

  /// A step of DeepFool, or on from where it has come to.
  private func walk(_ gradient: Pixels, _ logits: LogitRow, predicted: Int, _ pixels: MutablePixels) -> Move {
    if boundary.isBeginning, predicted != subject.goal.label {
      other = predicted
      return walked == 0 ? end(isFooled: true, pixels) : push(pixels)
    }
    if let question = boundary.take(gradient, logits) { return .differentiateAgain(question) }
    let way = (1 + SparseFool.walk.overshoot) * boundary.distance
    for i in pixels.indices { pixels[i] = min(max(pixels[i] + way * boundary.direction(i), 0), 1) }
    walked += 1
    guard walked == SparseFool.walk.steps else { return .differentiate(boundary.begin()) }
    other = boundary.other
    return push(pixels)
  }

  /// Asks for the slope three times as far from the clean image.
  private func push(_ pixels: MutablePixels) -> Move {
    for i in pixels.indices { pixels[i] = subject.clean[i] + SparseFool.push * (pixels[i] - subject.clean[i]) }
    (stage, asked) = (.plane, other)
    return .differentiate(.difference(of: asked, from: subject.goal.label))
  }

  private func step(_ gradient: Pixels, predicted: Int, _ pixels: MutablePixels) -> Move {
    let wanted = predicted == subject.goal.label ? other : predicted
    if wanted != asked {
      asked = wanted
      return .differentiateAgain(.difference(of: wanted, from: subject.goal.label))
    }
    let scale = 1 / max(Float(gradient.length), 1e-12)
    for i in pixels.indices { normal.pixels[i] = scale * gradient[i] }
    walkToPlane(pixels)
    let (clean, share) = (subject.clean, 1 + settings.overshoot)
    for i in pixels.indices { pixels[i] = min(max(clean[i] + share * (pixels[i] - clean[i]), 0), 1) }
    (steps, walked) = (steps + 1, 0)
    stage = steps < settings.steps ? .round : .end
    return stage == .end ? .classify : .differentiate(boundary.begin())
  }

  /// Goes from the clean image to the plane through `pixels`, a value at a time, and writes where that leads.
  private func walkToPlane(_ pixels: MutablePixels) {
    // How far the point is beyond the plane, along its normal.
    var height = normal.contents.product(with: subject.clean) - normal.contents.product(with: Pixels(pixels))
    let side = height.direction
    pixels.copy(subject.clean)
    for i in pixels.indices { rest.pixels[i] = abs(normal.pixels[i]) }
    while height.direction == side {
      let place = rest.contents.placeOfLargest
      let size = rest.pixels[place]
      guard size > 0 else { return }
      // A little beyond the plane.
      let way = max(Float(abs(height + 0.001 * side)) / size, 1e-4)
      let moved = min(max(pixels[place] + (normal.pixels[place] > 0 ? way : -way), 0), 1)
      height += Double(normal.pixels[place]) * (Double(moved) - Double(pixels[place]))
      (pixels[place], rest.pixels[place]) = (moved, 0)
    }
  }

  private func end(isFooled: Bool, _ pixels: MutablePixels) -> Move {
    let isNear = settings.budget?.holds(for: Pixels(pixels), around: subject.clean) ?? true
    return isFooled && isNear ? .done : .unbroken
  }
}

extension Double {
  /// 1, -1, or 0 at 0.
  fileprivate var direction: Double { self > 0 ? 1 : self < 0 ? -1 : 0 }
}

extension Pixels {
  /// The place of the largest number, the first of equals.
  fileprivate var placeOfLargest: Int {
    var best = 0
    for i in indices where self[i] > self[best] { best = i }
    return best
  }
}
