import Failures
import Networks
import Records
import Tensors

extension KerasImporter {
  mutating func batchNormalization(_ value: KerasValue, _ arguments: KerasArguments) throws -> KerasValue {
    let settled = try settled(value, arguments)
    try requireChannels(settled, arguments)
    try arguments.require("renorm", .bool(false))
    let epsilon = Float(try arguments.number("epsilon", 1e-3))
    // Keras keeps the share of the old statistics; rounding finds the share of the new ones again.
    let momentum = Float((1e6 * (1 - (try arguments.number("momentum", 0.99)))).rounded() / 1e6)
    let hasScale = try arguments.bool("scale", true)
    let hasShift = try arguments.bool("center", true)
    let names = (hasScale ? ["gamma"] : []) + (hasShift ? ["beta"] : []) + ["moving_mean", "moving_variance"]
    var found = Dictionary(
      uniqueKeysWithValues: zip(names, try weights.tensors(of: arguments.layer, names)))
    let count = network.shape(settled.node)[0]
    for (name, tensor) in found where tensor.shape.sizes != [count] {
      throw arguments.refusal("its \(name) is \(tensor.shape), not \(count)")
    }
    if network.shape(settled.node).rank == 1 { return try featureNorm(settled, found, epsilon, arguments) }
    if !hasScale { found["gamma"] = try constant(1, [count]) }
    if !hasShift { found["beta"] = try constant(0, [count]) }
    let own = [
      "gamma": "weight", "beta": "bias", "moving_mean": "running_mean", "moving_variance": "running_var",
    ]
    let parameters = Dictionary(uniqueKeysWithValues: found.map { (own[$0.key] ?? $0.key, $0.value) })
    let settings = BatchNormalization(epsilon: epsilon, momentum: min(max(momentum, 0), 1))
    return try add(.batchNormalization(settings), of: [image(settled, arguments)], parameters, for: arguments)
  }

  /// A norm of features by stored statistics: a scale and a shift.
  private mutating func featureNorm(
    _ value: KerasValue, _ tensors: [String: StoredTensor], _ epsilon: Float, _ arguments: KerasArguments
  ) throws -> KerasValue {
    var lists: [String: [Double]] = [:]
    for (name, tensor) in tensors { lists[name] = try ordered(numbers(tensor, arguments), value, arguments) }
    return try changed(value, arguments) { affine in
      affine.add(lists["moving_mean"] ?? [0], sign: -1)
      affine.divide(by: (lists["moving_variance"] ?? [1]).map { ($0 + Double(epsilon)).squareRoot() })
      affine.multiply(by: lists["gamma"] ?? [1])
      affine.add(lists["beta"] ?? [0])
    }
  }

  /// The numbers of a short tensor.
  private func numbers(_ tensor: StoredTensor, _ arguments: KerasArguments) throws -> [Double] {
    guard tensor.shape.count <= 1 << 22 else { throw arguments.refusal("norms more features than are taken") }
    return try file.floats(of: tensor).map(Double.init)
  }

  private func constant(_ value: Float, _ shape: [Int]) throws -> StoredTensor {
    try StoredTensor(name: "constant", shape: shape, floats: .init(repeating: value, count: shape.reduce(1, *)))
  }

  private func requireChannels(_ value: KerasValue, _ arguments: KerasArguments) throws {
    let axes = try arguments["axis"].map { _ in try arguments.integers("axis") } ?? [-1]
    let isOfFeatures = value.flattened != nil && [1, -1].contains(axes[0])
    guard axes.count == 1, isChannel(axes[0], of: value) || isOfFeatures else {
      throw arguments.refusal("axis \(axes.prefix(8)) is not taken, only that of channels")
    }
  }

  // MARK: - Norms of one image

