import Failures
internal import Symmetry
package import Tensors

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
  /// The shape of one image's output, as `NetworkGraph` infers it.
  ///
  /// - Throws: `Failure` (`data`) saying what the layer refuses, or that the output is too large.
  package func checkedShape(of inputs: [Shape]) throws -> Shape {
    do {
      let shape = try outputShape(inputs)
      guard isBounded(shape.sizes) else { throw ShapeMismatch("is too large: [\(shape)]") }
      return shape
    } catch let mismatch as ShapeMismatch {
      throw Failure(.data, mismatch.reason)
    }
  }

  /// The shape of one image's output, for one image's inputs `[c, h, w]` or `[features]`.
  ///
  /// - Throws: a reason without the node's name, which `NetworkGraph` adds.
  func outputShape(_ inputs: [Shape]) throws(ShapeMismatch) -> Shape {
    switch self {
    case .sum, .concatenation:
      guard inputs.count >= 2 else { throw ShapeMismatch("needs two or more inputs, has \(inputs.count)") }
      return self == .sum ? try sumShape(inputs) : try concatenationShape(inputs)
    case .product:
      guard inputs.count == 2 else { throw ShapeMismatch("needs two inputs, has \(inputs.count)") }
      return try productShape(inputs[0], inputs[1])
    default:
      guard inputs.count == 1 else { throw ShapeMismatch("needs one input, has \(inputs.count)") }
      return try outputShape(inputs[0])
    }
  }

  private func outputShape(_ input: Shape) throws(ShapeMismatch) -> Shape {
    switch self {
    case .convolution(let settings): return try settings.outputShape(input)
    case .groupConvolution(let settings): return try settings.outputShape(input)
    case .transposedConvolution(let settings): return try settings.outputShape(input)
    case .maxPooling(let settings), .averagePooling(let settings): return try settings.outputShape(input)
    case .groupMaxPooling(let group), .groupAveragePooling(let group):
      try requireMaps(input, over: group)
      return [input[0] / group.order, input[1], input[2]]
    case .adaptiveAveragePooling(let size):
      try requireImage(input)
      guard (1...input[1]).contains(size.height), (1...input[2]).contains(size.width) else {
        throw ShapeMismatch("needs a size within the image [\(input)], has \(size.height)x\(size.width)")
      }
      return [input[0], size.height, size.width]
    case .upsampling(let settings):
      try requireImage(input)
      try require(settings.factor.height, "factor")
      try require(settings.factor.width, "factor")
      return [input[0], input[1] * settings.factor.height, input[2] * settings.factor.width]
    case .channelSlice(let slice):
      guard slice.start >= 0, slice.count >= 1, slice.start <= input[0] - slice.count else {
        throw ShapeMismatch("takes \(slice.count) channels from \(slice.start) on, has [\(input)]")
      }
      return Shape([slice.count] + input.sizes.dropFirst())
    case .channelPadding(let settings):
      let most = 1 << 20
      guard (0...most).contains(settings.before), (0...most).contains(settings.after) else {
        throw ShapeMismatch("needs 0...\(most) channels before and after, has \(settings.before) and \(settings.after)")
      }
      return Shape([settings.before + input[0] + settings.after] + input.sizes.dropFirst())
    case .dense(let settings):
      guard input.rank == 1 else { throw ShapeMismatch("needs [features], has [\(input)]: flatten first") }
      try require(settings.outputs, "outputs")
      return [settings.outputs]
    case .flatten: return [input.count]
    default:
      try checkSettings(input)
      return input
    }
  }

  /// Checks a layer whose output has its input's shape.
  private func checkSettings(_ input: Shape) throws(ShapeMismatch) {
    switch self {
    case .groupBatchNormalization(let settings, let group):
      try requireMaps(input, over: group)
      try Layer.batchNormalization(settings).checkSettings(input)
    case .batchNormalization(let settings):
      try requireImage(input)
      guard settings.epsilon > 0, settings.epsilon.isFinite, (0...1).contains(settings.momentum) else {
        throw ShapeMismatch("needs epsilon > 0 and momentum in 0...1")
      }
    case .groupNormalization(let settings):
      try require(settings.groups, "groups")
      try require(input, in: settings.groups)
      try require(epsilon: settings.epsilon)
    case .layerNormalization(let settings): try require(epsilon: settings.epsilon)
    case .localResponseNormalization(let settings):
      try requireImage(input)
      try require(settings.size, "size")
      guard settings.k > 0, settings.alpha >= 0, [settings.alpha, settings.beta, settings.k].allSatisfy(\.isFinite)
      else {
        throw ShapeMismatch("needs finite numbers, k above 0 and alpha of 0 or more")
      }
    case .dropout(let settings):
      guard (0..<1).contains(settings.rate) else { throw ShapeMismatch("needs a rate in 0..<1") }
      if settings.scope == .channel { try requireImage(input) }
    case .channelShuffle(let groups): try require(input, in: groups)
    case .channelPermutation(let order):
      guard order.sorted() == Array(0..<input[0]) else {
        throw ShapeMismatch("needs an order of all channels, 0...\(input[0] - 1), each once")
      }
    case .scaleShift(let settings):
      guard settings.scale.count == settings.shift.count, [1, input[0]].contains(settings.scale.count),
        (settings.scale + settings.shift).allSatisfy(\.isFinite)
      else { throw ShapeMismatch("needs one finite scale and shift, or one for each of \(input[0]) channels") }
    case .activation(let activation): if let reason = activation.refusal { throw ShapeMismatch(reason) }
    default: break
    }
  }

  private func sumShape(_ inputs: [Shape]) throws(ShapeMismatch) -> Shape {
    for shape in inputs where shape != inputs[0] { throw ShapeMismatch("adds [\(inputs[0])] and [\(shape)]") }
    return inputs[0]
  }

  private func productShape(_ first: Shape, _ second: Shape) throws(ShapeMismatch) -> Shape {
    guard first == second || first.rank == 3 && second == [first[0], 1, 1] else {
      throw ShapeMismatch("multiplies [\(first)] by [\(second)]")
    }
    return first
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
    try requireImage(input, splitting: outputChannels, into: groups)
    return Shape([outputChannels] + (try windows(input, kernelSize, stride, padding, dilation)))
  }
}

