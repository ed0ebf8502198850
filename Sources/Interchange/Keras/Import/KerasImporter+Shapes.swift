import Failures
import Networks
import Records
import Tensors

// Windows, and the same numbers under other shapes.

extension KerasImporter {
  mutating func pooling(_ value: KerasValue, _ arguments: KerasArguments) throws -> KerasValue {
    let (input, margins) = try padded(value, arguments)
    let shape = network.shape(input)
    let window = try KerasWindow(arguments, size: "pool_size")
    let isMaximum = arguments.layer.kind.hasPrefix("Max")
    let padding = window.padding(shape[1], shape[2], within: margins)
    if margins != Margins(0) {
      guard padding == margins else { throw arguments.refusal("pads what ZeroPadding2D has padded") }
      // No number is below the zeros then, so that they win nothing.
      guard !isMaximum || isPositive(input) else {
        throw arguments.refusal("follows ZeroPadding2D, whose zeros may be maxima; only after a ReLU is that taken")
      }
    }
    let settings = Pooling(
      kernelSize: window.kernel, stride: window.stride, padding: padding,
      countsPadding: isMaximum || margins != Margins(0) || padding == Margins(0))
    return try add(isMaximum ? .maxPooling(settings) : .averagePooling(settings), of: [input], for: arguments)
  }

  /// Whether the node `name` puts out nothing below 0.
  private func isPositive(_ name: String) -> Bool {
    guard let item = network.item(name) else { return false }
    switch item.node.layer {
    case .activation(.relu), .activation(.relu6), .activation(.sigmoid), .activation(.hardSigmoid), .softmax:
      return true
    case .maxPooling, .averagePooling, .dropout, .concatenation: return item.node.inputs.allSatisfy(isPositive)
    default: return false
    }
  }

  mutating func globalPooling(_ value: KerasValue, _ arguments: KerasArguments) throws -> KerasValue {
    let input = try image(value, arguments)
    let isMaximum = arguments.layer.kind.contains("Max")
    let result = try add(isMaximum ? .maxPooling(.global) : .averagePooling(.global), of: [input], for: arguments)
    if try arguments.bool("keepdims", false) { return result }
    return KerasValue(node: try network.addOnce(.flatten, of: result.node, like: "\(result.node).flatten"))
  }

  mutating func upsampling(_ value: KerasValue, _ arguments: KerasArguments) throws -> KerasValue {
    let input = try image(value, arguments)
    let kind = try arguments.text("interpolation", "nearest")
    guard let mode = Upsampling.Mode(rawValue: kind) else {
      throw arguments.refusal("interpolation \(kind) is not taken, only nearest and bilinear")
    }
    let factor = try arguments.extent("size", Extent(2))
    return try add(.upsampling(Upsampling(factor: factor, mode: mode)), of: [input], for: arguments)
  }

  mutating func padding(_ value: KerasValue, _ arguments: KerasArguments) throws -> KerasValue {
    var value = value
    let (before, more) = (value.padding ?? Margins(0), try arguments.margins("padding"))
    value.padding = nil
    value.node = try image(value, arguments)
    value.affine = nil
    value.padding = Margins(
      top: before.top + more.top, left: before.left + more.left, bottom: before.bottom + more.bottom,
      right: before.right + more.right)
    return value
  }

  mutating func dropout(_ value: KerasValue, _ arguments: KerasArguments) throws -> KerasValue {
    let rate = Float(try arguments.number("rate", 0.5))
    guard rate > 0 else { return value }
    let settled = try settled(value, arguments)
    // One draw for each image is stochastic depth.
    let whole = JSON.array([.null] + sizes(settled).map { _ in .integer(1) })
    try arguments.require("noise_shape", whole)
    let isOfChannels = arguments.layer.kind == "SpatialDropout2D"
    let scope: Dropout.Scope = isOfChannels ? .channel : arguments["noise_shape"] == nil ? .element : .image
    let layer = Layer.dropout(Dropout(rate: rate, scope: scope))
    var result = try add(layer, of: [isOfChannels ? image(settled, arguments) : settled.node], for: arguments)
    (result.flattened, result.hidesChannel) = (settled.flattened, settled.hidesChannel)
    return result
  }

  /// All numbers in a list, in Keras pixel by pixel, whatever comes first in images.
  mutating func flattened(_ value: KerasValue, _ arguments: KerasArguments) throws -> KerasValue {
    var settled = try settled(value, orTurned: true, arguments)
    let shape = network.shape(settled.node)
    guard shape.rank == 3 else { return settled }
    settled.node = try network.add(.flatten, of: [settled.node], like: arguments.layer.path.joined(separator: "."))
    settled.flattened = !settled.isTurned && shape[0] > 1 && shape[1] * shape[2] > 1 ? shape : nil
    (settled.hidesChannel, settled.isTurned) = (false, false)
    return settled
  }

  /// Channels before rows and columns, as they are here: for a list alone.
  mutating func permuted(_ value: KerasValue, _ arguments: KerasArguments) throws -> KerasValue {
    var value = value
    guard try arguments.integers("dims") == [3, 1, 2], !isChannelsFirst else {
      throw arguments.refusal("dims are not taken but as [3, 1, 2], before Flatten")
    }
    value.node = try image(value, arguments)
    (value.affine, value.isTurned) = (nil, true)
    return value
  }

  mutating func reshaped(_ value: KerasValue, _ arguments: KerasArguments) throws -> KerasValue {
    let own = sizes(value)
    var wanted = try arguments.integers("target_shape")
    if let open = wanted.firstIndex(of: -1) {
      let rest = wanted.enumerated().reduce(1) { $1.offset == open ? $0 : $0.multipliedFully(by: $1.element) }
      wanted[open] = rest > 0 ? own.reduce(1, *) / rest : 0
    }
    if wanted == own { return value }
    let settled = try settled(value, arguments)
    let shape = network.shape(settled.node)
    func refusal() -> Failure {
      arguments.refusal("makes \(Shape(wanted)) of \(Shape(own)), which is not taken but between images and lists")
    }
    guard wanted.allSatisfy({ $0 > 0 }), wanted.count <= 3 else { throw refusal() }
    if settled.hidesChannel, wanted == (isChannelsFirst ? [1] + own : own + [1]) {
      return KerasValue(node: settled.node)
    }
    if shape.rank == 3, wanted == [shape.count], !isChannelsFirst { return try flattened(settled, arguments) }
    guard shape.rank == 1, wanted.count == 3 else { throw refusal() }
    let image = isChannelsFirst ? wanted : [wanted[2], wanted[0], wanted[1]]
    if let flatten = network.item(settled.node), flatten.node.layer == .flatten,
      network.shape(flatten.node.inputs[0]).sizes == image, settled.flattened == nil || !isChannelsFirst
    {
      return KerasValue(node: flatten.node.inputs[0])
    }
    guard image == [shape.count, 1, 1], settled.flattened == nil, network.makeConvolutions(upTo: settled.node) else {
      throw refusal()
    }
    return KerasValue(node: settled.node)
  }
}

extension Int {
  /// The product; 0 where that does not fit.
  fileprivate func multipliedFully(by other: Int) -> Int {
    let (product, overflow) = multipliedReportingOverflow(by: other)
    return overflow ? 0 : product
  }
}
