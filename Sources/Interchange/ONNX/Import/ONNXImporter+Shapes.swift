import Failures
import Networks
import Tensors

// Operators that see the same numbers under other shapes, or some of the channels.

extension ONNXImporter {
  /// The shapes and axes that the node asks for.
  mutating func folding(_ arguments: ONNXArguments) throws -> ConstantFolding {
    let rest = try arguments.node.inputs.dropFirst().map { $0.isEmpty ? nil : try numbers($0, arguments) }
    return ConstantFolding(arguments: arguments, inputs: [nil] + rest, limit: 0)
  }

  mutating func reshaped(_ arguments: ONNXArguments) throws -> Feature {
    var feature = try feature(arguments)
    if feature.padding != nil || feature.isRepeated
      || (feature.affine.map { $0.mean.count + $0.deviation.count > 2 } ?? false)
    {
      feature = try settled(feature, arguments)
    }
    feature.shape = try folding(arguments).reshaped(feature.shape)
    return feature
  }

  mutating func transposed(_ arguments: ONNXArguments) throws -> Feature {
    var feature = try anyFeature(arguments)
    let rank = feature.shape.count
    let order = try arguments.integers("perm") ?? (0..<rank).reversed()
    if rank > 2, order == [1, 0] + Array(2..<rank) {
      feature.isSwapped.toggle()
      feature.shape.swapAt(0, 1)
      return feature
    }
    feature = try self.feature(arguments)
    if feature.padding != nil || feature.isRepeated || feature.affine != nil {
      feature = try settled(feature, arguments)
    }
    guard order.sorted() == Array(0..<rank), order.first == 0, feature.shape[0] == batch else {
      throw arguments.refusal("perm \(order.prefix(8)) moves images; only orders of one image's axes are taken")
    }
    // The axes that stay, from the last one on.
    var block = rank
    while block > 1, order[block - 1] == block - 1 { block -= 1 }
    let channels = network.shape(feature.node)[0]
    while block < rank, feature.shape[1..<block].reduce(1, *) < channels { block += 1 }
    // Where pixels move, too, the order is one of all numbers.
    if feature.shape[1..<block].reduce(1, *) != channels || feature.order.map({ $0.count != channels }) ?? false {
      block = rank
    }
    let count = feature.shape[1..<block].reduce(1, *)
    let old = NumberArray(
      shape: Array(feature.shape[1..<block]), isInteger: true,
      values: spread(feature.order ?? Array(0..<count), over: count).map(Double.init))
    let moved = old.transposed(order[1..<block].map { $0 - 1 }).integers
    feature.shape = order.map { feature.shape[$0] }
    feature.order = moved == Array(0..<count) ? nil : moved
    return feature
  }

  /// An order of channels as one of `count` numbers, whose channels lie side by side.
  private func spread(_ order: [Int], over count: Int) -> [Int] {
    let size = count / max(order.count, 1)
    return size == 1 ? order : order.flatMap { channel in (0..<size).map { channel * size + $0 } }
  }

  mutating func expanded(_ arguments: ONNXArguments) throws -> Feature {
    var feature = try feature(arguments)
    let wanted = try numbers(arguments.node.inputs.count > 1 ? arguments.node.inputs[1] : "", arguments).integers
    guard let shape = NumberArray.common(feature.shape, wanted) else {
      throw arguments.refusal("does not fit its shape")
    }
    if shape == feature.shape { return feature }
    guard feature.shape.count == 4, shape.count == 4, feature.shape[2...] == [1, 1], shape[..<2] == feature.shape[..<2]
    else {
      throw arguments.refusal("makes \(shape) of \(feature.shape); only one pixel is repeated, before Mul")
    }
    (feature.isRepeated, feature.shape) = (true, shape)
    return feature
  }

  mutating func sliced(_ arguments: ONNXArguments) throws -> Feature {
    let feature = try feature(arguments)
    let parts = try folding(arguments).slices(feature.shape).filter { part in
      part.step != 1 || part.count != feature.shape[part.axis]
    }
    guard let part = parts.first else { return feature }
    guard parts.count == 1 else { throw arguments.refusal("cuts several axes; only channels are taken") }
    return try taken(part, of: feature, arguments)
  }

  mutating func split(_ arguments: ONNXArguments) throws -> [Feature] {
    let feature = try feature(arguments)
    return try folding(arguments).splits(feature.shape).map { try taken($0, of: feature, arguments) }
  }

