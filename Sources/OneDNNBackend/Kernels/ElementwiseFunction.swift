import COneDNN
import Networks

/// A function of one number that the library knows.
struct ElementwiseFunction {
  let algorithm: dnnl_alg_kind_t
  /// The slope from what the function made, where there is such, else from what it read.
  let backward: dnnl_alg_kind_t
  let alpha, beta: Float

  init(_ algorithm: dnnl_alg_kind_t, backward: dnnl_alg_kind_t? = nil, alpha: Float = 0, beta: Float = 0) {
    (self.algorithm, self.backward, self.alpha, self.beta) = (algorithm, backward ?? algorithm, alpha, beta)
  }

  static let relu = ElementwiseFunction(dnnl_eltwise_relu, backward: dnnl_eltwise_relu_use_dst_for_bwd)

  /// `factor x + summand`.
  static func linear(_ factor: Float, _ summand: Float) -> ElementwiseFunction {
    ElementwiseFunction(dnnl_eltwise_linear, alpha: factor, beta: summand)
  }

  /// `x` kept within `bounds`; the slope at these is 0.
  static func clip(_ bounds: ClosedRange<Float>) -> ElementwiseFunction {
    ElementwiseFunction(
      dnnl_eltwise_clip_v2, backward: dnnl_eltwise_clip_v2_use_dst_for_bwd, alpha: bounds.lowerBound,
      beta: bounds.upperBound)
  }
}

extension Activation {
  /// The functions that make it, one after the other; only the last may be other than linear.
  var functions: [ElementwiseFunction] {
    switch self {
    case .relu: [.relu]
    case .relu6: [.clip(0...6)]
    case .leakyReLU(let slope):
      [ElementwiseFunction(dnnl_eltwise_relu, backward: dnnl_eltwise_relu_use_dst_for_bwd, alpha: slope)]
    case .elu(let alpha):
      [ElementwiseFunction(dnnl_eltwise_elu, backward: dnnl_eltwise_elu_use_dst_for_bwd, alpha: alpha)]
    case .gelu: [ElementwiseFunction(dnnl_eltwise_gelu_erf)]
    case .geluTanh: [ElementwiseFunction(dnnl_eltwise_gelu_tanh)]
    case .silu: [ElementwiseFunction(dnnl_eltwise_swish, alpha: 1)]
    case .sigmoid: [ElementwiseFunction(dnnl_eltwise_logistic, backward: dnnl_eltwise_logistic_use_dst_for_bwd)]
    case .tanh: [ElementwiseFunction(dnnl_eltwise_tanh, backward: dnnl_eltwise_tanh_use_dst_for_bwd)]
    case .hardSigmoid: [.linear(1 / 6, 0.5), .clip(0...1)]
    case .hardSwish: [ElementwiseFunction(dnnl_eltwise_hardswish, alpha: 1 / 6, beta: 0.5)]
    case .softplus: [ElementwiseFunction(dnnl_eltwise_soft_relu, alpha: 1)]
    }
  }

  /// The functions as what a kernel does before it stores its result.
  var postOperations: [PostOperation] { functions.map(PostOperation.elementwise) }
}
