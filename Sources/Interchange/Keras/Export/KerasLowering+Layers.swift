import Networks
import Programs
import Records
import Symmetry
import Tensors

extension KerasLowering {
  /// Adds the layers that compute the vertex of `inputs`; what they put out.
  mutating func lower(_ inputs: [Value], keepsOrder: Bool) throws -> Value {
    let (input, output) = (inputs[0], Self.sizes(vertex.outputShape))
    switch vertex.node.layer {
    case .convolution(let settings): return try lower(settings, input)
    case .groupConvolution(let settings): return try lowerGroup(settings, input)
    case .transposedConvolution(let settings): return try lower(settings, input)
    case .dense(let settings): return try lower(settings, input)
    case .batchNormalization(let settings): return try lowerNorm(settings, input, group: nil)
    case .groupBatchNormalization(let settings, let group): return try lowerNorm(settings, input, group: group)
    case .groupNormalization(let settings):
      let weights = try settings.affine ? [parameter("weight", "gamma"), parameter("bias", "beta")] : []
      return add(
        "GroupNormalization",
        [
          "groups": .integer(Int64(settings.groups)), "axis": .integer(-1), "center": .bool(settings.affine),
          "scale": .bool(settings.affine), "epsilon": .number(Self.decimal(settings.epsilon)),
        ], [input], output, weights)
    case .layerNormalization(let settings):
      let order = vertex.outputShape.rank == 3 ? [1, 2, 0] : [0]
      let weights =
        try settings.affine
        ? [parameter("weight", "gamma", order: order), parameter("bias", "beta", order: order)] : []
      return add(
        "LayerNormalization",
        [
          "axis": .array((1...output.count).map { .integer(Int64($0)) }), "center": .bool(settings.affine),
          "scale": .bool(settings.affine), "epsilon": .number(Self.decimal(settings.epsilon)),
        ], [input], output, weights)
    case .activation(let activation): return lower(activation, input)
    case .softmax: return add("Softmax", ["axis": .integer(-1)], [input], output)
    case .maxPooling(let settings): return try lower(settings, input, isMaximum: true)
    case .averagePooling(let settings): return try lower(settings, input, isMaximum: false)
    case .adaptiveAveragePooling(let size):
      return add("AdaptiveAveragePooling2D", ["output_size": list(size)], [input], output)
    case .upsampling(let settings):
      let mode: [String: JSON] = ["size": list(settings.factor), "interpolation": .string(settings.mode.rawValue)]
      return add("UpSampling2D", mode, [input], output)
    case .dropout(let settings): return lower(settings, input)
    case .scaleShift(let settings):
      func numbers(_ values: [Float]) -> JSON {
        let list = values.map { JSON.number(Self.decimal($0)) }
        return list.count == 1 ? list[0] : .array(list)
      }
      let members = ["scale": numbers(settings.scale), "offset": numbers(settings.shift)]
      return add("Rescaling", members, [input], output)
    case .flatten: return flattened(input, keepsOrder: keepsOrder)
    case .sum: return add("Add", inputs, output)
    case .product: return add("Multiply", inputs, output)
    case .concatenation: return add("Concatenate", ["axis": .integer(-1)], inputs, output)
    case .channelSlice, .channelPadding, .channelShuffle, .channelPermutation, .groupMaxPooling, .groupAveragePooling:
      return try lowerChannels(input)
    case .imageStandardization, .localResponseNormalization: throw refusal("is no layer of Keras")
    }
  }

  private mutating func add(_ kind: String, _ inputs: [Value], _ shape: [Int]) -> Value {
    add(kind, [:], inputs, shape)
  }

  func list(_ extent: Extent) -> JSON { .array([.integer(Int64(extent.height)), .integer(Int64(extent.width))]) }

