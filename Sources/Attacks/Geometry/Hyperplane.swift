/// The hyperplane `<weights, x> = offset` within the box of pixels.
package enum Hyperplane {
  /// Writes the shortest change that brings `point` onto the hyperplane within 0...1 (Croce and Hein 2020, FAB); where it
  /// is out of reach, as far as the box allows.
  ///
  /// Every pixel moves against the sign of its weight: under `linf` by one length, under `l2` in proportion to its weight,
  /// each until it meets the box; under `l1` those of the largest weights go all their way, first the first of equals.
  package static func project(
    _ point: Pixels, weights: Pixels, offset: Double, norm: Norm, into change: MutablePixels
  ) {
    var excess = weights.product(with: point) - offset
    let way = Way(point: point, weights: weights, sign: excess < 0 ? -1 : 1, norm: norm)
    excess = abs(excess)
    switch norm {
    case .linf, .l2: way.writeEvenly(excess, into: change)
    case .l1, .l0: way.writeSparsely(excess, into: change)
    }
  }
}

/// How pixels go towards a hyperplane.
private struct Way {
  let point, weights: Pixels
  /// 1 where the weighted sum must fall.
  let sign: Float
  let norm: Norm

  /// How far a pixel may go.
  @inline(__always)
  func room(_ i: Int) -> Double {
    let weight = sign * weights[i]
    if weight == 0 || (norm == .l2 && abs(weight) < 1e-8) { return 0 }
    return weight > 0 ? Double(point[i]) : 1 - Double(point[i])
  }

  /// All pixels go by their pace until `excess` is made up for.
  ///
  /// What a common length makes up for is concave and piecewise linear in it, so tangents from below reach the length in
  /// finitely many steps.
  func writeEvenly(_ excess: Double, into change: MutablePixels) {
    var length = 0.0
    for _ in 0..<200 {
      let (sum, slope) = gain(at: length)
      guard sum < excess, slope > 0 else { break }
      let further = length + (excess - sum) / slope
      guard further > length else { break }
      length = further
    }
    for i in point.indices {
      let pace = norm == .l2 ? Double(abs(weights[i])) : 1
      let move = Float(min(length * pace, room(i)))
      change[i] = sign * weights[i] > 0 ? -move : move
    }
  }

  /// What all pixels make up for at a common length, and how fast that grows with it; four pixels at a time.
  private func gain(at length: Double) -> (sum: Double, slope: Double) {
    var (sums, slopes) = (SIMD4<Double>(), SIMD4<Double>())
    let whole = point.count / 4 * 4
    for i in stride(from: 0, to: whole, by: 4) {
      let weight = SIMD4(Double(weights[i]), Double(weights[i + 1]), Double(weights[i + 2]), Double(weights[i + 3]))
      let pixel = SIMD4(Double(point[i]), Double(point[i + 1]), Double(point[i + 2]), Double(point[i + 3]))
      add(weight * Double(sign), pixel, length, &sums, &slopes)
    }
    for i in whole..<point.count {
      // The other lanes weigh nothing.
      let (weight, pixel) = (SIMD4(Double(sign * weights[i]), 0, 0, 0), SIMD4(Double(point[i]), 0, 0, 0))
      add(weight, pixel, length, &sums, &slopes)
    }
    return (sums.sum(), slopes.sum())
  }

  @inline(__always)
  private func add(
    _ weight: SIMD4<Double>, _ pixel: SIMD4<Double>, _ length: Double, _ sums: inout SIMD4<Double>,
    _ slopes: inout SIMD4<Double>
  ) {
    let room = (1 - pixel).replacing(with: pixel, where: weight .> 0)
    var size = weight.replacing(with: -weight, where: weight .< 0)
    if norm == .l2 { size.replace(with: 0, where: size .< 1e-8) }
    let pace = norm == .l2 ? size : SIMD4(repeating: 1)
    let move = pace * length
    sums += size * pointwiseMin(move, room)
    slopes += (size * pace).replacing(with: 0, where: move .>= room)
  }

  /// The pixels of the largest weights go all their way, the last of them partly.
  func writeSparsely(_ excess: Double, into change: MutablePixels) {
    let threshold = smallestWeight(excess)
    var rest = excess
    for i in point.indices where abs(weights[i]) > threshold { rest -= Double(abs(weights[i])) * room(i) }
    for i in point.indices {
      let weight = abs(weights[i])
      var move = weight > threshold ? room(i) : 0
      if weight == threshold, weight > 0, rest > 0 {
        move = min(rest / Double(weight), room(i))
        rest -= move * Double(weight)
      }
      change[i] = sign * weights[i] > 0 ? -Float(move) : Float(move)
    }
  }

  /// The largest weight at which all of its size and above make up for `excess`; 0 where none does.
  ///
  /// Positive numbers order as their bits do, so halving the bits finds it.
  private func smallestWeight(_ excess: Double) -> Float {
    var (lower, upper) = (UInt32(0), Float.infinity.bitPattern)
    while upper - lower > 1 {
      let middle = lower + (upper - lower) / 2
      let weight = Float(bitPattern: middle)
      var sum = 0.0
      for i in point.indices where abs(weights[i]) >= weight { sum += Double(abs(weights[i])) * room(i) }
      if sum >= excess { lower = middle } else { upper = middle }
    }
    return Float(bitPattern: lower)
  }
}
