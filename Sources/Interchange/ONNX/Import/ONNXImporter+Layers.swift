import Failures
import Networks
import Symmetry
import Tensors

// Layers with weights, and norms.

extension ONNXImporter {
  mutating func convolution(_ arguments: ONNXArguments) throws -> Feature {
    var feature = try feature(arguments)
    let margins = feature.padding ?? Margins(0)
    if feature.padding != nil {
      feature.padding = nil
      feature.shape = [batch] + network.shape(feature.node).sizes
    }
    let input = try image(feature, arguments)
    let (shape, window) = (network.shape(input), try Window(arguments, weights: weightShape(arguments)))
    var padding = try window.padding(on: shape, arguments)
    padding = Margins(
      top: padding.top + margins.top, left: padding.left + margins.left, bottom: padding.bottom + margins.bottom,
      right: padding.right + margins.right)
    let groups = try arguments.integer("group", 1)
    guard groups > 0, window.weights[1] <= 1 << 20, groups <= 1 << 20, shape[0] == window.weights[1] * groups else {
      throw arguments.refusal("group \(groups) with weights \(window.weights) does not fit \(shape[0]) channels")
    }
    let settings = Convolution(
      outputChannels: window.weights[0], kernelSize: window.kernel, stride: window.stride, padding: padding,
      dilation: window.dilation, groups: groups, bias: arguments.input(2) != nil)
    return try add(
      .convolution(settings), of: [input], weights(arguments, window.weights, settings.outputChannels),
      like: weightName(arguments, 1), for: arguments)
  }

  mutating func transposedConvolution(_ arguments: ONNXArguments) throws -> Feature {
    let input = try image(feature(arguments), arguments)
    let (shape, window) = (network.shape(input), try Window(arguments, weights: weightShape(arguments)))
    guard window.automatic == nil, arguments.node.attributes["output_shape"] == nil else {
      throw arguments.refusal("auto_pad and output_shape are not taken, only pads")
    }
    let more = try arguments.integers("output_padding", [0, 0])
    let groups = try arguments.integer("group", 1)
    guard groups > 0, groups <= 1 << 20, window.weights[1] <= 1 << 20, shape[0] == window.weights[0] else {
      throw arguments.refusal("weights \(window.weights) do not fit \(shape[0]) channels")
    }
    let settings = TransposedConvolution(
      outputChannels: window.weights[1] * groups, kernelSize: window.kernel, stride: window.stride,
      padding: window.explicit, outputPadding: Extent(height: more[0], width: more[1]), dilation: window.dilation,
      groups: groups, bias: arguments.input(2) != nil)
    return try add(
      .transposedConvolution(settings), of: [input], weights(arguments, window.weights, settings.outputChannels),
      like: weightName(arguments, 1), for: arguments)
  }

  private func weightShape(_ arguments: ONNXArguments) throws -> [Int] {
    guard let name = arguments.input(1), let constant = constants[name] else {
      throw arguments.refusal("its weight is no constant; only trained weights are taken")
    }
    return constant.shape
  }

  private mutating func weights(
    _ arguments: ONNXArguments, _ shape: [Int], _ outputs: Int
  ) throws -> [String: StoredTensor] {
    var parameters = ["weight": try parameter(arguments, 1, shape, "weight")]
    if arguments.input(2) != nil { parameters["bias"] = try parameter(arguments, 2, [outputs], "bias") }
    return parameters
  }

  // MARK: - Dense layers

  mutating func dense(_ arguments: ONNXArguments) throws -> Feature {
    let isProduct = arguments.node.operation == "MatMul"
    let input = try vector(feature(arguments), arguments)
    let (shape, inputs) = (try weightShape(arguments), network.shape(input).count)
    try arguments.require("transA", 0)
    let isTurned = try arguments.integer("transB", 0) == 0
    guard shape.count == 2, shape[isTurned ? 0 : 1] == inputs else {
      throw arguments.refusal("its weight \(shape) does not fit \(inputs) features")
    }
    let outputs = shape[isTurned ? 1 : 0]
    let (alpha, beta) = (try arguments.float("alpha", 1), try arguments.float("beta", 1))
    var parameters: [String: StoredTensor] = [:]
    if isTurned || alpha != 1 {
      parameters["weight"] = try turned(arguments, shape, isTurned, alpha)
    } else {
      parameters["weight"] = try parameter(arguments, 1, shape, "weight")
    }
    if !isProduct, let name = arguments.input(2) {
      let bias = try numbers(name, arguments)
      guard let spread = bias.broadcast(to: [1, outputs]) else {
        throw arguments.refusal("its bias \(bias.shape) is not one number for each of \(outputs) features")
      }
      parameters["bias"] = try StoredTensor(
        name: name, shape: [outputs], floats: spread.values.map { Float($0) * beta })
    }
    let settings = Dense(outputs: outputs, bias: parameters["bias"] != nil)
    return try add(.dense(settings), of: [input], parameters, like: weightName(arguments, 1), for: arguments)
  }

