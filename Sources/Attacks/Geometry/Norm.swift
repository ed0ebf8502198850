import Tensors

/// How the size of a perturbation is measured: the one thing by which projected gradient descents differ.
///
/// A norm fills the three holes of the template: where an attack starts, which way a gradient points, and how an image
/// is brought back into the ball. Every function works on one image, in place, and on nothing else.
public enum Norm: String, CaseIterable, Sendable {
  /// The largest change of any pixel value.
  case linf
  /// The Euclidean length of the change over all pixel values.
  case l2
  /// The sum of the changes of all pixel values.
  case l1
  /// How many pixel values change, by whatever they do.
  case l0

  /// Those that measure how far pixel values move.
  public static let lengths: [Norm] = [.linf, .l2, .l1]
}

extension Norm {
  /// Writes a random image of the ball around `clean` into `image`.
  ///
  /// As advertorch: for `linf` every pixel moves by U(-epsilon, epsilon); for `l2` the image becomes U(0, 1) noise that
  /// is then drawn into the ball (so most starts lie on its surface). For `l1` it moves by normal noise and is drawn into
  /// the ball, as in AutoAttack. All end within the ball and 0...1.
  func start(_ image: MutablePixels, around clean: Pixels, epsilon: Float, using generator: inout Generator) {
    switch self {
    case .linf:
      generator.fillUniform(image, radius: epsilon)
      for i in image.indices { image[i] += clean[i] }
    case .l2:
      generator.fillUniform(image, in: 0...1)
    case .l1:
      generator.fillNormal(image)
      for i in image.indices { image[i] += clean[i] }
    case .l0: break
    }
    project(image, around: clean, epsilon: epsilon)
  }

  /// Writes a random image of the ball of `l2` or `l1` around `clean`, any with equal chances, clipped to 0...1, into
  /// `image`.
  ///
  /// For `l2` some of the coordinates of a direction in two more dimensions (Voelker et al. 2017), for `l1` the gaps
  /// between sorted numbers of 0...1, up or down by chance.
  func startUniform(_ image: MutablePixels, around clean: Pixels, epsilon: Float, using generator: inout Generator) {
    guard self == .l1 else {
      generator.fillNormal(image)
      let (inside, (one, other)) = (Pixels(image).length, generator.normalPair())
      let length = (inside * inside + Double(one) * Double(one) + Double(other) * Double(other)).squareRoot()
      return move(image, from: clean, times: length > 0 ? Double(epsilon) / length : 0)
    }
    generator.fillUniform(image, in: 0...1)
    var sorted = image
    sorted.sort()
    for i in image.indices.reversed() {
      let gap = image[i] - (i > 0 ? image[i - 1] : 0)
      image[i] = generator.uniform() < 0.5 ? -gap : gap
    }
    move(image, from: clean, times: Double(epsilon))
  }

  /// Writes a random image of the ball of `l2` around `clean`, clipped to 0...1, into `image`, whose distance is any with
  /// equal chances.
  func startRadial(_ image: MutablePixels, around clean: Pixels, epsilon: Float, using generator: inout Generator) {
    generator.fillNormal(image)
    let (length, radius) = (Pixels(image).length, Double(generator.uniform()))
    move(image, from: clean, times: length > 0 ? Double(epsilon) * radius / length : 0)
  }

  /// Replaces the change in `image` by `clean` plus `scale` times it, clipped to 0...1.
  private func move(_ image: MutablePixels, from clean: Pixels, times scale: Double) {
    for i in image.indices { image[i] = min(max(clean[i] + Float(scale * Double(image[i])), 0), 1) }
  }

  /// Writes `clean` plus 0.001 times normal noise into `image`; as in TRADES, only the first step brings it into range.
  func startNear(_ image: MutablePixels, around clean: Pixels, using generator: inout Generator) {
    generator.fillNormal(image, standardDeviation: 0.001)
    for i in image.indices { image[i] += clean[i] }
  }

  /// Moves `image` by `stepSize` along the direction in which `gradient` climbs steepest; downwards if it is negative.
  ///
  /// The sign of the gradient, with `sign(0) = 0`, or the gradient at length 1; under `l1` the pixel value of the largest
  /// slope moves alone, the first of equals, unless `direction` says otherwise, and so under `l0`. A gradient of length 0
  /// moves nothing.
  func ascend(
    _ image: MutablePixels, along gradient: Pixels, stepSize: Float, _ direction: StepDirection = .steepest
  ) {
    switch self {
    case .linf:
      for i in image.indices {
        let slope = gradient[i]
        image[i] += (slope > 0 ? stepSize : 0) - (slope < 0 ? stepSize : 0)
      }
    case .l2:
      let length = euclideanLength(image.count) { Double(gradient[$0]) }
      guard length > 0 else { return }
      let scale = Double(stepSize) / length
      for i in image.indices { image[i] += Float(scale * Double(gradient[i])) }
    case .l1 where direction == .gradient:
      let length = gradient.sumOfSizes
      guard length > 0 else { return }
      let scale = Double(stepSize) / length
      for i in image.indices { image[i] += Float(scale * Double(gradient[i])) }
    case .l1, .l0:
      var steepest = 0
      for i in image.indices where abs(gradient[i]) > abs(gradient[steepest]) { steepest = i }
      let slope = gradient[steepest]
      image[steepest] += (slope > 0 ? stepSize : 0) - (slope < 0 ? stepSize : 0)
    }
  }

