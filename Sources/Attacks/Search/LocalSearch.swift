import Networks
import Tensors

/// Local search (Narodytska and Kasiviswanathan 2016), in the order of advertorch's code as it complies with Foolbox's: in
/// every round up to 128 pixels are tried black or white, the five that lower the label's probability most are changed,
/// and the next round looks around them.
///
/// Of images that fool the nearest in the 2-norm counts, be it one with a single pixel tried. Pixels that are tried stay in
/// 0...1, which Foolbox's do not.
public struct LocalSearch: Attack {
  /// How many rounds are gone.
  public var steps: Int
  /// The seed of the pixels that are tried.
  public var seed: UInt64
  static let tries = 128
  static let changes = 5
  /// How far around a changed pixel the next round looks.
  static let reach = 5
  /// What a pixel's difference from grey is multiplied by; beyond the range it comes in again on the other side.
  static let factor: Float = 1.5

  /// The attack with these settings; advertorch's unless told otherwise.
  public init(steps: Int = 10, seed: UInt64 = 0) { (self.steps, self.seed) = (steps, seed) }

  /// How many values changed.
  public var norm: Norm { .l0 }
  /// It has none.
  public var budget: Bound? { nil }
  /// No single class is to be taken for.
  public var target: Int? { nil }
  /// Logits alone.
  public var needs: AttackNeeds { [] }
  /// All.
  public var parameters: [AttackParameter] { [.init(.steps, .integer(steps)), .init(.seed, .text(String(seed)))] }
  /// Rounds.
  public var mostSteps: Int { steps }

  /// Refuses settings that mean nothing.
  ///
  /// - Throws: `Failure` (`usage`).
  public func validate(classCount: Int) throws { try Requirement.positive(steps, "steps") }

  /// An attempt; nil for an image that is misclassified as it is.
  public func attempt(on subject: Subject) -> (any Attempt)? {
    subject.isClassifiedRightly ? LocalSearchAttempt(self, on: subject) : nil
  }
}

private final class LocalSearchAttempt: Attempt {
  private let settings: LocalSearch
  private let subject: Subject
  private let plane: Int
  /// The image so far.
  private let point: PixelBuffer
  private var nearest: NearestPoint
  /// Places that this round may try, the tried ones first; and their scores, the label's probability with them.
  private var places: [Int]
  private var scores: [Float] = []
  private var isCandidate: [Bool]
  /// Whether all changes of the round are asked about.
  private var isWhole = false
  private(set) var steps = 0

  init(_ settings: LocalSearch, on subject: Subject) {
    (self.settings, self.subject) = (settings, subject)
    plane = subject.shape[1] * subject.shape[2]
    point = PixelBuffer(subject.clean)
    nearest = NearestPoint(count: subject.clean.count)
    places = Array(0..<plane)
    scores.reserveCapacity(LocalSearch.tries)
    isCandidate = [Bool](repeating: false, count: plane)
    shuffle(first: places.count)
    places.removeSubrange(min(max(plane / 10, 1), LocalSearch.tries)...)
    places.reserveCapacity(plane)
  }

  func next(_ answer: Answer?, writing pixels: MutablePixels) -> Move {
    guard let answer else { return ask(pixels) }
    if subject.goal.isFooled(by: predictedClass(answer.logits)) {
      nearest.keep(pixels, at: Norm.l2.distance(of: Pixels(pixels), from: subject.clean))
      if isWhole { return nearest.finish(pixels, within: nil) }
    }
    if isWhole {
      isWhole = false
      steps += 1
      guard steps < settings.steps else { return nearest.finish(pixels, within: nil) }
      look()
      return ask(pixels)
    }
    scores.append(Objective.ownProbability(label: subject.goal.label).value(answer.logits))
    if scores.count < places.count { return ask(pixels) }
    change()
    isWhole = true
    pixels.copy(point)
    return .classify
  }

  /// Asks about the image with one more pixel black or white; grey stays.
  private func ask(_ pixels: MutablePixels) -> Move {
    pixels.copy(point)
    for channel in 0..<subject.shape[0] {
      let place = channel * plane + places[scores.count]
      pixels[place] = pixels[place] > 0.5 ? 1 : pixels[place] < 0.5 ? 0 : 0.5
    }
    return .classify
  }

  /// Changes the pixels of the lowest scores, which come first among the places then.
  private func change() {
    for rank in 0..<min(LocalSearch.changes, places.count) {
      var best = rank
      for i in rank..<places.count where scores[i] < scores[best] { best = i }
      places.swapAt(rank, best)
      scores.swapAt(rank, best)
      for channel in 0..<subject.shape[0] {
        let place = channel * plane + places[rank]
        let value = LocalSearch.factor * (point.pixels[place] - 0.5)
        point.pixels[place] = (value < -0.5 ? value + 1 : value > 0.5 ? value - 1 : value) + 0.5
      }
    }
    scores.removeAll(keepingCapacity: true)
  }

  /// Finds the places around those that changed, in the image's order, and draws those that are tried.
  private func look() {
    for i in isCandidate.indices { isCandidate[i] = false }
    let (height, width) = (subject.shape[1], subject.shape[2])
    for place in places.prefix(LocalSearch.changes) {
      let (row, column) = (place / width, place % width)
      for y in max(row - LocalSearch.reach, 0)...min(row + LocalSearch.reach, height - 1) {
        for x in max(column - LocalSearch.reach, 0)...min(column + LocalSearch.reach, width - 1) {
          isCandidate[y * width + x] = true
        }
      }
    }
    places.removeAll(keepingCapacity: true)
    for place in 0..<plane where isCandidate[place] { places.append(place) }
    let count = min(LocalSearch.tries, places.count)
    shuffle(first: count)
    places.removeSubrange(count...)
  }

  /// Draws the first `count` places among all (Fisher and Yates).
  private func shuffle(first count: Int) {
    var generator = subject.generator(seed: settings.seed, step: steps)
    for i in 0..<min(count, places.count - 1) { places.swapAt(i, i + generator.integer(below: places.count - i)) }
  }
}