  private mutating func taken(
    _ part: ConstantFolding.Part, of feature: Feature, _ arguments: ONNXArguments
  ) throws -> Feature {
    guard part.axis == 1, part.step == 1, part.count > 0 else {
      throw arguments.refusal(
        "takes \(part.count) of axis \(part.axis) by steps of \(part.step); only channels are taken")
    }
    if part.count == feature.shape[1] { return feature }
    let slice = Layer.channelSlice(ChannelSlice(start: part.start, count: part.count))
    return try add(slice, of: [whole(feature, arguments)], for: arguments)
  }

  /// Channels in another order, or a part of them; they may have been put before images for that.
  mutating func gathered(_ arguments: ONNXArguments) throws -> Feature {
    var feature = try anyFeature(arguments)
    let (isSwapped, isTable) = (feature.isSwapped, arguments.node.operation == "GatherND")
    if isSwapped { feature.shape.swapAt(0, 1) }
    feature.isSwapped = false
    let places = try numbers(arguments.node.inputs.count > 1 ? arguments.node.inputs[1] : "", arguments)
    let count = feature.shape.count > 1 ? feature.shape[1] : 0
    let order = places.integers.map { $0 < 0 ? $0 + count : $0 }
    // A table has a row for every channel, which names it alone.
    let isList = places.shape == (isTable ? [order.count, 1] : [order.count])
    let axis = try isTable ? arguments.integer("batch_dims", 0) : arguments.integer("axis", 0)
    guard isList, axis == (isSwapped || isTable ? 0 : 1), isSwapped || !isTable, let first = order.first,
      order.allSatisfy({ (0..<count).contains($0) })
    else { throw arguments.refusal("takes single elements; only a list of channels is taken") }
    var result: Feature
    if order == Array(first..<first + order.count) {
      result = try taken(.init(axis: 1, start: first, count: order.count, step: 1), of: feature, arguments)
    } else {
      guard Set(order).count == count else {
        throw arguments.refusal("takes channels twice, or not all in another order")
      }
      result = try add(.channelPermutation(order: order), of: [whole(feature, arguments)], for: arguments)
    }
    if isSwapped { result.shape.swapAt(0, 1) }
    result.isSwapped = isSwapped
    return result
  }

  mutating func padded(_ arguments: ONNXArguments) throws -> Feature {
    var feature = try feature(arguments)
    let rank = feature.shape.count
    let mode = try arguments.text("mode", "constant")
    guard mode == "constant" else { throw arguments.refusal("mode \(mode) is not taken, only constant") }
    let given = try arguments.input(1).map { try numbers($0, arguments).integers }
    let old = try given ?? arguments.integers("pads") ?? []
    let value = try arguments.input(2).map { try numbers($0, arguments).values.first ?? 0 }
    var (before, after) = ([Int](repeating: 0, count: rank), [Int](repeating: 0, count: rank))
    let axes = try arguments.input(3).map { try numbers($0, arguments).integers } ?? Array(0..<rank)
    guard let places = normalised(axes, rank: rank), old.count == 2 * places.count,
      old.allSatisfy({ (0...1 << 20).contains($0) }), try value ?? Double(arguments.float("value", 0)) == 0
    else { throw arguments.refusal("pads \(old.prefix(8)) are not taken, only zeros around images") }
    for (number, place) in places.enumerated() {
      (before[place], after[place]) = (old[number], old[places.count + number])
    }
    if old.allSatisfy({ $0 == 0 }) { return feature }
    guard before[0] == 0, after[0] == 0, rank == 4 || rank == 2 else {
      throw arguments.refusal("pads images, not pixels")
    }
    if before[1] + after[1] > 0 {
      let padding = Layer.channelPadding(ChannelPadding(before: before[1], after: after[1]))
      feature = try add(padding, of: [whole(feature, arguments)], for: arguments)
    }
    guard rank == 4, before[2...].contains(where: { $0 > 0 }) || after[2...].contains(where: { $0 > 0 }) else {
      return feature
    }
    feature = Feature(node: try image(feature, arguments), shape: feature.shape)
    feature.padding = Margins(top: before[2], left: before[3], bottom: after[2], right: after[3])
    feature.shape = [
      feature.shape[0], feature.shape[1], feature.shape[2] + before[2] + after[2],
      feature.shape[3] + before[3] + after[3],
    ]
    return feature
  }
}