extension TransposedConvolution {
  fileprivate func outputShape(_ input: Shape) throws(ShapeMismatch) -> Shape {
    try requireImage(input, splitting: outputChannels, into: groups)
    let height = try side(
      input[1], kernelSize.height, stride.height, dilation.height, padding.top, padding.bottom, outputPadding.height)
    return [
      outputChannels, height,
      try side(
        input[2], kernelSize.width, stride.width, dilation.width, padding.left, padding.right, outputPadding.width),
    ]
  }

  private func side(
    _ length: Int, _ kernel: Int, _ stride: Int, _ dilation: Int, _ before: Int, _ after: Int, _ more: Int
  ) throws(ShapeMismatch) -> Int {
    try require(kernel, "kernelSize")
    try require(stride, "stride")
    try require(dilation, "dilation")
    let reach = dilation * (kernel - 1) + 1
    guard (0..<max(stride, dilation)).contains(more) else {
      throw ShapeMismatch("needs outputPadding below the stride or the dilation, has \(more)")
    }
    let result = (length - 1) * stride - before - after + reach + more
    guard (0..<reach).contains(before), (0..<reach).contains(after), result >= 1 else {
      throw ShapeMismatch("cuts off \(before) and \(after) of a \(reach)x\(reach) window on \(length) pixels")
    }
    return result
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
    if isGlobal {
      guard padding == Margins(0) else { throw ShapeMismatch("pools the whole image, which takes no padding") }
      return [input[0], 1, 1]
    }
    let (rows, columns) = (kernelSize.height / 2, kernelSize.width / 2)
    guard max(padding.top, padding.bottom) <= rows, max(padding.left, padding.right) <= columns else {
      throw ShapeMismatch("needs padding of at most half the window")
    }
    return Shape([input[0]] + (try windows(input, kernelSize, stride, padding, Extent(1), ceilMode: ceilMode)))
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

/// An image whose channels, and those that come out, fall into `groups`.
private func requireImage(_ input: Shape, splitting outputChannels: Int, into groups: Int) throws(ShapeMismatch) {
  try requireImage(input)
  try require(outputChannels, "outputChannels")
  try require(groups, "groups")
  guard input[0].isMultiple(of: groups), outputChannels.isMultiple(of: groups) else {
    throw ShapeMismatch("cannot split \(input[0]) and \(outputChannels) channels into \(groups) groups")
  }
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

private func require(_ input: Shape, in groups: Int) throws(ShapeMismatch) {
  guard groups >= 1, input[0].isMultiple(of: groups) else {
    throw ShapeMismatch("cannot split \(input[0]) channels into \(groups) groups")
  }
}

private func require(epsilon: Float) throws(ShapeMismatch) {
  guard epsilon > 0, epsilon.isFinite else { throw ShapeMismatch("needs epsilon > 0") }
}

/// How many windows there are `[down, across]` on `input`.
private func windows(
  _ input: Shape, _ kernel: Extent, _ stride: Extent, _ padding: Margins, _ dilation: Extent, ceilMode: Bool = false
) throws(ShapeMismatch) -> [Int] {
  [
    try Windows(kernel.height, stride.height, dilation.height, padding.top, padding.bottom, ceilMode).count(
      on: input[1]),
    try Windows(kernel.width, stride.width, dilation.width, padding.left, padding.right, ceilMode).count(on: input[2]),
  ]
}

/// Windows along one axis.
private struct Windows {
  let kernel, stride, dilation, before, after: Int
  let ceilMode: Bool

  init(_ kernel: Int, _ stride: Int, _ dilation: Int, _ before: Int, _ after: Int, _ ceilMode: Bool) {
    (self.kernel, self.stride, self.dilation) = (kernel, stride, dilation)
    (self.before, self.after, self.ceilMode) = (before, after, ceilMode)
  }

  /// How many fit into `side` pixels; with `ceilMode` a last one may reach past the padding, if it begins before that.
  func count(on side: Int) throws(ShapeMismatch) -> Int {
    try require(kernel, "kernelSize")
    try require(stride, "stride")
    try require(dilation, "dilation")
    let reach = dilation * (kernel - 1) + 1
    for padding in [before, after] {
      guard (0...reach).contains(padding) else { throw ShapeMismatch("needs padding in 0...\(reach), has \(padding)") }
    }
    let rest = side + before + after - reach
    guard rest >= 0 else {
      let padding = before == after ? "\(before)" : "\(before) and \(after)"
      throw ShapeMismatch("has a \(reach)x\(reach) window on \(side) pixels with padding \(padding)")
    }
    let count = rest / stride + 1
    return ceilMode && !rest.isMultiple(of: stride) && count * stride < side + before ? count + 1 : count
  }
}

extension Activation {
  /// Why its settings cannot be, if they cannot.
  fileprivate var refusal: String? {
    switch self {
    case .leakyReLU(let slope) where !(slope >= 0 && slope.isFinite): "needs a finite slope of 0 or more"
    case .elu(let alpha) where !(alpha > 0 && alpha.isFinite): "needs a finite alpha above 0"
    default: nil
    }
  }
}
