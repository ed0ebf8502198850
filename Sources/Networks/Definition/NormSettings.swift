/// The settings of a norm by each image's own statistics, over groups of channels (Wu and He 2018): parameters `[c]`.
///
/// With as many groups as channels it is the instance norm.
public struct GroupNormalization: Hashable, Sendable, Codable {
  /// Into how many groups of neighbours the channels fall.
  public var groups: Int
  /// Added to the variance before the square root.
  public var epsilon: Float
  /// Whether a scale and a shift per channel follow.
  public var affine: Bool

  /// A group norm; the defaults are PyTorch's.
  public init(groups: Int, epsilon: Float = 1e-5, affine: Bool = true) {
    (self.groups, self.epsilon, self.affine) = (groups, epsilon, affine)
  }
}

/// The settings of a norm by each image's own statistics, over all of it (Ba et al. 2016): parameters of the input's shape.
public struct LayerNormalization: Hashable, Sendable, Codable {
  /// Added to the variance before the square root.
  public var epsilon: Float
  /// Whether a scale and a shift of every element follow.
  public var affine: Bool

  /// A layer norm; the defaults are PyTorch's.
  public init(epsilon: Float = 1e-5, affine: Bool = true) { (self.epsilon, self.affine) = (epsilon, affine) }
}

/// The settings of a local response norm (Krizhevsky et al. 2012): `x / (k + alpha mean)^beta`, with the mean of the squares
/// of `size` neighbouring channels, those that do not exist counted as 0.
public struct LocalResponseNormalization: Hashable, Sendable, Codable {
  /// How many channels, from `size / 2` before the one in question on.
  public var size: Int
  /// The factor of the mean, the exponent, and what is added to the mean.
  public var alpha, beta, k: Float

  /// A local response norm; the defaults are PyTorch's.
  public init(size: Int, alpha: Float = 1e-4, beta: Float = 0.75, k: Float = 1) {
    (self.size, self.alpha, self.beta, self.k) = (size, alpha, beta, k)
  }
}
