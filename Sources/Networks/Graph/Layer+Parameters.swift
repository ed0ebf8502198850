public import Tensors

extension Layer {
  /// The parameters of this layer as the node `node`, in PyTorch's order, for one image's input shape.
  func parameters(node: String, input: Shape) -> [ParameterSpec] {
    switch self {
    case .convolution(let settings):
      let k = settings.kernelSize
      let weights: Shape = [settings.outputChannels, input[0] / settings.groups, k, k]
      return affineParameters(node, weights, bias: settings.bias, settings.initialWeights)
    case .dense(let settings):
      return affineParameters(node, [settings.outputs, input[0]], bias: settings.bias, settings.initialWeights)
    case .batchNormalization:
      return [
        spec(node, "weight", [input[0]], .trainable, .constant(1)),
        spec(node, "bias", [input[0]], .trainable, .constant(0)),
        spec(node, "running_mean", [input[0]], .statistic, .constant(0)),
        spec(node, "running_var", [input[0]], .statistic, .constant(1)),
        spec(node, "num_batches_tracked", [], .counter, .constant(0)),
      ]
    case .relu, .maxPooling, .averagePooling, .dropout, .flatten, .sum, .concatenation: return []
    }
  }

  /// The multiply-adds of one image's forward pass; only convolutions and dense layers count.
  public func multiplyAdds(input: Shape, output: Shape) -> Int {
    switch self {
    case .convolution(let settings):
      output.count * (input[0] / settings.groups) * settings.kernelSize * settings.kernelSize
    case .dense: output.count * input.count
    case .batchNormalization, .relu, .maxPooling, .averagePooling, .dropout, .flatten, .sum, .concatenation: 0
    }
  }
}

/// Weight and bias of a convolution or dense layer; the fan-in is the product of all but the weight's first size.
private func affineParameters(
  _ node: String, _ shape: Shape, bias: Bool, _ initial: InitialWeights
) -> [ParameterSpec] {
  let fanIn = Float(shape.sizes.dropFirst().reduce(1, *))
  let bound = 1 / fanIn.squareRoot()
  let (weight, offset): (ParameterSpec.InitialValue, ParameterSpec.InitialValue) =
    switch initial {
    case .uniformFanIn: (.uniform(bound: bound), .uniform(bound: bound))
    case .kaimingNormal: (.normal(standardDeviation: (2 / fanIn).squareRoot()), .constant(0))
    case .zero: (.constant(0), .constant(0))
    }
  return [spec(node, "weight", shape, .trainable, weight)]
    + (bias ? [spec(node, "bias", [shape[0]], .trainable, offset)] : [])
}

private func spec(
  _ node: String, _ name: String, _ shape: Shape, _ role: ParameterSpec.Role, _ initial: ParameterSpec.InitialValue
) -> ParameterSpec {
  ParameterSpec(path: ParameterPath(node: node, name), shape: shape, role: role, initial: initial)
}
