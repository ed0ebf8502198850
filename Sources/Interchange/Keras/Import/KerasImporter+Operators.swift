import Failures
import Networks
import Records
import Tensors

extension KerasImporter {
  /// Layers that change images in training alone.
  private static let ofTraining: Set = [
    "RandomFlip", "RandomRotation", "RandomTranslation", "RandomZoom", "RandomContrast", "RandomBrightness",
    "RandomCrop", "RandomShear", "RandomHue", "RandomSaturation", "RandomGrayscale", "RandomErasing", "GaussianNoise",
    "GaussianDropout", "AlphaDropout", "ActivityRegularization",
  ]

  /// What the layer makes of `inputs`.
  mutating func apply(_ arguments: KerasArguments, _ inputs: [KerasValue], isLast: Bool) throws -> KerasValue {
    if arguments.layer.isOperation { return try combined(inputs, arguments) }
    let (kind, value) = (arguments.layer.kind, inputs[0])
    if ["Add", "Subtract", "Multiply", "Average", "Concatenate"].contains(kind) {
      return try combined(inputs, arguments)
    }
    guard inputs.count == 1 else { throw arguments.refusal("reads \(inputs.count) tensors, which is not taken") }
    switch kind {
    case "Conv2D", "Convolution2D", "DepthwiseConv2D", "SeparableConv2D", "SeparableConvolution2D", "Conv2DTranspose",
      "Convolution2DTranspose", "Dense":
      let result = try weighted(value, arguments)
      guard let activation = arguments["activation"] else { return result }
      return try activated(result, activation, isLast: isLast, part: "activation", arguments)
    case "Activation":
      return try activated(value, arguments["activation"] ?? .null, isLast: isLast, arguments)
    case "ReLU", "LeakyReLU", "ELU", "Softmax", "PReLU":
      return try activated(value, kind, arguments.layer.settings, isLast: isLast, arguments)
    case "BatchNormalization": return try batchNormalization(value, arguments)
    case "LayerNormalization": return try layerNormalization(value, arguments)
    case "GroupNormalization": return try groupNormalization(value, arguments)
    case "Rescaling": return try rescaling(value, arguments)
    case "Normalization": return try normalization(value, arguments)
    case "MaxPooling2D", "MaxPool2D", "AveragePooling2D", "AvgPool2D": return try pooling(value, arguments)
    case "GlobalMaxPooling2D", "GlobalMaxPool2D", "GlobalAveragePooling2D", "GlobalAvgPool2D":
      return try globalPooling(value, arguments)
    case "AdaptiveAveragePooling2D":
      let layer = Layer.adaptiveAveragePooling(try arguments.extent("output_size"))
      return try add(layer, of: [image(value, arguments)], for: arguments)
    case "UpSampling2D": return try upsampling(value, arguments)
    case "ZeroPadding2D": return try padding(value, arguments)
    case "Dropout", "SpatialDropout2D": return try dropout(value, arguments)
    case "Flatten": return try flattened(value, arguments)
    case "Reshape": return try reshaped(value, arguments)
    case "Permute": return try permuted(value, arguments)
    case "Identity": return value
    case "Lambda": throw arguments.refusal("is code, and nothing in a file is run; give it a layer of Keras")
    case _ where Self.ofTraining.contains(kind):
      leftOut.append(arguments.layer.path.joined(separator: "."))
      return value
    default: throw arguments.refusal("is a class that is not taken; formats/keras.md lists those that are")
    }
  }

  private mutating func weighted(_ value: KerasValue, _ arguments: KerasArguments) throws -> KerasValue {
    switch arguments.layer.kind {
    case "Dense": return try dense(value, arguments)
    case "DepthwiseConv2D": return try depthwiseConvolution(value, depthwiseTensors(arguments), arguments)
    case "SeparableConv2D", "SeparableConvolution2D": return try separableConvolution(value, arguments)
    case "Conv2DTranspose", "Convolution2DTranspose": return try transposedConvolution(value, arguments)
    default: return try convolution(value, arguments)
    }
  }

  // MARK: - Several tensors

  /// A sum, product, mean or list of channels.
  private mutating func combined(_ inputs: [KerasValue], _ arguments: KerasArguments) throws -> KerasValue {
    let kind = arguments.layer.kind
    if inputs.count == 1, !arguments.layer.isOperation { return inputs[0] }
    guard inputs.count > 1 else { throw arguments.refusal("reads one tensor, which is not taken") }
    switch kind {
    case "Add", "Average":
      var result = try joined(.sum, inputs, arguments)
      if kind == "Average" {
        result = try changed(result, arguments) { $0.divide(by: [Double(inputs.count)]) }
      }
      return result
    case "Subtract":
      guard inputs.count == 2 else { throw arguments.refusal("reads \(inputs.count) tensors, not two") }
      let less = KerasValue(node: try settled(inputs[1], arguments).node, flattened: inputs[1].flattened)
      return try joined(.sum, [inputs[0], changed(less, arguments) { $0.divide(by: [-1]) }], arguments)
    case "Multiply":
      return try inputs.dropFirst().reduce(inputs[0]) { try product($0, $1, arguments) }
    case "Concatenate" where !arguments.layer.isOperation:
      let axis = try arguments.integer("axis", -1)
      let parts = try inputs.map { KerasValue(node: try plain($0, arguments), hidesChannel: $0.hidesChannel) }
      guard parts.allSatisfy({ isChannel(axis, of: $0) }) else {
        throw arguments.refusal("axis \(axis) is not taken, only that of channels")
      }
      return try joined(.concatenation, parts, arguments)
    default: throw arguments.refusal("is an operator that is not taken; formats/keras.md lists the layers that are")
    }
  }

  private mutating func joined(
    _ layer: Layer, _ inputs: [KerasValue], _ arguments: KerasArguments
  ) throws -> KerasValue {
    let (nodes, flattened) = try together(inputs, arguments)
    var result = try add(layer, of: nodes, for: arguments)
    result.flattened = flattened
    return result
  }

  /// A product, whose factor a channel, if one is that, comes second.
  private mutating func product(
    _ first: KerasValue, _ second: KerasValue, _ arguments: KerasArguments
  ) throws -> KerasValue {
    let isSwapped = network.shape(first.node).sizes.dropFirst() == [1, 1]
    return try joined(.product, isSwapped ? [second, first] : [first, second], arguments)
  }
}
