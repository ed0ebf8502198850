import Networks
import Records
import Symmetry
import Tensors

// What moves channels, made of layers that Keras has: of reshapes, and of what works on rows and columns.

extension KerasLowering {
  /// More channels are not put in another order, since a matrix does that.
  private static let permutedLimit = 4096

  mutating func lowerChannels(_ input: Value) throws -> Value {
    let (shape, output) = (vertex.inputShapes[0], Self.sizes(vertex.outputShape))
    let (channels, pixels) = (shape[0], shape.count / shape[0])
    let row = [pixels, channels, 1]
    switch vertex.node.layer {
    case .channelSlice(let slice):
      let rest = channels - slice.start - slice.count
      let cut = add(
        "Cropping2D", ["cropping": .array([pair(0, 0), pair(slice.start, rest)])], [reshaped(input, row)],
        [pixels, slice.count, 1], named: "cut")
      return reshaped(cut, output, isLast: true)
    case .channelPadding(let settings):
      let wide = add(
        "ZeroPadding2D", ["padding": .array([pair(0, 0), pair(settings.before, settings.after)])],
        [reshaped(input, row)], [pixels, settings.before + channels + settings.after, 1], named: "wide")
      return reshaped(wide, output, isLast: true)
    case .channelShuffle(let groups):
      let dealt = reshaped(input, [pixels, groups, channels / groups])
      let turned = add(
        "Permute", ["dims": .array([.integer(1), .integer(3), .integer(2)])], [dealt],
        [pixels, channels / groups, groups], named: "turned")
      return reshaped(turned, output, isLast: true)
    case .groupMaxPooling(let group), .groupAveragePooling(let group):
      var kind = "AveragePooling2D"
      if case .groupMaxPooling = vertex.node.layer { kind = "MaxPooling2D" }
      let window = pair(1, group.order)
      let members: [String: JSON] = [
        "pool_size": window, "strides": window, "padding": .string("valid"), "data_format": .string("channels_last"),
      ]
      let pooled = add(
        kind, members, [reshaped(input, row)], [pixels, channels / group.order, 1], named: "pooled")
      return reshaped(pooled, output, isLast: true)
    case .channelPermutation(let order): return try permuted(input, order)
    default: throw refusal("is no layer of Keras")
    }
  }

  private func pair(_ first: Int, _ second: Int) -> JSON { .array([.integer(Int64(first)), .integer(Int64(second))]) }

  private mutating func reshaped(_ input: Value, _ shape: [Int], isLast: Bool = false) -> Value {
    let target = JSON.array(shape.map { .integer(Int64($0)) })
    return add("Reshape", ["target_shape": target], [input], shape, named: isLast ? nil : "row")
  }

  /// A layer whose weights are zeros and ones: each number comes out exactly, elsewhere.
  private mutating func permuted(_ input: Value, _ order: [Int]) throws -> Value {
    let count = order.count
    guard count <= Self.permutedLimit else { throw refusal("orders more than \(Self.permutedLimit) channels") }
    var matrix = [Float](repeating: 0, count: count * count)
    for (place, source) in order.enumerated() { matrix[source * count + place] = 1 }
    if input.shape.count == 1 {
      let members: [String: JSON] = ["units": .integer(Int64(count)), "use_bias": .bool(false)]
      return add(
        "Dense", members, [input], input.shape,
        [Weight(name: "kernel", source: .constant(matrix), shape: [count, count])])
    }
    let members: [String: JSON] = [
      "filters": .integer(Int64(count)), "kernel_size": pair(1, 1), "strides": pair(1, 1), "dilation_rate": pair(1, 1),
      "padding": .string("valid"),
      "use_bias": .bool(false), "data_format": .string("channels_last"),
    ]
    return add(
      "Conv2D", members, [input], input.shape,
      [Weight(name: "kernel", source: .constant(matrix), shape: [1, 1, count, count])])
  }
}
