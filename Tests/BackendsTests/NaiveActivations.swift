import Networks

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Activations as the papers write them, in `Double`.
extension Activation {
  func value(_ x: Double) -> Double {
    switch self {
    case .relu: max(x, 0)
    case .relu6: min(max(x, 0), 6)
    case .leakyReLU(let slope): x > 0 ? x : Double(slope) * x
    case .elu(let alpha): x > 0 ? x : Double(alpha) * (exp(x) - 1)
    case .gelu: x * (1 + erf(x / 2.0.squareRoot())) / 2
    case .geluTanh: x / 2 * (1 + Self.inner(x))
    case .silu: x / (1 + exp(-x))
    case .sigmoid: 1 / (1 + exp(-x))
    case .tanh: (exp(x) - exp(-x)) / (exp(x) + exp(-x))
    case .hardSigmoid: min(max(x + 3, 0), 6) / 6
    case .hardSwish: x * min(max(x + 3, 0), 6) / 6
    case .softplus: log(1 + exp(x))
    }
  }

  func slope(_ x: Double) -> Double {
    switch self {
    case .relu: x > 0 ? 1 : 0
    case .relu6: x > 0 && x < 6 ? 1 : 0
    case .leakyReLU(let slope): x > 0 ? 1 : Double(slope)
    case .hardSigmoid: x > -3 && x < 3 ? 1.0 / 6 : 0
    case .hardSwish: x <= -3 ? 0 : x < 3 ? (2 * x + 3) / 6 : 1
    // Of smooth ones by a difference, whose error is of order 1e-9.
    default: (value(x + 1e-5) - value(x - 1e-5)) / 2e-5
    }
  }

  /// Where the slope jumps.
  var kinks: [Double] {
    switch self {
    case .relu, .leakyReLU, .elu: [0]
    case .relu6: [0, 6]
    case .hardSigmoid, .hardSwish: [-3, 3]
    case .gelu, .geluTanh, .silu, .sigmoid, .tanh, .softplus: []
    }
  }

  private static func inner(_ x: Double) -> Double {
    Activation.tanh.value((2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x))
  }
}
