import Failures
import Networks
import Tensors

// Sums, products and what they are parts of.

extension ONNXImporter {
  /// The sum, difference, product or quotient that the node computes.
  mutating func combined(_ arguments: ONNXArguments) throws -> Feature {
    let node = arguments.node
    let images = node.inputs.filter { features[$0] != nil }
    if node.operation == "Neg" || images.count == 1, node.inputs.count <= 2 { return try scaled(arguments) }
    guard images.count == node.inputs.count else {
      throw arguments.refusal("adds constants and images; give them two by two")
    }
    switch node.operation {
    case "Add", "Sum":
      let parts = try node.inputs.indices.map { try feature(arguments, $0) }
      return parts.count == 1 ? parts[0] : try sum(parts, arguments)
    case "Sub":
      var negative = try feature(arguments, 1)
      if let affine = negative.affine, max(affine.mean.count, affine.deviation.count) > 1 {
        negative = try settled(negative, arguments)
      }
      negative.affine = negative.affine ?? .identity
      negative.affine?.divide(by: [-1])
      return try sum([feature(arguments), negative], arguments)
    case "Mul": return try product(arguments)
    default: throw arguments.refusal("divides by what depends on the image, which is not taken")
    }
  }

  private mutating func sum(_ parts: [Feature], _ arguments: ONNXArguments) throws -> Feature {
    let (first, shape) = (parts[0], network.shape(parts[0].node))
    guard parts.allSatisfy({ $0.shape == first.shape }) else {
      throw arguments.refusal("adds \(parts.map(\.shape)), which are not of one shape")
    }
    // Parts seen in the same way are added as they are.
    let isAlike = parts.allSatisfy { part in
      part.order == first.order && part.affine == nil && part.padding == nil && !part.isRepeated
        && network.shape(part.node) == shape
    }
    guard isAlike else { return try add(.sum, of: parts.map { try whole($0, arguments) }, for: arguments) }
    var result = try add(.sum, of: parts.map(\.node), for: arguments)
    (result.shape, result.order) = (first.shape, first.order)
    return result
  }

  private mutating func product(_ arguments: ONNXArguments) throws -> Feature {
    var parts = arguments.node.inputs.compactMap { features[$0] }
    guard parts.count == 2 else { throw arguments.refusal("needs two inputs") }
    for part in parts { try requireImagesFirst(part, arguments) }
    if parts[1].erf != nil { parts.swapAt(0, 1) }
    if parts[0].erf != nil { return try gelu(parts[0], parts[1], arguments) }
    parts = try parts.map { try $0.affine == nil || $0.isRepeated ? $0 : settled($0, arguments) }
    for (gate, other) in [(parts[0], parts[1]), (parts[1], parts[0])] {
      if let activation = gated(gate, other) {
        return try add(.activation(activation), of: [other.node], for: arguments)
      }
    }
    // One factor a channel, repeated or not, comes second.
    if parts[0].isRepeated || parts[0].shape.dropFirst(2) == [1, 1] { parts.swapAt(0, 1) }
    if parts[1].isRepeated { parts[1].isRepeated = false; parts[1].shape = Array(parts[1].shape[..<2]) + [1, 1] }
    return try add(.product, of: [whole(parts[0], arguments), whole(parts[1], arguments)], for: arguments)
  }

  /// The activation that is the product of `other` and a gate of it; nil if `gate` is none.
  private func gated(_ gate: Feature, _ other: Feature) -> Activation? {
    guard let item = network.item(gate.node), item.node.inputs == [other.node], gate.shape == other.shape,
      gate.order == nil, other.order == nil, gate.affine == nil, other.affine == nil, other.padding == nil,
      !gate.isRepeated, !other.isRepeated, other.erf == nil
    else { return nil }
    switch item.node.layer {
    case .activation(.sigmoid): return .silu
    case .activation(.hardSigmoid): return .hardSwish
    default: return nil
    }
  }

  // MARK: - With constants

  /// A feature with constants added or multiplied, one for all channels or one for each.
  private mutating func scaled(_ arguments: ONNXArguments) throws -> Feature {
    let node = arguments.node
    let place = node.inputs.firstIndex { features[$0] != nil } ?? 0
    guard var feature = features[node.inputs[place]] else { throw arguments.refusal("needs an image") }
    try requireImagesFirst(feature, arguments)
    var values = [-1.0]
    if node.operation != "Neg" {
      guard node.inputs.count == 2 else { return feature }
      let constant = try numbers(node.inputs[1 - place], arguments)
      values = try channelValues(constant, &feature, arguments)
    }
    if feature.padding != nil || feature.order != nil { feature = try settled(feature, arguments) }
    var affine = feature.affine ?? .identity
    switch (node.operation, place) {
    case ("Add", _), ("Sum", _): affine.add(values)
    case ("Sub", 0): affine.add(values, sign: -1)
    case ("Sub", _):
      affine.divide(by: [-1])
      affine.add(values)
    case ("Mul", _), ("Neg", _): affine.multiply(by: values)
    case ("Div", 0): affine.divide(by: values)
    default: throw arguments.refusal("divides a constant by the image, which is not taken")
    }
    guard (affine.mean + affine.deviation).allSatisfy({ $0.isFinite && abs($0) < 1e30 }),
      affine.deviation.allSatisfy({ abs($0) > 1e-30 })
    else { throw arguments.refusal("multiplies by 0 or by numbers beyond all bounds") }
    feature.affine = affine
    return feature
  }

