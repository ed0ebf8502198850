internal import Symmetry
import Tensors

/// The largest network this package builds: bounds that a hostile definition meets before any buffer is made.
package enum NetworkLimits {
  /// Nodes in a network.
  package static let nodes = 10_000
  /// Elements of one image's activation, or of one parameter.
  package static let elements = 1 << 30
  /// Multiply-adds of one node on one image.
  package static let multiplyAdds = 1 << 48
  /// Any single setting: channels, features, kernel side.
  package static let setting = 1 << 20
}

extension Layer {
  /// The shape of one image's output, for one image's inputs `[c, h, w]` or `[features]`.
  ///
  /// - Throws: a reason without the node's name, which `NetworkGraph` adds.
  func outputShape(_ inputs: [Shape]) throws(ShapeMismatch) -> Shape {
    switch self {
    case .sum, .concatenation:
      guard inputs.count >= 2 else { throw ShapeMismatch("needs two or more inputs, has \(inputs.count)") }
      return self == .sum ? try sumShape(inputs) : try concatenationShape(inputs)
    default:
      guard inputs.count == 1 else { throw ShapeMismatch("needs one input, has \(inputs.count)") }
      return try outputShape(inputs[0])
    }
  }

  private func outputShape(_ input: Shape) throws(ShapeMismatch) -> Shape {
    switch self {
    case .convolution(let settings): return try settings.outputShape(input)
    case .groupConvolution(let settings): return try settings.outputShape(input)
    case .maxPooling(let settings), .averagePooling(let settings): return try settings.outputShape(input)
    case .groupMaxPooling(let group), .groupAveragePooling(let group):
      try requireMaps(input, over: group)
      return [input[0] / group.order, input[1], input[2]]
    case .groupBatchNormalization(let settings, let group):
      try requireMaps(input, over: group)
      return try Layer.batchNormalization(settings).outputShape(input)
    case .batchNormalization(let settings):
      try requireImage(input)
      guard settings.epsilon > 0, settings.epsilon.isFinite, (0...1).contains(settings.momentum) else {
        throw ShapeMismatch("needs epsilon > 0 and momentum in 0...1")
      }
      return input
    case .dropout(let settings):
      guard (0..<1).contains(settings.rate) else { throw ShapeMismatch("needs a rate in 0..<1") }
      if settings.channelwise { try requireImage(input) }
      return input
    case .dense(let settings):
      guard input.rank == 1 else { throw ShapeMismatch("needs [features], has [\(input)]: flatten first") }
      try require(settings.outputs, "outputs")
      return [settings.outputs]
    case .flatten: return [input.count]
    case .relu, .sum, .concatenation: return input
    }
  }

  private func sumShape(_ inputs: [Shape]) throws(ShapeMismatch) -> Shape {
    for shape in inputs where shape != inputs[0] { throw ShapeMismatch("adds [\(inputs[0])] and [\(shape)]") }
    return inputs[0]
  }

  private func concatenationShape(_ inputs: [Shape]) throws(ShapeMismatch) -> Shape {
    let rest = inputs[0].sizes.dropFirst()
    for shape in inputs where shape.rank != inputs[0].rank || shape.sizes.dropFirst() != rest {
      throw ShapeMismatch("joins [\(inputs[0])] and [\(shape)], which differ in more than channels")
    }
    let channels = inputs.reduce(0) { $0 + $1[0] }
    try require(channels, "channels")
    return Shape([channels] + rest)
  }
}

extension Convolution {
  fileprivate func outputShape(_ input: Shape) throws(ShapeMismatch) -> Shape {
    try requireImage(input)
    try require(outputChannels, "outputChannels")
    try require(groups, "groups")
    guard input[0].isMultiple(of: groups), outputChannels.isMultiple(of: groups) else {
      throw ShapeMismatch("cannot split \(input[0]) and \(outputChannels) channels into \(groups) groups")
    }
    let height = try windows(input[1], kernelSize, stride, padding)
    return [outputChannels, height, try windows(input[2], kernelSize, stride, padding)]
  }
}

extension GroupConvolution {
  fileprivate func outputShape(_ input: Shape) throws(ShapeMismatch) -> Shape {
    if lifting { try requireImage(input) } else { try requireMaps(input, over: group) }
    try require(outputChannels, "outputChannels")
    guard group == .p4 || !kernelSize.isMultiple(of: 2) else {
      throw ShapeMismatch("needs an odd kernel for p4m, has \(kernelSize)x\(kernelSize)")
    }
    let output = try plain.outputShape(input)
    // What is computed with is larger than the parameter.
    guard isBounded([output[0], input[0], kernelSize, kernelSize]) else {
      throw ShapeMismatch("is too large: [\(input)] to [\(output)]")
    }
    return output
  }
}

extension Pooling {
  fileprivate func outputShape(_ input: Shape) throws(ShapeMismatch) -> Shape {
    try requireImage(input)
    if kernelSize == 0 {
      guard padding == 0 else { throw ShapeMismatch("pools the whole image, which takes no padding") }
      return [input[0], 1, 1]
    }
    guard padding <= kernelSize / 2 else { throw ShapeMismatch("needs padding of at most half the window") }
    let height = try windows(input[1], kernelSize, stride, padding)
    return [input[0], height, try windows(input[2], kernelSize, stride, padding)]
  }
}

/// Why a layer does not fit its input.
struct ShapeMismatch: Error {
  let reason: String
  init(_ reason: String) { self.reason = reason }
}

private func requireImage(_ input: Shape) throws(ShapeMismatch) {
  guard input.rank == 3 else { throw ShapeMismatch("needs [c, h, w], has [\(input)]") }
}

/// Feature maps over `group`: a channel is as many maps as the group has elements.
private func requireMaps(_ input: Shape, over group: SymmetryGroup) throws(ShapeMismatch) {
  try requireImage(input)
  guard input[0].isMultiple(of: group.order) else {
    throw ShapeMismatch("needs [\(group.order) c, h, w], maps over \(group.rawValue), has [\(input)]")
  }
}

private func require(_ value: Int, _ name: String) throws(ShapeMismatch) {
  guard (1...NetworkLimits.setting).contains(value) else {
    throw ShapeMismatch("needs \(name) in 1...\(NetworkLimits.setting), has \(value)")
  }
}

/// How many windows of `kernel` fit into `side` pixels.
private func windows(_ side: Int, _ kernel: Int, _ stride: Int, _ padding: Int) throws(ShapeMismatch) -> Int {
  try require(kernel, "kernelSize")
  try require(stride, "stride")
  guard (0...kernel).contains(padding) else { throw ShapeMismatch("needs padding in 0...\(kernel), has \(padding)") }
  guard side + 2 * padding >= kernel else {
    throw ShapeMismatch("has a \(kernel)x\(kernel) window on \(side) pixels with padding \(padding)")
  }
  return (side + 2 * padding - kernel) / stride + 1
}