  /// Brings `image` back into the ball around `clean` and into 0...1, up to rounding.
  ///
  /// In advertorch's order: for `linf` the ball first, then the range; for `l2` the range first, then the ball, unless
  /// `projection` says otherwise. For `l1` it is the nearest image that lies in both, unless `projection` has it rescaled;
  /// under `l0` only the range is kept.
  func project(
    _ image: MutablePixels, around clean: Pixels, epsilon: Float, _ projection: Projection = .ballLast
  ) {
    switch self {
    case .linf:
      for i in image.indices {
        let change = min(max(image[i] - clean[i], -epsilon), epsilon)
        image[i] = min(max(clean[i] + change, 0), 1)
      }
    case .l2:
      if projection == .ballLast { clip(image) }
      let length = euclideanLength(image.count) { Double(image[$0]) - Double(clean[$0]) }
      if length > Double(epsilon) { shrink(image, around: clean, by: Double(epsilon) / length) }
      if projection == .rangeLast { clip(image) }
    case .l1 where projection == .rangeLast:
      let length = distance(Pixels(image), clean)
      if length > Double(epsilon) { shrink(image, around: clean, by: Double(epsilon) / length) }
      clip(image)
    case .l1:
      for i in image.indices { image[i] -= clean[i] }
      L1Ball.project(image, around: clean, radius: epsilon)
      for i in image.indices { image[i] = min(max(clean[i] + image[i], 0), 1) }
    case .l0: clip(image)
    }
  }

  /// Takes the last rounding errors out of a projected `image`, so that it lies within the ball exactly.
  ///
  /// Pixels move towards the clean ones by about one unit in the last place, and only where that is needed.
  func settle(_ image: MutablePixels, around clean: Pixels, epsilon: Float) {
    switch self {
    case .linf:
      for i in image.indices {
        while abs(Double(image[i]) - Double(clean[i])) > Double(epsilon) { image[i].move(towards: clean[i]) }
      }
    case .l2, .l1:
      let length =
        self == .l2
        ? euclideanLength(image.count) { Double(image[$0]) - Double(clean[$0]) }
        : distance(Pixels(image), clean)
      guard length > Double(epsilon) else { return }
      // Every pixel ends at most this share of its way, so the whole does too; the margin covers the sum's own rounding.
      let share = Double(epsilon) / length * (1 - 1e-12)
      for i in image.indices {
        let largest = abs((Double(image[i]) - Double(clean[i])) * share)
        image[i] = Float(Double(clean[i]) + (Double(image[i]) - Double(clean[i])) * share)
        while abs(Double(image[i]) - Double(clean[i])) > largest { image[i].move(towards: clean[i]) }
      }
    // Counts have no rounding.
    case .l0: break
    }
  }

  /// The sum of the sizes of all changes.
  private func distance(_ image: Pixels, _ clean: Pixels) -> Double {
    image.indices.reduce(0) { $0 + abs(Double(image[$1]) - Double(clean[$1])) }
  }

  private func clip(_ image: MutablePixels) {
    for i in image.indices { image[i] = min(max(image[i], 0), 1) }
  }

  private func shrink(_ image: MutablePixels, around clean: Pixels, by factor: Double) {
    for i in image.indices {
      let change = Float(Double(image[i] - clean[i]) * factor)
      image[i] = min(max(clean[i] + change, 0), 1)
    }
  }
}

extension Float {
  /// Becomes its neighbour on the side of `other`.
  fileprivate mutating func move(towards other: Float) { self = self < other ? nextUp : nextDown }
}

/// The Euclidean length of `value(0), ..., value(count - 1)`, summed in a fixed order, four sums at a time.
@inline(__always)
private func euclideanLength(_ count: Int, _ value: (Int) -> Double) -> Double {
  var sums = SIMD4<Double>()
  let whole = count / 4 * 4
  for i in stride(from: 0, to: whole, by: 4) {
    let part = SIMD4(value(i), value(i + 1), value(i + 2), value(i + 3))
    sums += part * part
  }
  for i in whole..<count { sums[0] += value(i) * value(i) }
  return sums.sum().squareRoot()
}
