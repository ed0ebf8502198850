public import Networks
public import Tensors

/// The weights of one step of an evaluation plan, norm folded in, in plain layout.
public struct PreparedWeights: Sendable {
  /// A convolution's `[o, i / groups, k, k]`, a dense layer's `[outputs, inputs]`, or the scale `[c]` of a `scaleShift`.
  public let weight: Tensor
  /// One number an output channel, zero where there is no bias; the shift of a `scaleShift`.
  public let bias: Tensor

  /// The weights that `source` describes, taken from `parameters`; see `WeightPreparation`.
  ///
  /// - Precondition: `parameters` are those of the graph the plan was made from.
  public init(_ source: WeightSource, _ parameters: Parameters) {
    let shape = source.weightShape(parameters)
    let preparation = WeightPreparation(source, channels: shape[0]) { parameters[$0].values }
    bias = Tensor([preparation.bias.count], preparation.bias)
    guard let path = preparation.parameter else {
      weight = Tensor(shape, preparation.scale)
      return
    }
    guard preparation.changesParameter else {
      weight = parameters[path]
      return
    }
    var prepared = Tensor(shape)
    parameters[path].values.withUnsafeBufferPointer { numbers in
      prepared.values.withUnsafeMutableBufferPointer { values in
        preparation.write(numbers, into: values) { count, body in for number in 0..<count { body(number) } }
      }
    }
    weight = prepared
  }
}

extension WeightSource {
  /// The shape of the weight that it describes; of group convolutions a plain one's.
  fileprivate func weightShape(_ parameters: Parameters) -> Shape {
    switch self {
    case .constant(let scale, _): [scale.count]
    case .norm(let norm): [norm.mapsPerChannel * parameters[norm.path("weight")].shape[0]]
    case .plain(let path, _, _), .affine(let path, _, expanding: nil, _): parameters[path].shape
    case .affine(let path, _, let expansion?, _): expansion.weightShape(parameters[path].shape.sizes)
    }
  }
}

extension FilterExpansion {
  /// A plain convolution's `[o, i, k, k]`, given the parameter's `[outputs, inputs, order, k, k]`.
  fileprivate func weightShape(_ sizes: [Int]) -> Shape {
    [outputs * rows.count, inputs * sizes[2], sizes[3], sizes[4]]
  }
}
