import Networks

// What PyTorch has and ONNX has no operator for.

extension ONNXImporter {
  /// What a node of PyTorch's own operators puts out.
  mutating func applyPyTorch(_ arguments: ONNXArguments) throws -> Feature {
    switch arguments.node.operation {
    case "AdaptiveAveragePool":
      let size = try arguments.integers("output_size", [1, 1])
      guard size.allSatisfy({ $0 > 0 }) else { throw arguments.refusal("output_size \(size) is not taken") }
      let layer = Layer.adaptiveAveragePooling(Extent(height: size[0], width: size[1]))
      return try add(layer, of: [image(feature(arguments), arguments)], for: arguments)
    case "Dropout":
      var feature = try feature(arguments)
      let rate = try arguments.float("ratio", 0.5)
      guard rate > 0, rate < 1 else {
        guard rate == 0 else { throw arguments.refusal("p \(rate) is not taken, only less than 1") }
        return feature
      }
      if feature.affine != nil || feature.padding != nil { feature = try settled(feature, arguments) }
      let ofChannels = try arguments.integer("channels", 0) != 0
      guard !ofChannels || feature.order == nil && feature.shape.count == 4 else {
        throw arguments.refusal("reads \(feature.shape), which is not taken")
      }
      let layer = Layer.dropout(Dropout(rate: rate, channelwise: ofChannels))
      feature.node = try add(layer, of: [feature.node], for: arguments).node
      return feature
    case "ChannelShuffle":
      let layer = Layer.channelShuffle(groups: try arguments.integer("groups", 1))
      return try add(layer, of: [image(feature(arguments), arguments)], for: arguments)
    default: throw arguments.refusal("is no operator that is known")
    }
  }
}
