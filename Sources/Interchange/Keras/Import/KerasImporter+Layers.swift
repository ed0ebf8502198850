import Failures
import Networks
import Tensors

// Layers with weights.

extension KerasImporter {
  mutating func convolution(_ value: KerasValue, _ arguments: KerasArguments) throws -> KerasValue {
    let (input, margins) = try padded(value, arguments)
    let (shape, window) = (network.shape(input), try KerasWindow(arguments))
    let (filters, groups) = (try arguments.integer("filters"), try arguments.integer("groups", 1))
    guard filters > 0, groups > 0, shape[0].isMultiple(of: groups) else {
      throw arguments.refusal("filters \(filters) and groups \(groups) do not fit \(shape[0]) channels")
    }
    let tensors = try kernelAndBias(arguments, ["kernel"])
    let kernel = try reordered(
      tensors[0], "kernel", window.kernel, [shape[0] / groups, filters], by: [3, 2, 0, 1],
      as: [filters, shape[0] / groups], arguments)
    let settings = Convolution(
      outputChannels: filters, kernelSize: window.kernel, stride: window.stride,
      padding: window.padding(shape[1], shape[2], within: margins), dilation: window.dilation, groups: groups,
      bias: tensors.count > 1)
    return try add(
      .convolution(settings), of: [input], parameters(kernel, tensors, filters, arguments), for: arguments)
  }

  mutating func depthwiseConvolution(
    _ value: KerasValue, _ tensors: [StoredTensor], part: String? = nil, _ arguments: KerasArguments
  ) throws -> KerasValue {
    let (input, margins) = try padded(value, arguments)
    let (shape, window) = (network.shape(input), try KerasWindow(arguments))
    let multiplier = try arguments.integer("depth_multiplier", 1)
    guard multiplier > 0 else { throw arguments.refusal("depth_multiplier \(multiplier) is not taken") }
    let filters = shape[0] * multiplier
    let kernel = try reordered(
      tensors[0], "depthwise_kernel", window.kernel, [shape[0], multiplier], by: [2, 3, 0, 1], as: [filters, 1],
      arguments)
    let settings = Convolution(
      outputChannels: filters, kernelSize: window.kernel, stride: window.stride,
      padding: window.padding(shape[1], shape[2], within: margins), dilation: window.dilation, groups: shape[0],
      bias: tensors.count > 1)
    return try add(
      .convolution(settings), of: [input], parameters(kernel, tensors, filters, arguments), part: part, for: arguments)
  }

  /// A depthwise convolution, and one of single pixels behind it.
  mutating func separableConvolution(_ value: KerasValue, _ arguments: KerasArguments) throws -> KerasValue {
    let tensors = try kernelAndBias(arguments, ["depthwise_kernel", "pointwise_kernel"])
    let maps = try depthwiseConvolution(value, [tensors[0]], part: "depthwise", arguments)
    let (channels, filters) = (network.shape(maps.node)[0], try arguments.integer("filters"))
    guard filters > 0 else { throw arguments.refusal("filters \(filters) is not taken") }
    let kernel = try reordered(
      tensors[1], "pointwise_kernel", Extent(1), [channels, filters], by: [3, 2, 0, 1], as: [filters, channels],
      arguments)
    let settings = Convolution(outputChannels: filters, kernelSize: 1, bias: tensors.count > 2)
    let rest = Array(tensors.dropFirst())
    return try add(
      .convolution(settings), of: [maps.node], parameters(kernel, rest, filters, arguments), part: "pointwise",
      for: arguments)
  }

  mutating func transposedConvolution(_ value: KerasValue, _ arguments: KerasArguments) throws -> KerasValue {
    let input = try image(value, arguments)
    let (shape, window) = (network.shape(input), try KerasWindow(arguments))
    let filters = try arguments.integer("filters")
    guard filters > 0 else { throw arguments.refusal("filters \(filters) is not taken") }
    let more = try arguments["output_padding"].map { _ in try arguments.extent("output_padding", from: 0) }
    let isSame = try arguments.text("padding", "valid") == "same"
    let rows = Self.cut(window.kernel.height, window.stride.height, window.dilation.height, isSame, more?.height)
    let columns = Self.cut(window.kernel.width, window.stride.width, window.dilation.width, isSame, more?.width)
    guard min(rows.before, columns.before) >= 0 else { throw arguments.refusal("puts zeros before what it makes") }
    let tensors = try kernelAndBias(arguments, ["kernel"])
    let kernel = try reordered(
      tensors[0], "kernel", window.kernel, [filters, shape[0]], by: [3, 2, 0, 1], as: [shape[0], filters], arguments)
    let settings = TransposedConvolution(
      outputChannels: filters, kernelSize: window.kernel, stride: window.stride,
      padding: Margins(
        top: rows.before, left: columns.before, bottom: max(rows.after, 0), right: max(columns.after, 0)),
      outputPadding: Extent(height: max(-rows.after, 0), width: max(-columns.after, 0)), dilation: window.dilation,
      bias: tensors.count > 1)
    return try add(
      .transposedConvolution(settings), of: [input], parameters(kernel, tensors, filters, arguments), for: arguments)
  }

