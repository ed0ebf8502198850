internal import Symmetry
public import Tensors

extension Layer {
  /// The parameters of this layer as the node `node`, in PyTorch's order, for one image's input shape.
  func parameters(node: String, input: Shape) -> [ParameterSpec] {
    switch self {
    case .convolution(let settings):
      let (inputs, k) = (input[0] / settings.groups, settings.kernelSize)
      let weights: Shape = [settings.outputChannels, inputs, k.height, k.width]
      return affineParameters(node, weights, bias: settings.bias, settings.initialWeights)
    case .groupConvolution(let settings):
      let (k, order) = (settings.kernelSize, settings.inputOrder)
      return affineParameters(
        node, [settings.outputChannels, input[0] / order, order, k, k], bias: settings.bias, settings.initialWeights,
        // GrouPy's initial weights are those of one element's filter.
        fanIn: input[0] / order * k * k)
    case .dense(let settings):
      return affineParameters(node, [settings.outputs, input[0]], bias: settings.bias, settings.initialWeights)
    case .batchNormalization: return normParameters(node, channels: input[0])
    case .groupBatchNormalization(_, let group): return normParameters(node, channels: input[0] / group.order)
    case .transposedConvolution(let settings):
      let k = settings.kernelSize
      return affineParameters(
        node, [input[0], settings.outputChannels / settings.groups, k.height, k.width], bias: settings.bias,
        settings.initialWeights, biasCount: settings.outputChannels)
    case .groupNormalization(let settings): return settings.affine ? scaleParameters(node, [input[0]]) : []
    case .layerNormalization(let settings): return settings.affine ? scaleParameters(node, input) : []
    case .softmax, .localResponseNormalization, .upsampling, .activation, .maxPooling, .averagePooling,
      .adaptiveAveragePooling, .dropout, .channelSlice, .channelShuffle, .channelPermutation, .channelPadding,
      .imageStandardization,
      .scaleShift, .flatten, .sum, .product, .concatenation, .groupMaxPooling, .groupAveragePooling:
      return []
    }
  }

  /// The multiply-adds of one image's forward pass; only convolutions and dense layers count.
  public func multiplyAdds(input: Shape, output: Shape) -> Int {
    switch self {
    case .convolution(let settings):
      output.count * (input[0] / settings.groups) * settings.kernelSize.area
    case .groupConvolution(let settings): Layer.convolution(settings.plain).multiplyAdds(input: input, output: output)
    case .transposedConvolution(let settings):
      input.count * (settings.outputChannels / settings.groups) * settings.kernelSize.area
    case .dense: output.count * input.count
    case .groupNormalization, .layerNormalization, .localResponseNormalization, .softmax, .upsampling,
      .batchNormalization, .activation, .maxPooling, .averagePooling, .adaptiveAveragePooling, .dropout,
      .channelSlice, .channelShuffle, .channelPermutation, .channelPadding, .imageStandardization, .scaleShift,
      .flatten, .sum, .product, .concatenation, .groupBatchNormalization,
      .groupMaxPooling, .groupAveragePooling:
      0
    }
  }
}

/// Weight and bias of a convolution or dense layer; the fan-in is the product of all but the weight's first size, unless
/// given.
private func affineParameters(
  _ node: String, _ shape: Shape, bias: Bool, _ initial: InitialWeights, fanIn: Int? = nil, biasCount: Int? = nil
) -> [ParameterSpec] {
  let fanIn = Float(fanIn ?? shape.sizes.dropFirst().reduce(1, *))
  let fanOut = Float(shape[0] * shape.sizes.dropFirst(2).reduce(1, *))
  let bound = 1 / fanIn.squareRoot()
  let (weight, offset): (ParameterSpec.InitialValue, ParameterSpec.InitialValue) =
    switch initial {
    case .uniformFanIn: (.uniform(bound: bound), .uniform(bound: bound))
    case .kaimingNormal: (.normal(standardDeviation: (2 / fanIn).squareRoot()), .constant(0))
    case .kaimingNormalFanOut: (.normal(standardDeviation: (2 / fanOut).squareRoot()), .constant(0))
    case .zero: (.constant(0), .constant(0))
    }
  return [spec(node, "weight", shape, .trainable, weight)]
    + (bias ? [spec(node, "bias", [biasCount ?? shape[0]], .trainable, offset)] : [])
}

/// Scale and shift of a norm that keeps no statistics.
private func scaleParameters(_ node: String, _ shape: Shape) -> [ParameterSpec] {
  [spec(node, "weight", shape, .trainable, .constant(1)), spec(node, "bias", shape, .trainable, .constant(0))]
}

/// What a batch norm of `channels` has: scale and shift, running statistics and their counter.
private func normParameters(_ node: String, channels: Int) -> [ParameterSpec] {
  [
    spec(node, "weight", [channels], .trainable, .constant(1)),
    spec(node, "bias", [channels], .trainable, .constant(0)),
    spec(node, "running_mean", [channels], .statistic, .constant(0)),
    spec(node, "running_var", [channels], .statistic, .constant(1)),
    spec(node, "num_batches_tracked", [], .counter, .constant(0)),
  ]
}

extension ParameterSpec {
  /// What `parameter` is and how it begins, which its name and shape say: as in PyTorch.
  init(_ parameter: UnusedParameter) {
    let name = parameter.name.split(separator: ".").last ?? ""
    let isFilter = name == "weight" && parameter.shape.count > 1
    let initial: InitialValue =
      if isFilter {
        .uniform(bound: 1 / Float(parameter.shape.dropFirst().reduce(1, *)).squareRoot())
      } else {
        .constant(["weight", "running_var"].contains(name) ? 1 : 0)
      }
    self.init(
      path: ParameterPath(parameter.name), shape: Shape(parameter.shape),
      role: name == "num_batches_tracked" && parameter.shape.isEmpty ? .counter : .unused, initial: initial)
  }
}

private func spec(
  _ node: String, _ name: String, _ shape: Shape, _ role: ParameterSpec.Role, _ initial: ParameterSpec.InitialValue
) -> ParameterSpec {
  ParameterSpec(path: ParameterPath(node: node, name), shape: shape, role: role, initial: initial)
}
