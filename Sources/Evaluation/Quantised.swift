import Attacks
import Networks

/// An attack whose results are rounded to 8 bits, so that an image file holds them.
///
/// A pixel value becomes the nearest of 256 levels. Where that would leave the ball, values that were rounded away from
/// the clean ones go to the level on their side instead, those that were rounded farthest first. Clean images have to
/// have 8 bits, and stay as they are.
struct Quantised<Whole: Attack>: WrappingAttack {
  /// The attack whose results are rounded.
  let attack: Whole

  init(_ attack: Whole) { self.attack = attack }

  /// None that others check: whole levels stay within the ball exactly, and 32-bit pixels can miss it by a last bit.
  var budget: Bound? { nil }

  func attempt(on subject: Subject) -> (any Attempt)? {
    attack.attempt(on: subject).map { QuantisingAttempt($0, on: subject, within: attack.budget) }
  }
}

/// Rounds what another attempt comes to, having asked the classifier about it before; whoever asks for the attempts classifies the result.
private final class QuantisingAttempt: Attempt {
  private let attempt: any Attempt
  private let clean: Pixels
  private let bound: Bound?
  /// Whether the classifier was asked about what the attempt came to.
  private var isJudging = false
  private(set) var unrounded: [Float] = []

  init(_ attempt: any Attempt, on subject: Subject, within bound: Bound?) {
    (self.attempt, clean, self.bound) = (attempt, subject.clean, bound)
    unrounded.reserveCapacity(subject.logits.count)
  }

  var steps: Int { attempt.steps }
  var member: String? { attempt.member }

  func next(_ answer: Answer?, writing pixels: MutablePixels) -> Move {
    if isJudging, let answer {
      unrounded.append(contentsOf: answer.logits)
    } else {
      let move = attempt.next(answer, writing: pixels)
      guard case .done = move else { return move }
      unrounded.append(contentsOf: attempt.verdict)
      // Whether rounding loses what was found, nobody knows without asking.
      isJudging = unrounded.isEmpty && pixels.allSatisfy(\.isFinite)
      if isJudging { return .classify }
    }
    Levels.round(pixels, around: clean, within: bound)
    return .done
  }
}

/// The 256 levels of 8 bits, of which level `n` is the pixel value `Float(n) / 255`.
enum Levels {
  /// Rounds `pixels` to levels, those of `clean` being some already, and stays within `bound`; what is not finite stays,
  /// to be refused.
  static func round(_ pixels: MutablePixels, around clean: Pixels, within bound: Bound?) {
    guard pixels.allSatisfy(\.isFinite) else { return }
    let origins = clean.map(nearest)
    let wanted = zip(pixels, origins).map { min(max(Double($0) * 255, 0), 255) - Double($1) }
    var changes = wanted.map { Int($0.rounded()) }
    if let bound { shorten(&changes, wanted: wanted, within: bound) }
    for place in pixels.indices { pixels[place] = Float(origins[place] + changes[place]) / 255 }
  }

  /// The distance in pixel units of images of whole levels, of which `distance` was measured on 32-bit pixels.
  static func distance(_ distance: Float, _ norm: Norm) -> Float {
    let levels = Double(distance) * 255
    switch norm {
    case .linf, .l1: return Float(levels.rounded() / 255)
    case .l2: return Float((levels * levels).rounded().squareRoot() / 255)
    case .l0: return distance
    }
  }

  private static func nearest(_ pixel: Float) -> Int { Int((Double(pixel) * 255).rounded()) }

  /// Takes levels off `changes` until they lie within `bound`, first where rounding went farthest beyond `wanted`.
  private static func shorten(_ changes: inout [Int], wanted: [Double], within bound: Bound) {
    if bound.norm == .linf {
      for place in changes.indices {
        while !isWithin(changes[place].magnitude, bound) { changes[place] -= changes[place].signum() }
      }
      return
    }
    var size = changes.reduce(0) { $0 + share($1, bound.norm) }
    guard !isWithin(size, bound) else { return }
    let excess = zip(changes, wanted).map { Double($0.magnitude) - $1.magnitude }
    let order = changes.indices.sorted { (excess[$0], $1) > (excess[$1], $0) }
    while true {
      for place in order where changes[place] != 0 {
        size -= share(changes[place], bound.norm)
        changes[place] -= changes[place].signum()
        size += share(changes[place], bound.norm)
        if isWithin(size, bound) { return }
      }
    }
  }

  /// What a change of so many levels adds to the sum that a norm is made of.
  private static func share(_ change: Int, _ norm: Norm) -> UInt {
    switch norm {
    case .linf, .l1: change.magnitude
    case .l2: change.magnitude * change.magnitude
    case .l0: change == 0 ? 0 : 1
    }
  }

  /// Whether a change of `size`, in levels or their squares, is none of a larger ball: distances are rounded to 32 bits.
  private static func isWithin(_ size: UInt, _ bound: Bound) -> Bool {
    let length: Double =
      switch bound.norm {
      case .linf, .l1: Double(size) / 255
      case .l2: Double(size).squareRoot() / 255
      case .l0: Double(size)
      }
    return Float(length) <= bound.epsilon
  }
}
