/// How gradients change what is trained: which rule, and its numbers.
public enum Optimizer: Hashable, Sendable {
  /// Stochastic gradient descent as PyTorch's: `v = momentum * v + g`, `w -= rate * v`, where `g` is the gradient with the
  /// weight decay added; with Nesterov's momentum `w -= rate * (g + momentum * v)`.
  case sgd(momentum: Float, isNesterov: Bool = false)
  /// Adam with decoupled weight decay as PyTorch's `AdamW` (Loshchilov and Hutter 2019): `w *= 1 - rate * decay`, then
  /// `w -= rate * m' / (sqrt(v') + epsilon)` for running means `m` of gradients and `v` of their squares, freed of their start.
  case adamW(beta1: Float = 0.9, beta2: Float = 0.999, epsilon: Float = 1e-8)

  /// What it keeps of every trained number, by the names that checkpoints have: those of PyTorch but for `momentum`.
  public var stateNames: [String] {
    switch self {
    case .sgd: ["momentum"]
    case .adamW: ["exp_avg", "exp_avg_sq"]
    }
  }
}