  /// The weight of a dense layer, `[outputs, inputs]`, times `alpha`.
  private mutating func turned(
    _ arguments: ONNXArguments, _ shape: [Int], _ isTurned: Bool, _ alpha: Float
  ) throws -> StoredTensor {
    let stored = try parameter(arguments, 1, shape, "weight")
    try charge(stored.shape.count, arguments)
    let values = try file.floats(of: stored)
    let (rows, columns) = (shape[0], shape[1])
    guard isTurned else { return try StoredTensor(name: stored.name, shape: shape, floats: values.map { $0 * alpha }) }
    let floats = [Float](unsafeUninitializedCapacity: values.count) { floats, count in
      for column in 0..<columns {
        for row in 0..<rows { floats[column * rows + row] = values[row * columns + column] * alpha }
      }
      count = values.count
    }
    return try StoredTensor(name: stored.name, shape: [columns, rows], floats: floats)
  }

  // MARK: - Norms

  mutating func batchNormalization(_ arguments: ONNXArguments) throws -> Feature {
    let feature = try feature(arguments)
    try arguments.require("training_mode", 0)
    try arguments.refuseOutput(1, "the batch's mean")
    let epsilon = try arguments.float("epsilon", 1e-5)
    // ONNX keeps the share of the old statistics, in 32 bits; rounding finds the share of the new ones again.
    let momentum = Float((1e6 * (1 - Double(try arguments.float("momentum", 0.9)))).rounded() / 1e6)
    let names = ["weight", "bias", "running_mean", "running_var"]
    if feature.shape.count == 2 { return try featureNorm(feature, epsilon, arguments) }
    // All maps of a group share a channel's numbers.
    let group = try feature.shape.count == 5 ? group(feature, arguments) : nil
    let input = try group == nil ? image(feature, arguments) : feature.node
    let channels = network.shape(input)[0] / (group?.order ?? 1)
    var parameters: [String: StoredTensor] = [:]
    for (place, name) in names.enumerated() {
      parameters[name] = try parameter(arguments, place + 1, [channels], name)
    }
    let settings = BatchNormalization(epsilon: epsilon, momentum: min(max(momentum, 0), 1))
    let layer = group.map { .groupBatchNormalization(settings, over: $0) } ?? Layer.batchNormalization(settings)
    var result = try add(layer, of: [input], parameters, like: weightName(arguments, 1), for: arguments)
    if group != nil { result.shape = feature.shape }
    return result
  }

  /// A norm of features by stored statistics: a scale and a shift.
  private mutating func featureNorm(
    _ feature: Feature, _ epsilon: Float, _ arguments: ONNXArguments
  ) throws -> Feature {
    let input = try vector(feature, arguments)
    let lists = try (1...4).map { place in
      try numbers(arguments.node.inputs.indices.contains(place) ? arguments.node.inputs[place] : "", arguments).values
    }
    guard lists.allSatisfy({ $0.count == network.shape(input)[0] }) else {
      throw arguments.refusal("its numbers are not one for each of \(network.shape(input)[0]) features")
    }
    var affine = Affine.identity
    affine.add(lists[2], sign: -1)
    affine.divide(by: lists[3].map { ($0 + Double(epsilon)).squareRoot() })
    affine.multiply(by: lists[0])
    affine.add(lists[1])
    guard (affine.mean + affine.deviation).allSatisfy(\.isFinite) else {
      throw arguments.refusal("has numbers that make no scale and shift")
    }
    return Feature(node: input, shape: feature.shape, affine: affine)
  }

