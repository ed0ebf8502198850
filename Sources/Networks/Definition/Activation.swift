/// A function of one number, applied to every element.
public enum Activation: Hashable, Sendable {
  /// `max(x, 0)`; its slope at 0 is 0.
  case relu
  /// `min(max(x, 0), 6)`; its slope at 0 and at 6 is 0.
  case relu6
  /// `x` above 0, `slope x` elsewhere; `slope` is 0 or more.
  case leakyReLU(slope: Float)
  /// `x` above 0, `alpha (exp(x) - 1)` elsewhere (Clevert et al. 2016); `alpha` is above 0.
  case elu(alpha: Float)
  /// `x` times the normal distribution's share below `x` (Hendrycks and Gimpel 2016).
  case gelu
  /// GELU by `x / 2 (1 + tanh(sqrt(2 / pi) (x + 0.044715 x³)))`.
  case geluTanh
  /// `x sigmoid(x)`, also called swish.
  case silu
  /// `1 / (1 + exp(-x))`.
  case sigmoid
  /// The hyperbolic tangent.
  case tanh
  /// `min(max(x / 6 + 1 / 2, 0), 1)`; its slope at -3 and 3 is 0.
  case hardSigmoid
  /// `x` times the hard sigmoid of `x`; its slope at -3 is 0 and at 3 is 1.
  case hardSwish
  /// `log(1 + exp(x))`; `x` itself above 20, as in PyTorch.
  case softplus

  /// Whether the slope follows from the function's value, so that going backward needs no input.
  public var slopeFollowsFromValue: Bool {
    switch self {
    case .relu, .relu6, .leakyReLU, .elu, .sigmoid, .tanh, .hardSigmoid: true
    case .gelu, .geluTanh, .silu, .hardSwish, .softplus: false
    }
  }
}