  /// The input as a list: pixel by pixel, or in the order that this package has where somebody needs that.
  private mutating func flattened(_ input: Value, keepsOrder: Bool) -> Value {
    let (image, count) = (vertex.inputShapes[0], vertex.outputShape.count)
    guard image.rank == 3, image[0] > 1, image[1] * image[2] > 1 else { return add("Flatten", [input], [count]) }
    if keepsOrder {
      let order: [String: JSON] = ["dims": .array([.integer(3), .integer(1), .integer(2)])]
      let turned = add("Permute", order, [input], image.sizes, named: "channels_first")
      return add("Flatten", [turned], [count])
    }
    var result = add("Flatten", [input], [count])
    result.flattened = image
    return result
  }

  // MARK: - Norms

  private mutating func lowerNorm(
    _ settings: BatchNormalization, _ input: Value, group: SymmetryGroup?
  ) throws -> Value {
    let names = [
      ("weight", "gamma"), ("bias", "beta"), ("running_mean", "moving_mean"), ("running_var", "moving_variance"),
    ]
    let count = vertex.inputShapes[0][0]
    let weights = try names.map { short, name in
      try parameter(
        short, name,
        expanded: group.map { group in
          let rows = Array(repeating: [0], count: group.order)
          return ([count], FilterExpansion(outputs: count / group.order, inputs: 1, rows: rows))
        })
    }
    return add(
      "BatchNormalization",
      [
        "axis": .integer(-1), "epsilon": .number(Self.decimal(settings.epsilon)),
        "momentum": .number(((1 - Self.decimal(settings.momentum)) * 1e9).rounded() / 1e9), "center": .bool(true),
        "scale": .bool(true),
      ], [input], input.shape, weights)
  }

  // MARK: - Functions of single numbers

  private mutating func lower(_ activation: Activation, _ input: Value) -> Value {
    func named(_ name: String) -> Value { add("Activation", ["activation": .string(name)], [input], input.shape) }
    var result: Value
    switch activation {
    case .relu: result = named("relu")
    case .relu6: result = named("relu6")
    case .leakyReLU(let slope):
      result = add("LeakyReLU", ["negative_slope": .number(Self.decimal(slope))], [input], input.shape)
    case .elu(let alpha): result = add("ELU", ["alpha": .number(Self.decimal(alpha))], [input], input.shape)
    case .sigmoid: result = named("sigmoid")
    case .tanh: result = named("tanh")
    case .softplus: result = named("softplus")
    case .hardSwish: result = named("hard_silu")
    case .hardSigmoid: result = named("hard_sigmoid")
    case .silu: result = named("silu")
    case .gelu: result = named("gelu")
    case .geluTanh: result = lowerGELU(input)
    }
    result.flattened = input.flattened
    return result
  }

  /// The approximation of GELU, which no layer of Keras is: `x sigmoid(2 sqrt(2 / pi) (x + 0.044715 x^3))`.
  private mutating func lowerGELU(_ input: Value) -> Value {
    func scaled(_ value: Value, _ scale: Double, _ offset: Double, _ name: String) -> Value {
      add("Rescaling", ["scale": .number(scale), "offset": .number(offset)], [value], input.shape, named: name)
    }
    let square = add("Multiply", [:], [input, input], input.shape, named: "square")
    let root = (2 / Double.pi).squareRoot()
    let factor = scaled(square, 2 * root * 0.044715, 2 * root, "factor")
    let inner = add("Multiply", [:], [input, factor], input.shape, named: "argument")
    let gate = add("Activation", ["activation": .string("sigmoid")], [inner], input.shape, named: "gate")
    return add("Multiply", [input, gate], input.shape)
  }

  private mutating func lower(_ settings: Dropout, _ input: Value) -> Value {
    let rate: [String: JSON] = ["rate": .number(Self.decimal(settings.rate))]
    var result: Value
    switch settings.scope {
    case .element: result = add("Dropout", rate, [input], input.shape)
    case .channel: result = add("SpatialDropout2D", rate, [input], input.shape)
    case .image:
      let one = JSON.array([.null] + input.shape.map { _ in .integer(1) })
      result = add("Dropout", rate.merging(["noise_shape": one]) { $1 }, [input], input.shape)
    }
    result.flattened = input.flattened
    return result
  }
}