  /// How much of one axis Keras cuts off of all that windows reach; less than nothing where it adds zeros.
  private static func cut(
    _ kernel: Int, _ stride: Int, _ dilation: Int, _ isSame: Bool, _ more: Int?
  ) -> (before: Int, after: Int) {
    let reach = (kernel - 1) * dilation + 1
    guard isSame else { return (0, -(more ?? max(0, stride - reach))) }
    // All that is padded of what stride and kernel spread, as Keras counts it.
    let both = more.map { reach + reach % 2 - 2 + $0 } ?? stride + reach - 2
    let before = min(both / 2 + both % 2, reach - 1)
    return (reach - 1 - before, reach - 1 - (both - before))
  }

  /// A dense layer of features; of an image one of each pixel, which is a convolution.
  mutating func dense(_ value: KerasValue, _ arguments: KerasArguments) throws -> KerasValue {
    let (settled, units) = (try settled(value, arguments), try arguments.integer("units"))
    let shape = network.shape(settled.node)
    guard units > 0, !settled.hidesChannel, shape.rank == 1 || !isChannelsFirst else {
      throw arguments.refusal("reads \(shape), whose last axis is not that of channels")
    }
    let tensors = try kernelAndBias(arguments, ["kernel"])
    let inputs = shape[0]
    guard tensors[0].shape.sizes == [inputs, units] else {
      throw arguments.refusal("its kernel is \(tensors[0].shape), not \(inputs)x\(units)")
    }
    guard shape.rank == 1 else {
      let kernel = try tensors[0].permuted([inputs, units], by: [1, 0], as: [units, inputs, 1, 1])
      let settings = Convolution(outputChannels: units, kernelSize: 1, bias: tensors.count > 1)
      return try add(
        .convolution(settings), of: [settled.node], parameters(kernel, tensors, units, arguments), for: arguments)
    }
    let kernel: StoredTensor
    if let image = settled.flattened {
      kernel = try tensors[0].permuted(
        [image[1], image[2], image[0], units], by: [3, 2, 0, 1], as: [units, inputs])
    } else {
      kernel = try tensors[0].permuted([inputs, units], by: [1, 0], as: [units, inputs])
    }
    return try add(
      .dense(Dense(outputs: units, bias: tensors.count > 1)), of: [settled.node],
      parameters(kernel, tensors, units, arguments), for: arguments)
  }

  // MARK: - Tensors

  /// The layer's tensors: `kernels`, and the bias unless it has none.
  private func kernelAndBias(_ arguments: KerasArguments, _ kernels: [String]) throws -> [StoredTensor] {
    try weights.tensors(of: arguments.layer, kernels + (arguments.bool("use_bias", true) ? ["bias"] : []))
  }

  /// The tensors of a depthwise convolution, under its usual names or those of Keras 2.
  func depthwiseTensors(_ arguments: KerasArguments) throws -> [StoredTensor] {
    do {
      return try kernelAndBias(arguments, ["depthwise_kernel"])
    } catch {
      // Keras 3 calls it so.
      return try kernelAndBias(arguments, ["kernel"])
    }
  }

  /// A kernel, rows and columns first in Keras, last here.
  private func reordered(
    _ tensor: StoredTensor, _ name: String, _ window: Extent, _ channels: [Int], by order: [Int], as shape: [Int],
    _ arguments: KerasArguments
  ) throws -> StoredTensor {
    let sizes = [window.height, window.width] + channels
    guard tensor.shape.sizes == sizes else {
      throw arguments.refusal("its \(name) is \(tensor.shape), not \(Shape(sizes))")
    }
    return try tensor.permuted(sizes, by: order, as: shape + [window.height, window.width])
  }

  private func parameters(
    _ kernel: StoredTensor, _ tensors: [StoredTensor], _ count: Int, _ arguments: KerasArguments
  ) throws -> [String: StoredTensor] {
    guard tensors.count > 1, let bias = tensors.last else { return ["weight": kernel] }
    guard bias.shape.sizes == [count] else { throw arguments.refusal("its bias is \(bias.shape), not \(count)") }
    return ["weight": kernel, "bias": bias]
  }
}
