/// Weights, images and labels made by a formula, so that a reference file holds results only.
///
/// `fixtures/make/formula.py` is the same formula in Python. Element `i` (row-major) of the tensor named `path` is a
/// hash `u` in -1..<1 of the name and `i`, scaled by what the tensor is for (`Kind`) in `Double` and rounded once.
public enum FormulaWeights {
  /// What a tensor is for; decides its scale.
  public enum Kind: String, Decodable, Sendable {
    /// A convolution's or dense layer's weight, `[out, in / groups, ...]`: `u * sqrt(6 / fanIn)`.
    case weight
    /// A convolution's or dense layer's bias: `0.05 u`.
    case bias
    /// Batch normalisation's weight: `1 + 0.2 u`; a quarter of it where the path ends in `bn2.weight` or
    /// `bn3.weight`, so that sums over residual blocks do not saturate the softmax.
    case normWeight
    /// Batch normalisation's bias: `0.1 u`.
    case normBias
    /// A batch normalisation's weight `0.25 + 0.05 u` beside a `leaningNormBias`.
    case leaningNormWeight
    /// Batch normalisation's bias by which most inputs of a ReLU are positive, or most negative: `0.5 + 0.125 u`, of every
    /// fourth channel the opposite.
    case leaningNormBias
    /// Batch normalisation's running mean: `0.1 u`.
    case runningMean
    /// Batch normalisation's running variance: `1 + 0.3 u`.
    case runningVariance
    /// An image: `(u + 1) / 2`.
    case pixels
  }

  /// The row-major values of the tensor `path` of `shape`, whose axes after the first are a weight's fan-in.
  public static func values(path: String, shape: [Int], kind: Kind) -> [Float] {
    let fanIn = shape.dropFirst().reduce(1, *)
    let quartered = path.hasSuffix("bn2.weight") || path.hasSuffix("bn3.weight")
    return units(path: path, count: shape.reduce(1, *)).enumerated().map { index, unit in
      switch kind {
      case .weight: Float(unit * (6 / Double(fanIn)).squareRoot())
      case .bias: Float(unit * 0.05)
      case .normWeight: Float((1 + 0.2 * unit) * (quartered ? 0.25 : 1))
      case .leaningNormWeight: Float(0.25 + 0.05 * unit)
      case .leaningNormBias: Float((index % 4 < 3 ? 1 : -1) * (0.5 + 0.125 * unit))
      case .normBias, .runningMean: Float(unit * 0.1)
      case .runningVariance: Float(1 + 0.3 * unit)
      case .pixels: Float((unit + 1) / 2)
      }
    }
  }

  /// A batch of images of `shape` `[n, c, h, w]`, in 0...1; a reference file says by which `path`.
  public static func pixels(shape: [Int], path: String = "pixels") -> [Float] {
    values(path: path, shape: shape, kind: .pixels)
  }

  /// The labels of `count` images: `(7 j + 3) mod classes`.
  public static func labels(count: Int, classes: Int) -> [Int] { (0..<count).map { ($0 * 7 + 3) % classes } }

  /// What an attack's start adds to `count` pixels: `u * size`, before clipping to 0...1.
  ///
  /// `size` is epsilon for the maximum norm, and epsilon / sqrt(pixels per image) for the Euclidean norm.
  public static func start(count: Int, size: Double) -> [Float] {
    units(path: "start", count: count).map { Float($0 * size) }
  }

  /// The mask of the dropout `node`: 0 with probability `rate`, else `1 / (1 - rate)`.
  ///
  /// `count` is how many elements its input has, or channels (of all images) where whole channels fall.
  public static func mask(node: String, count: Int, rate: Double) -> [Float] {
    units(path: "\(node).mask", count: count).map { $0 >= 2 * rate - 1 ? Float(1 / (1 - rate)) : 0 }
  }

  /// The hashes of the tensor `path`, in -1..<1.
  public static func units(path: String, count: Int) -> [Double] {
    let seed = path.utf8.reduce(UInt32(2_166_136_261)) { ($0 ^ UInt32($1)) &* 16_777_619 }
    return (0..<count).map { index in
      var hash = seed &+ UInt32(truncatingIfNeeded: index) &* 0x9E37_79B9
      hash = (hash ^ (hash >> 16)) &* 0x85EB_CA6B
      hash = (hash ^ (hash >> 13)) &* 0xC2B2_AE35
      hash ^= hash >> 16
      return Double(hash) / 2_147_483_648 - 1
    }
  }
}