  /// The numbers of `constant`: one, or one for each channel, or feature, of `feature`.
  private mutating func channelValues(
    _ constant: NumberArray, _ feature: inout Feature, _ arguments: ONNXArguments
  ) throws -> [Double] {
    if constant.values.count == 1, constant.shape.count <= feature.shape.count { return constant.values }
    let rank = feature.shape.count
    let padded = [Int](repeating: 1, count: max(0, rank - constant.shape.count)) + constant.shape
    guard padded.count == rank, rank > 1, feature.shape[0] == batch, padded[1] == feature.shape[1],
      constant.values.count == padded[1]
    else {
      throw arguments.refusal(
        "its constant \(constant.shape) is not one number or one for each channel of \(feature.shape)")
    }
    if feature.erf != nil { throw arguments.refusal("follows Erf, which is taken in GELU alone") }
    if feature.order != nil { feature = try settled(feature, arguments) }
    if network.shape(feature.node)[0] != feature.shape[1] {
      feature = Feature(node: try whole(feature, arguments), shape: feature.shape)
    }
    return constant.values
  }

  // MARK: - Functions of several nodes

  /// The softplus of what is not above 20, and else the number itself, as PyTorch has it.
  mutating func softplus(_ arguments: ONNXArguments) throws -> Feature {
    if arguments.node.operation == "Greater" {
      var feature = try feature(arguments)
      feature.threshold = try numbers(arguments.node.inputs.last ?? "", arguments).values.first
      return feature
    }
    let parts = arguments.node.inputs.compactMap { features[$0] }
    guard parts.count == 3, parts[0].threshold == 20, parts[0].node == parts[1].node,
      parts[0].affine == parts[1].affine,
      parts[2].shape == parts[1].shape, let item = network.item(parts[2].node),
      item.node.layer == .activation(.softplus)
    else { throw arguments.refusal("is taken in Softplus alone") }
    let number = try settled(parts[1], arguments).node
    guard item.node.inputs == [number] else { throw arguments.refusal("is taken in Softplus alone") }
    return parts[2]
  }

  /// The error function, of which GELU is made.
  mutating func errorFunction(_ arguments: ONNXArguments) throws -> Feature {
    var feature = try feature(arguments)
    if feature.order != nil || feature.padding != nil || feature.isRepeated {
      feature = try settled(feature, arguments)
    }
    var argument = feature.affine ?? .identity
    argument.multiply(by: [Double(2).squareRoot()])
    (feature.erf, feature.affine) = (argument, nil)
    return feature
  }

  /// `x (1 + erf(x / sqrt(2)))`, which is twice GELU, whichever factor is halved.
  private mutating func gelu(_ share: Feature, _ other: Feature, _ arguments: ONNXArguments) throws -> Feature {
    let (gate, plain) = (share.affine ?? .identity, other.affine ?? .identity)
    guard let argument = share.erf, other.node == share.node, other.shape == share.shape, other.erf == nil,
      gate.mean == [-1], gate.deviation.count == 1, other.order == nil, other.padding == nil,
      let ratio = plain.ratio(to: argument)
    else { throw arguments.refusal("multiplies Erf by what does not make GELU of it") }
    var result = other
    if ratio != 1 { result.affine = argument.ratio(to: .identity) == 1 ? nil : argument }
    result = try settled(result, arguments)
    result.node = try add(.activation(.gelu), of: [result.node], for: arguments).node
    let scale = gate.deviation[0] * ratio / 2
    result.affine = scale == 1 ? nil : Affine(mean: [0], deviation: [scale])
    return result
  }

  /// A power of 2 or 3, as products.
  mutating func power(_ arguments: ONNXArguments) throws -> Feature {
    let feature = try feature(arguments)
    let exponents = try numbers(arguments.node.inputs.count > 1 ? arguments.node.inputs[1] : "", arguments).values
    guard exponents.count == 1, [1, 2, 3].contains(exponents[0]) else {
      throw arguments.refusal("to the \(exponents.prefix(3)) is not taken, only to 2 and 3")
    }
    let one = try whole(feature, arguments)
    var result = Feature(node: one, shape: feature.shape)
    for _ in 1..<Int(exponents[0]) { result = try add(.product, of: [result.node, one], for: arguments) }
    return result
  }
}
