public import Networks
public import Tensors

/// The weights of one step of an evaluation plan, norm folded in, in plain layout.
public struct PreparedWeights: Sendable {
  /// A convolution's `[o, i / groups, k, k]`, a dense layer's `[outputs, inputs]`, or the scale `[c]` of a `scaleShift`.
  public let weight: Tensor
  /// One number an output channel, zero where there is no bias; the shift of a `scaleShift`.
  public let bias: Tensor

  /// The weights that `source` describes, taken from `parameters`.
  ///
  /// A norm folds in as `w * g / sqrt(v + e)` and `(b - m) * g / sqrt(v + e) + s`, rounded once from double precision.
  ///
  /// - Precondition: `parameters` are those of the graph the plan was made from.
  public init(_ source: WeightSource, _ parameters: Parameters) {
    switch source {
    case .constant(let scale, let shift):
      weight = Tensor([scale.count], scale)
      bias = Tensor([shift.count], shift)
    case .plain(let path, let biasPath, let biasCount):
      weight = parameters[path]
      bias = biasPath.map { parameters[$0] } ?? Tensor([biasCount])
    case .norm(let norm):
      let (scale, shift) = norm.scaleAndShift(parameters)
      weight = Tensor([scale.count], scale.map { Float($0) })
      bias = Tensor([shift.count], shift.map { Float($0) })
    case .affine(let path, let biasPath, let expansion, let norm):
      var weight = parameters[path]
      var bias = biasPath.map { parameters[$0] } ?? Tensor([weight.shape[0]])
      if let expansion {
        weight = expansion.weight(weight)
        bias = Tensor([weight.shape[0]], expansion.ofBias.expanded(bias.values))
      }
      let channels = weight.shape[0]
      if let (scale, shift) = norm?.scaleAndShift(parameters) {
        let stride = weight.shape.count / channels
        for channel in 0..<channels {
          for i in channel * stride..<(channel + 1) * stride {
            weight.values[i] = Float(Double(weight.values[i]) * scale[channel])
          }
          bias.values[channel] = Float(Double(bias.values[channel]) * scale[channel] + shift[channel])
        }
      }
      self.weight = weight
      self.bias = bias
    }
  }
}

extension NormSource {
  /// The norm with stored statistics as one factor and one summand a channel.
  fileprivate func scaleAndShift(_ parameters: Parameters) -> (scale: [Double], shift: [Double]) {
    let (weight, bias) = (parameters[path("weight")].values, parameters[path("bias")].values)
    let (mean, variance) = (parameters[path("running_mean")].values, parameters[path("running_var")].values)
    let epsilon = Double(settings.epsilon)
    let scale = weight.indices.map { Double(weight[$0]) / (Double(variance[$0]) + epsilon).squareRoot() }
    let shift = weight.indices.map { Double(bias[$0]) - Double(mean[$0]) * scale[$0] }
    return (repeated(scale), repeated(shift))
  }

  private func repeated(_ values: [Double]) -> [Double] {
    values.flatMap { [Double](repeating: $0, count: mapsPerChannel) }
  }
}

extension FilterExpansion {
  /// A plain convolution's weight `[o, i, k, k]`, of the parameter `[outputs, inputs, order, k, k]`.
  fileprivate func weight(_ parameter: Tensor) -> Tensor {
    let sizes = parameter.shape.sizes
    return Tensor([outputs * rows.count, inputs * sizes[2], sizes[3], sizes[4]], expanded(parameter.values))
  }
}
