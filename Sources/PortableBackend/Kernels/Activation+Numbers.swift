import Networks

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

extension Activation {
  /// Writes the function of `x` into `y`, for the places in `range`; both may be one buffer.
  func apply(to x: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>, _ range: Range<Int>) {
    switch self {
    case .relu: for i in range { y[i] = x[i] > 0 ? x[i] : 0 }
    case .relu6: for i in range { y[i] = x[i] > 0 ? min(x[i], 6) : 0 }
    case .leakyReLU(let slope): for i in range { y[i] = x[i] > 0 ? x[i] : slope * x[i] }
    case .elu(let alpha): for i in range { y[i] = x[i] > 0 ? x[i] : alpha * expm1(x[i]) }
    case .gelu: for i in range { y[i] = x[i] * normalShare(x[i]) }
    case .geluTanh: for i in range { y[i] = 0.5 * x[i] * (1 + Self.hyperbolicTangent(bent(x[i]))) }
    case .silu: for i in range { y[i] = x[i] * logistic(x[i]) }
    case .sigmoid: for i in range { y[i] = logistic(x[i]) }
    case .tanh: for i in range { y[i] = Self.hyperbolicTangent(x[i]) }
    case .hardSigmoid: for i in range { y[i] = hardLogistic(x[i]) }
    case .hardSwish: for i in range { y[i] = x[i] * hardLogistic(x[i]) }
    case .softplus: for i in range { y[i] = x[i] > 20 ? x[i] : log1p(exp(x[i])) }
    }
  }

  /// Multiplies `gradient` by the slope where the function's value is that of `y`.
  func descend(_ gradient: UnsafeMutablePointer<Float>, atValues y: UnsafePointer<Float>, _ range: Range<Int>) {
    switch self {
    case .relu: for i in range { gradient[i] = y[i] > 0 ? gradient[i] : 0 }
    case .relu6: for i in range { gradient[i] = y[i] > 0 && y[i] < 6 ? gradient[i] : 0 }
    case .leakyReLU(let slope): for i in range where !(y[i] > 0) { gradient[i] *= slope }
    case .elu(let alpha): for i in range where !(y[i] > 0) { gradient[i] *= y[i] + alpha }
    case .sigmoid: for i in range { gradient[i] *= y[i] * (1 - y[i]) }
    case .tanh: for i in range { gradient[i] *= 1 - y[i] * y[i] }
    case .hardSigmoid: for i in range { gradient[i] = y[i] > 0 && y[i] < 1 ? gradient[i] / 6 : 0 }
    case .gelu, .geluTanh, .silu, .hardSwish, .softplus:
      preconditionFailure("the slope does not follow from the value")
    }
  }

  /// The slope at `x`, of the functions whose slope does not follow from their value.
  func slope(at x: Float) -> Float {
    switch self {
    case .gelu: return normalShare(x) + x * exp(-0.5 * x * x) * 0.398_942_28
    case .geluTanh:
      let value = Self.hyperbolicTangent(bent(x))
      let inner: Float = 0.797_884_56 * (1 + 3 * 0.044715 * x * x)
      return 0.5 * (1 + value) + 0.5 * x * (1 - value * value) * inner
    case .silu:
      let share = logistic(x)
      return share * (1 + x * (1 - share))
    case .hardSwish: return x <= -3 ? 0 : x < 3 ? x / 3 + 0.5 : 1
    case .softplus: return x > 20 ? 1 : logistic(x)
    case .relu, .relu6, .leakyReLU, .elu, .sigmoid, .tanh, .hardSigmoid:
      preconditionFailure("the slope is taken from the value")
    }
  }

  private static func hyperbolicTangent(_ x: Float) -> Float { tanhf(x) }
}

/// The share of the normal distribution below `x`.
private func normalShare(_ x: Float) -> Float { 0.5 * (1 + erf(x * 0.707_106_78)) }

/// What GELU's approximation takes the hyperbolic tangent of.
private func bent(_ x: Float) -> Float { 0.797_884_56 * (x + 0.044715 * x * x * x) }

private func logistic(_ x: Float) -> Float { 1 / (1 + exp(-x)) }

private func hardLogistic(_ x: Float) -> Float { min(max(x / 6 + 0.5, 0), 1) }
