import Networks
import Programs
import Records
import Symmetry
import Tensors

// Layers with kernels, and windows.

extension KerasLowering {
  mutating func lower(_ settings: Convolution, _ input: Value) throws -> Value {
    let channels = vertex.inputShapes[0][0]
    let isDepthwise = settings.groups == channels && channels > 1 && settings.stride.side != nil
    let (filters, kernel) = (settings.outputChannels, settings.kernelSize)
    let area = [kernel.height, kernel.width]
    var weights: [Weight]
    var members: [String: JSON] = [:]
    if isDepthwise {
      let multiplier = filters / channels
      weights = [
        try parameter("weight", "kernel", sizes: [channels, multiplier] + area, order: [2, 3, 0, 1])
      ]
      members["depth_multiplier"] = .integer(Int64(multiplier))
    } else {
      weights = [try parameter("weight", "kernel", order: [2, 3, 1, 0])]
      members["filters"] = .integer(Int64(filters))
      members["groups"] = .integer(Int64(settings.groups))
    }
    if settings.bias { weights.append(try parameter("bias", "bias")) }
    return try convolved(settings, input, isDepthwise ? "DepthwiseConv2D" : "Conv2D", members, weights)
  }

  mutating func lowerGroup(_ settings: GroupConvolution, _ input: Value) throws -> Value {
    let (order, plain, side) = (settings.group.order, settings.plain, settings.kernelSize)
    let channels = vertex.inputShapes[0][0]
    let filters = FilterExpansion(
      outputs: settings.outputChannels, inputs: channels / settings.inputOrder, rows: settings.filterTable.rows)
    let shape = [plain.outputChannels, channels, side, side]
    var weights = [try parameter("weight", "kernel", order: [2, 3, 1, 0], expanded: (shape, filters))]
    if settings.bias {
      weights.append(
        try parameter("bias", "bias", expanded: ([settings.outputChannels * order], filters.ofBias)))
    }
    return try convolved(plain, input, "Conv2D", ["filters": .integer(Int64(plain.outputChannels))], weights)
  }

  private mutating func convolved(
    _ settings: Convolution, _ input: Value, _ kind: String, _ members: [String: JSON], _ weights: [Weight]
  ) throws -> Value {
    let area = settings.dilation.area
    guard area == 1 || settings.stride.area == 1 else { throw refusal("has strides and dilation at once") }
    var (input, padding) = (input, "valid")
    if settings.padding != Margins(0) {
      let same = samePadding(settings.kernelSize, settings.stride, settings.dilation)
      if same == settings.padding {
        padding = "same"
      } else {
        input = padded(input, settings.padding)
      }
    }
    let all: [String: JSON] = [
      "kernel_size": list(settings.kernelSize), "strides": list(settings.stride), "padding": .string(padding),
      "dilation_rate": list(settings.dilation), "use_bias": .bool(settings.bias),
      "data_format": .string("channels_last"),
    ]
    return add(kind, all.merging(members) { $1 }, [input], Self.sizes(vertex.outputShape), weights)
  }

  /// What `same` puts around the vertex's image: as much as gives a window for every step, the odd one behind.
  private func samePadding(_ kernel: Extent, _ stride: Extent, _ dilation: Extent = Extent(1)) -> Margins {
    let shape = vertex.inputShapes[0]
    func both(_ size: Int, _ kernel: Int, _ stride: Int, _ dilation: Int) -> Int {
      max(0, ((size + stride - 1) / stride - 1) * stride + (kernel - 1) * dilation + 1 - size)
    }
    let rows = both(shape[1], kernel.height, stride.height, dilation.height)
    let columns = both(shape[2], kernel.width, stride.width, dilation.width)
    return Margins(top: rows / 2, left: columns / 2, bottom: rows - rows / 2, right: columns - columns / 2)
  }

  private mutating func padded(_ input: Value, _ margins: Margins) -> Value {
    let shape = [
      input.shape[0] + margins.top + margins.bottom, input.shape[1] + margins.left + margins.right, input.shape[2],
    ]
    return add("ZeroPadding2D", ["padding": sides(margins)], [input], shape, named: "padding")
  }

  private func sides(_ margins: Margins) -> JSON {
    .array([
      list(Extent(height: margins.top, width: margins.bottom)),
      list(Extent(height: margins.left, width: margins.right)),
    ])
  }