  mutating func layerNormalization(_ value: KerasValue, _ arguments: KerasArguments) throws -> KerasValue {
    let settled = try settled(value, arguments)
    let shape = network.shape(settled.node)
    let axes = try arguments["axis"].map { _ in try arguments.integers("axis") } ?? [-1]
    try arguments.require("rms_scaling", .bool(false))
    guard !settled.hidesChannel, Set(axes.map { $0 < 0 ? $0 + shape.rank + 1 : $0 }) == Set(1...shape.rank) else {
      throw arguments.refusal("axis \(axes.prefix(8)) is not taken, only all of an image: [1, 2, 3]")
    }
    let (center, scale) = (try arguments.bool("center", true), try arguments.bool("scale", true))
    let names = (scale ? ["gamma"] : []) + (center ? ["beta"] : [])
    let found = Dictionary(uniqueKeysWithValues: zip(names, try weights.tensors(of: arguments.layer, names)))
    var parameters: [String: StoredTensor] = [:]
    if scale || center {
      guard shape.count <= 1 << 26 else { throw arguments.refusal("norms \(shape), which is too large") }
      for (name, own, usual) in [("gamma", "weight", Float(1)), ("beta", "bias", 0)] {
        parameters[own] = try found[name].map { try placed($0, settled, arguments) } ?? constant(usual, shape.sizes)
      }
    }
    let settings = LayerNormalization(
      epsilon: Float(try arguments.number("epsilon", 1e-3)), affine: !parameters.isEmpty)
    var result = try add(.layerNormalization(settings), of: [settled.node], parameters, for: arguments)
    result.flattened = settled.flattened
    return result
  }

  /// A tensor with a number for each of the value's, in the order of the node.
  private func placed(
    _ tensor: StoredTensor, _ value: KerasValue, _ arguments: KerasArguments
  ) throws -> StoredTensor {
    let shape = network.shape(value.node)
    guard tensor.shape.sizes == sizes(value) else {
      throw arguments.refusal("has a tensor of \(tensor.shape), not \(Shape(sizes(value)))")
    }
    if let image = value.flattened {
      return try tensor.permuted([image[1], image[2], image[0]], by: [2, 0, 1], as: shape.sizes)
    }
    guard shape.rank == 3, !isChannelsFirst else { return tensor }
    return try tensor.permuted([shape[1], shape[2], shape[0]], by: [2, 0, 1], as: shape.sizes)
  }

  mutating func groupNormalization(_ value: KerasValue, _ arguments: KerasArguments) throws -> KerasValue {
    let settled = try settled(value, arguments)
    guard settled.flattened == nil else { throw arguments.refusal("reads a flattened image, which is not taken") }
    try requireChannels(settled, arguments)
    let channels = network.shape(settled.node)[0]
    let asked = try arguments.integer("groups", 32)
    let (center, scale) = (try arguments.bool("center", true), try arguments.bool("scale", true))
    let names = (scale ? ["gamma"] : []) + (center ? ["beta"] : [])
    let found = Dictionary(uniqueKeysWithValues: zip(names, try weights.tensors(of: arguments.layer, names)))
    var parameters: [String: StoredTensor] = [:]
    if scale || center {
      parameters["weight"] = try found["gamma"] ?? constant(1, [channels])
      parameters["bias"] = try found["beta"] ?? constant(0, [channels])
    }
    for tensor in parameters.values where tensor.shape.sizes != [channels] {
      throw arguments.refusal("has a tensor of \(tensor.shape), not \(channels)")
    }
    let settings = GroupNormalization(
      groups: asked == -1 ? channels : asked, epsilon: Float(try arguments.number("epsilon", 1e-3)),
      affine: !parameters.isEmpty)
    return try add(.groupNormalization(settings), of: [settled.node], parameters, for: arguments)
  }

  // MARK: - Scales and shifts

  mutating func rescaling(_ value: KerasValue, _ arguments: KerasArguments) throws -> KerasValue {
    let scale = try ordered(arguments.numbers("scale") ?? [1], value, arguments)
    let offset = try ordered(arguments.numbers("offset") ?? [0], value, arguments)
    return try changed(value, arguments) { affine in
      affine.multiply(by: scale)
      affine.add(offset)
    }
  }

  /// Less a mean, over a deviation, which the settings hold, or the tensors that the layer was adapted to data by.
  mutating func normalization(_ value: KerasValue, _ arguments: KerasArguments) throws -> KerasValue {
    try arguments.require("invert", .bool(false))
    var (mean, variance) = (try arguments.numbers("mean"), try arguments.numbers("variance"))
    if mean == nil || variance == nil {
      let tensors = try weights.adapted(arguments.layer)
      (mean, variance) = (try numbers(tensors.mean, arguments), try numbers(tensors.variance, arguments))
    }
    let means = try ordered(mean ?? [], value, arguments)
    let deviations = try ordered(variance ?? [], value, arguments).map { max($0.squareRoot(), 1e-7) }
    return try changed(value, arguments) { affine in
      affine.add(means, sign: -1)
      affine.divide(by: deviations)
    }
  }
}
