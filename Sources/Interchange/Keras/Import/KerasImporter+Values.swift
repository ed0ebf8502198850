import Failures
import HDF5
import Networks
import Tensors

// From what Keras sees to what nodes of the network read.

extension KerasImporter {
  /// Adds a layer that is called like Keras' layer, with `part` behind where it is one of several; what it puts out.
  mutating func add(
    _ layer: Layer, of inputs: [String], _ parameters: [String: StoredTensor] = [:], part: String? = nil,
    for arguments: KerasArguments
  ) throws -> KerasValue {
    let name = (arguments.layer.path + (part.map { [$0] } ?? [])).joined(separator: ".")
    return KerasValue(node: try network.add(layer, of: inputs, parameters, like: name))
  }

  /// The value with nothing left to be computed, its numbers as the node has them.
  mutating func settled(
    _ value: KerasValue, orTurned: Bool = false, _ arguments: KerasArguments
  ) throws -> KerasValue {
    var value = value
    guard !value.isTurned || orTurned else {
      throw arguments.refusal("follows Permute, which is taken before Flatten alone")
    }
    guard value.padding == nil else {
      throw arguments.refusal("follows ZeroPadding2D, which is taken before convolutions and poolings alone")
    }
    if let affine = value.affine {
      value.node = try network.addOnce(affine.layer, of: value.node, affine: affine, like: "\(value.node).scale")
      value.affine = nil
    }
    return value
  }

  /// The node that puts out `value` with its numbers in Keras' order.
  mutating func plain(_ value: KerasValue, _ arguments: KerasArguments) throws -> String {
    let settled = try settled(value, arguments)
    guard let image = settled.flattened, image[0] > 1, image[1] * image[2] > 1 else { return settled.node }
    guard image.count <= 1 << 22 else { throw arguments.refusal("reads \(image) as a list, which is too long") }
    let (channels, pixels) = (image[0], image[1] * image[2])
    let order = (0..<pixels).flatMap { pixel in (0..<channels).map { $0 * pixels + pixel } }
    return try network.addOnce(.channelPermutation(order: order), of: settled.node, like: "\(settled.node).order")
  }

  /// The node that puts out `value`, an image.
  mutating func image(_ value: KerasValue, _ arguments: KerasArguments) throws -> String {
    let settled = try settled(value, arguments)
    guard network.shape(settled.node).rank == 3, !settled.hidesChannel else {
      throw arguments.refusal("reads \(network.shape(settled.node)), which is no image of rows, columns and channels")
    }
    return settled.node
  }

  /// The node that puts out `value`, an image, and the zeros that are still to be put around it.
  mutating func padded(_ value: KerasValue, _ arguments: KerasArguments) throws -> (node: String, margins: Margins) {
    var value = value
    let margins = value.padding ?? Margins(0)
    value.padding = nil
    return (try image(value, arguments), margins)
  }

  /// Values that are read together: the nodes that put them out, and the image that all of them are flattened from.
  mutating func together(
    _ values: [KerasValue], _ arguments: KerasArguments
  ) throws -> (nodes: [String], flattened: Shape?) {
    let first = values.first?.flattened
    guard values.allSatisfy({ !$0.hidesChannel }) else { throw arguments.refusal("reads images without channels") }
    if values.allSatisfy({ $0.flattened == first }) {
      return (try values.map { try settled($0, arguments).node }, first)
    }
    return (try values.map { try plain($0, arguments) }, nil)
  }

  /// Numbers of Keras, one or one for each channel or feature, in the order of the node.
  func ordered(_ numbers: [Double], _ value: KerasValue, _ arguments: KerasArguments) throws -> [Double] {
    let shape = network.shape(value.node)
    guard numbers.count == 1 || numbers.count == shape[0] && !value.hidesChannel else {
      throw arguments.refusal("has \(numbers.count) numbers for \(shape); only one, or one for each channel, are taken")
    }
    guard numbers.count > 1, let image = value.flattened else { return numbers }
    let (channels, pixels) = (image[0], image[1] * image[2])
    return (0..<channels).flatMap { channel in (0..<pixels).map { numbers[$0 * channels + channel] } }
  }

  /// The value with `change` still to be made of it, a scale and shift.
  mutating func changed(
    _ value: KerasValue, _ arguments: KerasArguments, _ change: (inout Affine) -> Void
  ) throws -> KerasValue {
    var value = value
    if value.padding != nil || value.isTurned { value = try settled(value, arguments) }
    var affine = value.affine ?? .identity
    change(&affine)
    guard (affine.mean + affine.deviation).allSatisfy({ $0.isFinite && abs($0) < 1e30 }),
      affine.deviation.allSatisfy({ abs($0) > 1e-30 })
    else { throw arguments.refusal("multiplies by 0 or by numbers beyond all bounds") }
    value.affine = affine
    return value
  }

  /// Whether `axis`, images counted, is that of the channels of `value`.
  func isChannel(_ axis: Int, of value: KerasValue) -> Bool {
    guard network.shape(value.node).rank == 3 else { return [1, -1].contains(axis) && value.flattened == nil }
    return !value.hidesChannel && !value.isTurned && (isChannelsFirst ? [1, -3] : [3, -1]).contains(axis)
  }

  /// The sizes of the value as Keras sees it, without the batch.
  func sizes(_ value: KerasValue) -> [Int] {
    var shape = network.shape(value.node).sizes
    guard shape.count == 3 else { return shape }
    if let padding = value.padding {
      shape[1] += padding.top + padding.bottom
      shape[2] += padding.left + padding.right
    }
    if value.hidesChannel { return Array(shape[1...]) }
    return isChannelsFirst ? shape : [shape[1], shape[2], shape[0]]
  }
}
