import Failures
import HDF5
import Networks
import Tensors

// From what the graph sees to what nodes of the network read.

extension ONNXImporter {
  /// What the node reads at `place`, which depends on the image, images first.
  func feature(_ arguments: ONNXArguments, _ place: Int = 0) throws -> Feature {
    let feature = try anyFeature(arguments, place)
    try requireImagesFirst(feature, arguments)
    return feature
  }

  /// Refuses a feature whose channels stand before images.
  func requireImagesFirst(_ feature: Feature, _ arguments: ONNXArguments) throws {
    guard !feature.isSwapped else { throw arguments.refusal("reads channels before images, which Gather alone may") }
  }

  /// What the node reads at `place`, which depends on the image.
  func anyFeature(_ arguments: ONNXArguments, _ place: Int = 0) throws -> Feature {
    guard let name = arguments.input(place), let feature = features[name] else {
      throw arguments.refusal("its input \(place + 1) does not depend on the image, which it has to")
    }
    guard feature.erf == nil else { throw arguments.refusal("follows Erf, which is taken in GELU alone") }
    guard feature.threshold == nil else { throw arguments.refusal("follows Greater, which is taken in Softplus alone") }
    return feature
  }

  /// Adds a layer that is called like the graph's node, or like its weight `hint`; what it puts out.
  mutating func add(
    _ layer: Layer, of inputs: [String], _ parameters: [String: StoredTensor] = [:], like hint: String? = nil,
    for arguments: ONNXArguments
  ) throws -> Feature {
    let node = arguments.node
    let own = node.name.isEmpty ? "\(node.operation.lowercased())\(network.items.count)" : node.name
    let name = try network.add(layer, of: inputs, parameters, like: hint ?? own)
    return Feature(node: name, shape: [batch] + network.shape(name).sizes)
  }

  /// The feature with nothing left to be computed, its channels in their own order.
  mutating func settled(_ feature: Feature, _ arguments: ONNXArguments) throws -> Feature {
    var feature = feature
    try requireImagesFirst(feature, arguments)
    guard feature.erf == nil else { throw arguments.refusal("follows Erf, which is taken in GELU alone") }
    guard feature.statistic == nil else { throw misplaced(arguments) }
    guard feature.padding == nil else { throw arguments.refusal("follows Pad, which is taken before Conv alone") }
    guard !feature.isRepeated else { throw arguments.refusal("follows Expand, which is taken before Mul alone") }
    if let order = feature.order {
      let layer = shuffle(order).map { Layer.channelShuffle(groups: $0) } ?? .channelPermutation(order: order)
      if order.count != network.shape(feature.node)[0] {
        feature.node = try network.addOnce(.flatten, of: feature.node, like: "\(feature.node).flatten")
      }
      feature.node = try network.addOnce(layer, of: feature.node, like: "\(feature.node).order")
      feature.order = nil
    }
    if let affine = feature.affine {
      feature.node = try network.addOnce(affine.layer, of: feature.node, affine: affine, like: "\(feature.node).scale")
      feature.affine = nil
    }
    return feature
  }

  /// Into how many groups a shuffle deals channels to give `order`; nil if none does.
  private func shuffle(_ order: [Int]) -> Int? {
    guard order.count > 2, order[0] == 0, order[1] > 1, order.count.isMultiple(of: order[1]) else { return nil }
    let (size, groups) = (order[1], order.count / order[1])
    return order.indices.allSatisfy { order[$0] == $0 % groups * size + $0 / groups } ? groups : nil
  }

  /// The node that puts out `feature` as an image.
  mutating func image(_ feature: Feature, _ arguments: ONNXArguments) throws -> String {
    let settled = try settled(feature, arguments)
    let shape = network.shape(settled.node).sizes
    if settled.shape == [batch] + shape, shape.count == 3 { return settled.node }
    let isPixel = shape.count == 1 && settled.shape == [batch, shape[0], 1, 1]
    if isPixel, network.makeConvolutions(upTo: settled.node) { return settled.node }
    throw arguments.refusal("reads \(settled.shape), made of \(shape), which is not taken as an image")
  }

  /// The node that puts out `feature` as a list of features.
  mutating func vector(_ feature: Feature, _ arguments: ONNXArguments) throws -> String {
    let settled = try settled(feature, arguments)
    let shape = network.shape(settled.node)
    guard settled.shape == [batch, shape.count] else {
      throw arguments.refusal("reads \(settled.shape), made of \(shape), which is not taken as a list of features")
    }
    if shape.rank == 1 { return settled.node }
    return try network.addOnce(.flatten, of: settled.node, like: "\(settled.node).flatten")
  }

  /// The node that puts out `feature` as an image or a list, whichever it is.
  mutating func whole(_ feature: Feature, _ arguments: ONNXArguments) throws -> String {
    try feature.shape.count == 2 ? vector(feature, arguments) : image(feature, arguments)
  }

  /// The constant that the node reads at `place`, as a parameter of `shape`.
  mutating func parameter(
    _ arguments: ONNXArguments, _ place: Int, _ shape: [Int], _ short: String
  ) throws -> StoredTensor {
    guard let name = arguments.input(place), let constant = constants[name] else {
      throw arguments.refusal("its \(short) is no constant; only trained weights are taken")
    }
    guard constant.count == shape.reduce(1, *) else {
      throw arguments.refusal("its \(short) is \(constant.shape), not \(shape)")
    }
    switch constant.storage {
    case .stored(let tensor):
      guard tensor.element.isFloatingPoint, tensor.element.isReadable else {
        throw arguments.refusal("its \(short) is \(tensor.element.rawValue); only floating-point numbers are taken")
      }
      return try tensor.reshaped(shape, name: name)
    case .numbers(let numbers):
      try charge(numbers.count, arguments)
      return try StoredTensor(name: name, shape: shape, floats: numbers.map { Float($0) })
    }
  }

  /// What a node with the weight at `place` is called: like the weight, if that has a name of a parameter.
  func weightName(_ arguments: ONNXArguments, _ place: Int) -> String? {
    guard let name = arguments.input(place), name.hasSuffix(".weight") else { return nil }
    return String(name.dropLast(".weight".count))
  }
}
