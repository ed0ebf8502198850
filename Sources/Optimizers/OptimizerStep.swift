/// One step of an optimiser: everything that changes from step to step, and what does the changing.
public struct OptimizerStep: Hashable, Sendable {
  /// The rule.
  public var optimizer: Optimizer
  /// The step's length.
  public var learningRate: Float
  /// The pull of every trained number towards zero.
  public var weightDecay: Float
  /// How long the gradient of all numbers together may be, by its Euclidean length; a longer one is shortened to it, as by
  /// PyTorch's `clip_grad_norm_`. Nil for any length.
  public var longestGradient: Float?
  /// The number of the step within the run, counted from 1; only Adam heeds it.
  public var number: Int

  /// A step; no default for what every step needs, so that nothing is left to chance.
  public init(
    _ optimizer: Optimizer, learningRate: Float, weightDecay: Float, longestGradient: Float? = nil, number: Int = 1
  ) {
    (self.optimizer, self.learningRate, self.weightDecay) = (optimizer, learningRate, weightDecay)
    (self.longestGradient, self.number) = (longestGradient, number)
  }

  /// What the gradient is multiplied by: 1 unless the whole of it, in `parts`, is too long.
  ///
  /// Its length is summed up in double precision, in the order of the parts, so that no thread decides a bit.
  public func gradientScale(_ parts: some Sequence<UnsafeMutableBufferPointer<Float>>) -> Float {
    guard let longestGradient else { return 1 }
    let length = parts.reduce(0) { $0 + sumOfSquares($1) }.squareRoot()
    return Float(min(1, Double(longestGradient) / (length + 1e-6)))
  }

  /// Changes the numbers of `buffer` at the places `range` by its gradient times `scale`. Places do not depend on each
  /// other, so any cutting into ranges gives the same bits.
  public func apply(to buffer: TrainedBuffer, _ range: Range<Int>, scale: Float) {
    guard let w = buffer.values.baseAddress, let g = buffer.gradient.baseAddress else { return }
    let state = buffer.state.compactMap(\.baseAddress)
    switch optimizer {
    case .sgd(let momentum, let isNesterov):
      descend(range, w, g, state[0], scale, momentum, ahead: isNesterov ? momentum : nil)
    case .adamW(let beta1, let beta2, let epsilon):
      adapt(range, w, g, state[0], state[1], scale, Moments(beta1, beta2, epsilon, step: number))
    }
  }

  private typealias Numbers = UnsafeMutablePointer<Float>

  private func descend(
    _ range: Range<Int>, _ w: Numbers, _ g: Numbers, _ v: Numbers, _ scale: Float, _ momentum: Float, ahead: Float?
  ) {
    guard let ahead else {
      for i in range {
        let direction = momentum * v[i] + (scale * g[i] + weightDecay * w[i])
        v[i] = direction
        w[i] -= learningRate * direction
      }
      return
    }
    for i in range {
      let slope = scale * g[i] + weightDecay * w[i]
      let direction = momentum * v[i] + slope
      v[i] = direction
      w[i] -= learningRate * (slope + ahead * direction)
    }
  }

  private func adapt(
    _ range: Range<Int>, _ w: Numbers, _ g: Numbers, _ m: Numbers, _ v: Numbers, _ scale: Float, _ moments: Moments
  ) {
    let (kept, length) = (1 - learningRate * weightDecay, learningRate / moments.freed1)
    for i in range {
      let slope = scale * g[i]
      m[i] += (1 - moments.beta1) * (slope - m[i])
      v[i] = moments.beta2 * v[i] + (1 - moments.beta2) * slope * slope
      w[i] = kept * w[i] - length * m[i] / (v[i].squareRoot() / moments.root2 + moments.epsilon)
    }
  }
}

/// Adam's numbers at a step.
private struct Moments {
  let beta1, beta2, epsilon: Float
  /// What frees the running mean of gradients of its start at zero, and the root of what frees that of their squares.
  let freed1, root2: Float

  init(_ beta1: Float, _ beta2: Float, _ epsilon: Float, step: Int) {
    (self.beta1, self.beta2, self.epsilon) = (beta1, beta2, epsilon)
    freed1 = Float(1 - Self.power(beta1, step))
    root2 = Float((1 - Self.power(beta2, step)).squareRoot())
  }

  /// In double precision: 1 less a power of nearly 1 would lose its digits.
  private static func power(_ base: Float, _ exponent: Int) -> Double {
    var (result, square, left) = (1.0, Double(base), exponent)
    while left > 0 {
      if left & 1 == 1 { result *= square }
      square *= square
      left >>= 1
    }
    return result
  }
}

/// Eight sums at once, since one would wait for itself.
private func sumOfSquares(_ values: UnsafeMutableBufferPointer<Float>) -> Double {
  var sums = SIMD8<Double>()
  for start in stride(from: 0, to: values.count - values.count % 8, by: 8) {
    for lane in 0..<8 {
      let value = Double(values[start + lane])
      sums[lane] += value * value
    }
  }
  return values.suffix(values.count % 8).reduce(sums.sum()) { $0 + Double($1) * Double($1) }
}