  /// Keras makes all that windows reach, of which the borders are cut off.
  mutating func lower(_ settings: TransposedConvolution, _ input: Value) throws -> Value {
    guard settings.groups == 1 else { throw refusal("has groups") }
    guard settings.dilation.area == 1 || settings.stride.area == 1 else {
      throw refusal("has strides and dilation at once")
    }
    let (more, cut) = (settings.outputPadding, settings.padding)
    let added = Extent(height: max(0, more.height - cut.bottom), width: max(0, more.width - cut.right))
    let rest = Margins(
      top: cut.top, left: cut.left, bottom: max(0, cut.bottom - more.height), right: max(0, cut.right - more.width))
    var weights = [try parameter("weight", "kernel", order: [2, 3, 1, 0])]
    if settings.bias { weights.append(try parameter("bias", "bias")) }
    let members: [String: JSON] = [
      "filters": .integer(Int64(settings.outputChannels)), "kernel_size": list(settings.kernelSize),
      "strides": list(settings.stride), "padding": .string("valid"), "output_padding": list(added),
      "dilation_rate": list(settings.dilation), "use_bias": .bool(settings.bias),
      "data_format": .string("channels_last"),
    ]
    let output = Self.sizes(vertex.outputShape)
    if rest == Margins(0) { return add("Conv2DTranspose", members, [input], output, weights) }
    let whole = [output[0] + rest.top + rest.bottom, output[1] + rest.left + rest.right, output[2]]
    let made = add("Conv2DTranspose", members, [input], whole, weights, named: "whole")
    return add("Cropping2D", ["cropping": sides(rest)], [made], output)
  }

  mutating func lower(_ settings: Dense, _ input: Value) throws -> Value {
    let count = vertex.inputShapes[0].count
    var weights: [Weight]
    if let image = input.flattened {
      weights = [
        try parameter(
          "weight", "kernel", sizes: [settings.outputs] + image.sizes, order: [2, 3, 1, 0],
          as: [count, settings.outputs])
      ]
    } else {
      weights = [try parameter("weight", "kernel", order: [1, 0])]
    }
    if settings.bias { weights.append(try parameter("bias", "bias")) }
    let members: [String: JSON] = ["units": .integer(Int64(settings.outputs)), "use_bias": .bool(settings.bias)]
    return add("Dense", members, [input], [settings.outputs], weights)
  }

  // MARK: - Poolings

  mutating func lower(_ settings: Pooling, _ input: Value, isMaximum: Bool) throws -> Value {
    let output = Self.sizes(vertex.outputShape)
    if settings.isGlobal {
      return add(
        isMaximum ? "GlobalMaxPooling2D" : "GlobalAveragePooling2D", ["keepdims": .bool(true)], [input], output)
    }
    var (input, padding) = (input, "valid")
    let reached = reach(settings)
    if reached != Margins(0) {
      let isSame = reached == samePadding(settings.kernelSize, settings.stride)
      if isMaximum
        ? isSame : isSame && !settings.countsPadding && reached.top == reached.bottom && reached.left == reached.right
      {
        padding = "same"
      } else if isMaximum ? isPositive(vertex.inputs[0]) : settings.countsPadding && reached == settings.padding {
        input = padded(input, reached)
      } else {
        throw refusal("pads its windows in a way that Keras has not")
      }
    }
    let members: [String: JSON] = [
      "pool_size": list(settings.kernelSize), "strides": list(settings.stride), "padding": .string(padding),
      "data_format": .string("channels_last"),
    ]
    return add(isMaximum ? "MaxPooling2D" : "AveragePooling2D", members, [input], output)
  }

  /// The padding, with what the last window reaches beyond it.
  private func reach(_ settings: Pooling) -> Margins {
    let (shape, output) = (vertex.inputShapes[0], vertex.outputShape)
    func end(_ size: Int, _ count: Int, _ kernel: Int, _ stride: Int, _ before: Int, _ after: Int) -> Int {
      settings.ceilMode ? max(after, (count - 1) * stride + kernel - size - before) : after
    }
    let (kernel, stride, padding) = (settings.kernelSize, settings.stride, settings.padding)
    return Margins(
      top: padding.top, left: padding.left,
      bottom: end(shape[1], output[1], kernel.height, stride.height, padding.top, padding.bottom),
      right: end(shape[2], output[2], kernel.width, stride.width, padding.left, padding.right))
  }

  /// Whether vertex `place` puts out nothing below 0, so that zeros around it are no maxima.
  private func isPositive(_ place: Int?) -> Bool {
    guard let place else { return network.definition.preprocessing == .none }
    let vertex = network.vertices[place]
    switch vertex.node.layer {
    case .activation(.relu), .activation(.relu6), .activation(.sigmoid), .activation(.hardSigmoid), .softmax:
      return true
    case .maxPooling, .averagePooling, .dropout, .concatenation: return vertex.inputs.allSatisfy(isPositive)
    default: return false
    }
  }
}