  mutating func norm(_ arguments: ONNXArguments) throws -> Feature {
    let feature = try feature(arguments)
    let epsilon = try arguments.float("epsilon", 1e-5)
    switch arguments.node.operation {
    case "LRN": return try localNorm(feature, arguments)
    case "LayerNormalization": return try layerNorm(feature, epsilon, arguments)
    case "GroupNormalization":
      let input = try image(feature, arguments)
      let (groups, channels) = (try arguments.integer("num_groups", 1), network.shape(input)[0])
      guard groups > 0, channels.isMultiple(of: groups) else {
        throw arguments.refusal("num_groups \(groups) does not fit")
      }
      return try groupNorm(input, feature.shape, groups, epsilon, arguments)
    default:
      // Groups may have been made one by a reshape, which is seen through.
      let feature = try feature.order == nil ? feature : settled(feature, arguments)
      guard feature.shape.count > 2, feature.shape[0] == batch, feature.order == nil, feature.padding == nil,
        !feature.isRepeated
      else {
        throw arguments.refusal("reads \(feature.shape), which is not taken")
      }
      let input = try feature.affine == nil ? feature.node : settled(feature, arguments).node
      guard network.shape(input)[0].isMultiple(of: max(feature.shape[1], 1)), feature.shape[1] > 0 else {
        throw arguments.refusal("reads \(feature.shape), which is not taken")
      }
      return try groupNorm(input, feature.shape, feature.shape[1], epsilon, arguments)
    }
  }

  /// A norm over groups of channels; its scale and shift, one for each group or channel, follow it.
  private mutating func groupNorm(
    _ input: String, _ shape: [Int], _ groups: Int, _ epsilon: Float, _ arguments: ONNXArguments
  ) throws -> Feature {
    let channels = network.shape(input)[0]
    let lists = try (1...2).map { place -> [Double] in
      let values = try numbers(
        arguments.node.inputs.indices.contains(place) ? arguments.node.inputs[place] : "", arguments
      ).values
      guard !values.isEmpty, channels.isMultiple(of: values.count) else {
        throw arguments.refusal("its scale and bias do not fit \(channels) channels")
      }
      return (0..<channels).map { values[$0 * values.count / channels] }
    }
    let layer = Layer.groupNormalization(GroupNormalization(groups: groups, epsilon: epsilon, affine: false))
    var result = try add(layer, of: [input], like: weightName(arguments, 1), for: arguments)
    result.shape = shape
    if lists[0].allSatisfy({ $0 == 1 }), lists[1].allSatisfy({ $0 == 0 }) { return result }
    var affine = Affine.identity
    affine.multiply(by: lists[0])
    affine.add(lists[1])
    guard affine.deviation.allSatisfy(\.isFinite) else { throw arguments.refusal("has a scale of 0") }
    result.affine = affine
    // It belongs to channels, whatever the graph sees.
    result.node = try network.add(affine.layer, of: [result.node], affine: affine, like: "\(result.node).scale")
    result.affine = nil
    return result
  }

  private mutating func layerNorm(_ feature: Feature, _ epsilon: Float, _ arguments: ONNXArguments) throws -> Feature {
    try arguments.refuseOutput(1, "the mean")
    let input = try whole(feature, arguments)
    let shape = network.shape(input).sizes
    guard normalised(try arguments.integer("axis", -1), rank: feature.shape.count) == 1 else {
      throw arguments.refusal("axis is not taken, only 1: the norm of a whole image")
    }
    var parameters = ["weight": try parameter(arguments, 1, shape, "weight")]
    if arguments.input(2) != nil {
      parameters["bias"] = try parameter(arguments, 2, shape, "bias")
    } else {
      try charge(shape.reduce(1, *), arguments)
      parameters["bias"] = try StoredTensor(
        name: "bias", shape: shape, floats: [Float](repeating: 0, count: shape.reduce(1, *)))
    }
    return try add(
      .layerNormalization(LayerNormalization(epsilon: epsilon)), of: [input], parameters,
      like: weightName(arguments, 1), for: arguments)
  }

  private mutating func localNorm(_ feature: Feature, _ arguments: ONNXArguments) throws -> Feature {
    let size = try arguments.integer("size", 0)
    guard size > 0, !size.isMultiple(of: 2) else { throw arguments.refusal("size \(size) is not taken, only odd ones") }
    let settings = LocalResponseNormalization(
      size: size, alpha: try arguments.float("alpha", 1e-4), beta: try arguments.float("beta", 0.75),
      k: try arguments.float("bias", 1))
    return try add(.localResponseNormalization(settings), of: [image(feature, arguments)], for: arguments)
  }
}
