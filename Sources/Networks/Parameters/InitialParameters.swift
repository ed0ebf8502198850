import Tensors

extension Parameters {
  /// The initial parameters of `graph`: every tensor from its own stream of random numbers, keyed by `seed` and position.
  public init(initializing graph: NetworkGraph, seed: UInt64) {
    var position = 0
    self.init(of: graph) { spec in
      defer { position += 1 }
      var generator = Generator(seed: seed, purpose: .initialWeights, image: position)
      return spec.initial.tensor(spec.shape, &generator)
    }
  }
}

extension ParameterSpec.InitialValue {
  fileprivate func tensor(_ shape: Shape, _ generator: inout Generator) -> Tensor {
    var tensor = Tensor(shape)
    tensor.values.withUnsafeMutableBufferPointer { values in
      switch self {
      case .constant(let value): values.update(repeating: value)
      case .uniform(let bound): generator.fillUniform(values, radius: bound)
      case .normal(let deviation): generator.fillNormal(values, standardDeviation: deviation)
      }
    }
    return tensor
  }
}
