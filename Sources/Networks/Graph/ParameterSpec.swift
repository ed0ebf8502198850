public import Tensors

/// What a network expects under one parameter path.
public struct ParameterSpec: Hashable, Sendable {
  /// What a parameter is for.
  public enum Role: Sendable {
    /// Changed by the optimiser.
    case trainable
    /// Running statistics of a batch normalisation, changed by the forward pass of training.
    case statistic
    /// How many batches the running statistics have seen; PyTorch's `num_batches_tracked`.
    case counter
    /// Kept as it is, for files of the published code: no layer reads it.
    case unused
  }

  /// How a parameter begins.
  public enum InitialValue: Hashable, Sendable {
    /// Every element the same.
    case constant(Float)
    /// Uniform in plus or minus `bound`.
    case uniform(bound: Float)
    /// Normal with mean 0.
    case normal(standardDeviation: Float)
  }

  /// Its name.
  public let path: ParameterPath
  /// Its shape; `[]` for a single number.
  public let shape: Shape
  /// What it is for.
  public let role: Role
  /// How it begins.
  public let initial: InitialValue
}
