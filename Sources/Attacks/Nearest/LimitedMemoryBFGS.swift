/// The minimum of a function within a box by the BFGS method in limited memory: for one image, one question at a time.
///
/// Numbers at an end of the range that their slope would lead out of stay; the others move along the estimated inverse of
/// the second derivatives times the slope, cut to the box (the projection of Bertsekas 1982), as far as the conditions of
/// Wolfe ask. It ends by the tolerances of SciPy's L-BFGS-B, which finds the same minima on another way.
package final class LimitedMemoryBFGS {
  private let range: ClosedRange<Float>
  /// The point reached, the gradient there, where it leads, and what the next question is about.
  private let point, slope, direction, asked: PixelBuffer
  /// 1 where a number may move, else 0.
  private let free: PixelBuffer
  private let hessian: InverseHessian

  /// The value at the point reached.
  private var value = 0.0
  private var hasPoint = false
  /// How many points it has reached besides the first.
  package private(set) var moves = 0
  /// Whether no lower point is to be found.
  package private(set) var hasEnded = false

  // The search along the direction: how the value falls there at first, the step that is asked about, and those that are
  // known to be too short and too long.
  private var descent = 0.0
  private var step = 1.0
  private var tooShort = 0.0
  private var tooLong = Double.infinity
  private var longest = 1.0
  private var trials = 0

  /// How long a search may be, and when a value or a gradient is as good as none: all SciPy's.
  private static let mostTrials = 20
  private static let leastDecrease = 1e7 * Double.ulpOfOne
  private static let leastSlope: Float = 1e-5

  /// Room for `count` numbers within `range` and as many of their last moves as `memory` says.
  package init(count: Int, within range: ClosedRange<Float>, memory: Int = 10) {
    self.range = range
    (point, slope, direction) = (PixelBuffer(count: count), PixelBuffer(count: count), PixelBuffer(count: count))
    (asked, free) = (PixelBuffer(count: count), PixelBuffer(count: count))
    hessian = InverseHessian(size: count, capacity: memory)
  }

  /// The point to be asked about.
  package var question: Pixels { asked.contents }

  /// Begins at `start`, and forgets all else.
  package func begin(at start: Pixels) {
    for i in start.indices { asked.pixels[i] = clamped(start[i]) }
    (hasPoint, hasEnded, moves) = (false, false, 0)
    hessian.forget()
  }

  /// Takes the function's value and gradient at the question's point and makes the next question, unless it has ended.
  ///
  /// - Returns: Whether the point is the lowest so far, from which it goes on.
  package func take(_ value: Double, _ gradient: Pixels) -> Bool {
    guard hasPoint else {
      hasPoint = true
      reach(value, gradient)
      beginSearch()
      return true
    }
    let fall = self.value - value
    guard fall >= -1e-4 * step * descent else {
      shorten(fall)
      return false
    }
    let isSteep = gradient.product(with: direction.contents) < 0.9 * descent
    if isSteep, step < longest, trials < Self.mostTrials {
      tooShort = step
      ask(tooLong < .infinity ? (tooShort + tooLong) / 2 : min(4 * step, longest))
      return false
    }
    hessian.add(from: point.contents, slope.contents, to: asked.contents, gradient)
    let isLast = fall <= Self.leastDecrease * max(abs(self.value), abs(value), 1)
    reach(value, gradient)
    moves += 1
    if isLast { hasEnded = true } else { beginSearch() }
    return true
  }

  private func reach(_ value: Double, _ gradient: Pixels) {
    self.value = value
    point.copy(asked.contents)
    slope.copy(gradient)
  }

  /// Asks about a shorter step, where the parabola through what is known is lowest; where there is none to ask about, goes
  /// another way, or ends.
  private func shorten(_ fall: Double) {
    tooLong = step
    let isFlat = -step * descent <= Self.leastDecrease * max(abs(value), 1)
    if !isFlat, trials < Self.mostTrials {
      let lowest = fall.isFinite ? step * step * descent / (2 * (fall + step * descent)) : 0
      return ask(tooShort > 0 ? (tooShort + tooLong) / 2 : min(max(lowest, 0.1 * step), 0.5 * step))
    }
    if tooShort > 0 {
      trials = Self.mostTrials
      return ask(tooShort)
    }
    if hessian.isEmpty { hasEnded = true } else { forget() }
  }

  /// Goes on along the slope itself.
  private func forget() {
    hessian.forget()
    beginSearch()
  }

  private func beginSearch() {
    var steepest: Float = 0
    for i in free.pixels.indices {
      let fall = clamped(point.pixels[i] - slope.pixels[i]) - point.pixels[i]
      steepest = max(steepest, abs(fall))
      free.pixels[i] = fall == 0 ? 0 : 1
      direction.pixels[i] = -free.pixels[i] * slope.pixels[i]
    }
    guard steepest > Self.leastSlope else { return hasEnded = true }
    hessian.multiply(direction.pixels, free: free.contents)
    (descent, longest) = (0, .infinity)
    for i in free.pixels.indices {
      let from = point.pixels[i]
      let way = clamped(from + direction.pixels[i]) - from
      direction.pixels[i] = way
      descent += Double(way) * Double(slope.pixels[i])
      if way != 0 { longest = min(longest, Double(((way > 0 ? range.upperBound : range.lowerBound) - from) / way)) }
    }
    if !(descent < 0), !hessian.isEmpty { return forget() }
    (trials, tooShort, tooLong, longest) = (0, 0, .infinity, max(longest, 1))
    ask(hessian.isEmpty ? min(1, 1 / direction.contents.length) : 1)
  }

  private func ask(_ step: Double) {
    self.step = step
    trials += 1
    for i in asked.pixels.indices {
      asked.pixels[i] = clamped(point.pixels[i] + Float(step) * direction.pixels[i])
    }
  }

  /// The nearest number in range; what is none becomes the lower end.
  private func clamped(_ number: Float) -> Float { min(range.upperBound, max(range.lowerBound, number)) }
}
