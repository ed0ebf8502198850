import Failures

// What each operator of ATen is in ONNX.

extension ATenTranslation {
  mutating func translate(_ arguments: ATenArguments) throws {
    let base = arguments.base
    let plain = base.hasSuffix("_") ? String(base.dropLast()) : base
    if let operation = Self.unary[plain] {
      return add(operation, [try first(arguments)], arguments)
    }
    switch plain {
    case "to", "_to_copy":
      // Numbers with a fraction are the same here, whatever their size; others are not computed with.
      guard try [6, 7, 8, 13].contains(arguments.integer("dtype", 7)) else {
        throw arguments.refusal("makes other numbers than floating-point ones, which is not taken")
      }
      add("Identity", [try first(arguments)], arguments)
    case "conv2d", "conv_transpose2d", "linear", "batch_norm", "group_norm", "layer_norm", "instance_norm":
      try translateLayer(plain, arguments)
    case "hardsigmoid", "leaky_relu", "elu", "gelu", "softplus", "relu6", "hardtanh", "clamp", "softmax", "log_softmax",
      "prelu":
      try translateActivation(plain, arguments)
    case "add", "sub", "mul", "div", "rsub", "pow": try translateArithmetic(plain, arguments)
    case "max_pool2d", "avg_pool2d", "adaptive_avg_pool2d", "adaptive_max_pool2d", "mean", "amax":
      try translatePooling(plain, arguments)
    case "std", "var": try translateDeviation(plain, arguments)
    case "upsample_nearest2d", "upsample_bilinear2d": try translateUpsampling(plain, arguments)
    case "dropout", "feature_dropout", "alpha_dropout": try translateDropout(plain, arguments)
    case "view", "reshape", "_unsafe_view", "flatten", "unflatten", "squeeze", "unsqueeze", "permute", "transpose",
      "slice", "chunk", "split", "split_with_sizes", "tensor_split", "expand", "expand_as", "cat", "pad",
      "constant_pad_nd", "channel_shuffle":
      try translateShape(plain, arguments)
    case "index": try translateIndex(arguments)
    default: throw arguments.refusal("is an operator that is not taken; formats/torch-export.md lists those that are")
    }
  }

  /// Operators of one tensor without settings.
  private static let unary = [
    "relu": "Relu", "sigmoid": "Sigmoid", "tanh": "Tanh", "silu": "Swish", "hardswish": "HardSwish", "neg": "Neg",
    "sqrt": "Sqrt", "contiguous": "Identity", "clone": "Identity", "detach": "Identity", "alias": "Identity",
    "lift_fresh_copy": "Identity",
  ]

  /// What the graph calls the tensor that the operator works on.
  private func first(_ arguments: ATenArguments) throws -> String {
    try name(original(arguments), arguments)
  }

  /// What the program calls the tensor that the operator works on.
  private func original(_ arguments: ATenArguments) throws -> String {
    try arguments.optionalTensor("input") ?? arguments.tensor("self")
  }

  private func names(_ arguments: ATenArguments, _ places: String...) throws -> [String] {
    try places.map { try arguments.optionalTensor($0).map { try name($0, arguments) } ?? "" }
  }

  // MARK: - Layers with weights

  private mutating func translateLayer(_ base: String, _ arguments: ATenArguments) throws {
    let inputs = try [first(arguments)] + names(arguments, "weight", "bias")
    switch base {
    case "linear": add("Gemm", inputs.dropping(""), ["transB": .integer(1)], arguments)
    case "conv2d", "conv_transpose2d":
      let weight = try sizes(arguments.tensor("weight"), arguments)
      guard weight.count == 4 else {
        throw arguments.refusal("has weights \(weight.prefix(8)), not of an image's kernels")
      }
      let dilation = try arguments.extent("dilation", [1, 1])
      var attributes: [String: ONNXAttribute] = [
        "kernel_shape": .integers(Array(weight[2...])), "strides": .integers(try arguments.extent("stride", [1, 1])),
        "dilations": .integers(dilation), "group": .integer(try arguments.integer("groups", 1)),
        "pads": .integers(try convolutionPads(weight, dilation, arguments)),
      ]
      if base == "conv_transpose2d" {
        attributes["output_padding"] = .integers(try arguments.extent("output_padding", [0, 0]))
      }
      add(base == "conv2d" ? "Conv" : "ConvTranspose", inputs.dropping(""), attributes, arguments)
    default: try translateNorm(base, inputs, arguments)
    }
  }

  /// The padding above, on the left, below and on the right, that may be a word.
  private func convolutionPads(_ weight: [Int], _ dilation: [Int], _ arguments: ATenArguments) throws -> [Int] {
    switch arguments.text("padding", "") {
    case "same":
      let total = zip(weight[2...], dilation).map { ($0 - 1) * $1 }
      let before = total.map { $0 / 2 }
      return before + zip(total, before).map { $0 - $1 }
    case "valid": return [0, 0, 0, 0]
    default:
      let both = try arguments.extent("padding", [0, 0])
      return both + both
    }
  }

  private mutating func translateNorm(_ base: String, _ given: [String], _ arguments: ATenArguments) throws {
    let shape = try sizes(original(arguments), arguments)
    let epsilon = ONNXAttribute.float(Float(arguments.number("eps", 1e-5)))
    guard shape.count > 1, (0...1 << 20).contains(shape[1]) else {
      throw arguments.refusal("reads \(shape.prefix(8)), no image")
    }
    // A norm without a scale and a shift has ones and zeros.
    var inputs = given
    let layout = base == "layer_norm" ? Array(shape[1...]) : [shape[1]]
    for place in 1...2 where inputs[place].isEmpty {
      guard base != "layer_norm" else { throw arguments.refusal("has no weight, which is not taken") }
      inputs[place] = try constant([Double](repeating: place == 1 ? 1 : 0, count: layout[0]), arguments)
    }
    switch base {
    case "batch_norm":
      let statistics = try names(arguments, "running_mean", "running_var")
      guard !statistics.contains("") else { throw arguments.refusal("keeps no statistics, which is not taken") }
      let momentum = Float(1 - arguments.number("momentum", 0.1))
      add("BatchNormalization", inputs + statistics, ["epsilon": epsilon, "momentum": .float(momentum)], arguments)
    case "instance_norm":
      guard arguments.bool("use_input_stats", true) else {
        throw arguments.refusal("uses kept statistics, which is not taken")
      }
      add("InstanceNormalization", inputs, ["epsilon": epsilon], arguments)
    case "group_norm":
      let groups = try arguments.integer("num_groups", 1)
      add("GroupNormalization", inputs, ["epsilon": epsilon, "num_groups": .integer(groups)], arguments)
    default:
      guard try arguments.integers("normalized_shape", []) == layout else {
        throw arguments.refusal("is no norm of a whole image, which alone is taken")
      }
      add("LayerNormalization", inputs, ["epsilon": epsilon, "axis": .integer(1)], arguments)
    }
  }

  // MARK: - Activations

  private mutating func translateActivation(_ base: String, _ arguments: ATenArguments) throws {
    let input = try first(arguments)
    switch base {
    case "hardsigmoid": add("HardSigmoid", [input], ["alpha": .float(1 / 6), "beta": .float(0.5)], arguments)
    case "leaky_relu":
      add("LeakyRelu", [input], ["alpha": .float(Float(arguments.number("negative_slope", 0.01)))], arguments)
    case "elu":
      guard arguments.number("scale", 1) == 1, arguments.number("input_scale", 1) == 1 else {
        throw arguments.refusal("with scales is not taken")
      }
      add("Elu", [input], ["alpha": .float(Float(arguments.number("alpha", 1)))], arguments)
    case "gelu": add("Gelu", [input], ["approximate": .text(arguments.text("approximate", "none"))], arguments)
    case "softplus":
      guard arguments.number("beta", 1) == 1 else { throw arguments.refusal("beta is not taken, only 1") }
      add("Softplus", [input], arguments)
    case "prelu": add("PRelu", [input] + (try names(arguments, "weight")), arguments)
    case "softmax", "log_softmax":
      let axis = try axis(arguments.integer("dim", -1), of: original(arguments), arguments)
      add(base == "softmax" ? "Softmax" : "LogSoftmax", [input], ["axis": .integer(axis)], arguments)
    default:
      // Between two numbers.
      var attributes: [String: ONNXAttribute] = [:]
      let usual: (Double?, Double?) = base == "relu6" ? (0, 6) : base == "hardtanh" ? (-1, 1) : (nil, nil)
      let names = base == "clamp" ? ("min", "max") : ("min_val", "max_val")
      if let low = arguments.optionalNumber(names.0) ?? usual.0 { attributes["min"] = .float(Float(low)) }
      if let high = arguments.optionalNumber(names.1) ?? usual.1 { attributes["max"] = .float(Float(high)) }
      add("Clip", [input], attributes, arguments)
    }
  }

  // MARK: - Arithmetic

  private mutating func translateArithmetic(_ base: String, _ arguments: ATenArguments) throws {
    guard arguments.number("alpha", 1) == 1, arguments.text("rounding_mode", "").isEmpty else {
      throw arguments.refusal("alpha and rounding_mode are not taken")
    }
    let left = try first(arguments)
    let right: String
    let key = base == "pow" ? "exponent" : "other"
    if let number = arguments.optionalNumber(key) {
      right = try constant([number], scalar: true, arguments)
    } else {
      right = try name(arguments.tensor(key), arguments)
    }
    let operations = ["add": "Add", "sub": "Sub", "rsub": "Sub", "mul": "Mul", "div": "Div", "pow": "Pow"]
    add(operations[base] ?? base, base == "rsub" ? [right, left] : [left, right], arguments)
  }

  // MARK: - Poolings

  private mutating func translatePooling(_ base: String, _ arguments: ATenArguments) throws {
    let input = try first(arguments)
    switch base {
    case "mean", "amax":
      add(base == "mean" ? "ReduceMean" : "ReduceMax", [input], try reduction(arguments), arguments)
    case "adaptive_avg_pool2d", "adaptive_max_pool2d":
      let size = try arguments.extent("output_size", [1, 1])
      if size == [1, 1] {
        add(base == "adaptive_avg_pool2d" ? "GlobalAveragePool" : "GlobalMaxPool", [input], arguments)
      } else {
        guard base == "adaptive_avg_pool2d" else { throw arguments.refusal("output_size \(size) is not taken, only 1") }
        add("AdaptiveAveragePool", [input], ["output_size": .integers(size)], domain: Self.domain, arguments)
      }
    default:
      let kernel = try arguments.extent("kernel_size", [1, 1])
      let padding = try arguments.extent("padding", [0, 0])
      guard arguments.optionalNumber("divisor_override") == nil else {
        throw arguments.refusal("divisor_override is not taken")
      }
      var attributes: [String: ONNXAttribute] = [
        "kernel_shape": .integers(kernel), "strides": .integers(try arguments.extent("stride", kernel)),
        "pads": .integers(padding + padding), "ceil_mode": .integer(arguments.bool("ceil_mode", false) ? 1 : 0),
      ]
      if base == "max_pool2d" {
        attributes["dilations"] = .integers(try arguments.extent("dilation", [1, 1]))
      } else {
        attributes["count_include_pad"] = .integer(arguments.bool("count_include_pad", true) ? 1 : 0)
      }
      add(base == "max_pool2d" ? "MaxPool" : "AveragePool", [input], attributes, arguments)
    }
  }

  /// The axes that the operator reduces, and whether it keeps them.
  private func reduction(_ arguments: ATenArguments) throws -> [String: ONNXAttribute] {
    let rank = try sizes(original(arguments), arguments).count
    let axes = try arguments.integers("dim", [])
    guard let places = normalised(axes, rank: rank), !places.isEmpty else {
      throw arguments.refusal("dim \(axes.prefix(8)) is not taken, only rows and columns")
    }
    return ["axes": .integers(places), "keepdims": .integer(arguments.bool("keepdim", false) ? 1 : 0)]
  }

  /// A variance or its root, as the mean of squared differences from the mean.
  private mutating func translateDeviation(_ base: String, _ arguments: ATenArguments) throws {
    let correction = arguments.optionalNumber("correction") ?? (arguments.bool("unbiased", true) ? 1 : 0)
    guard correction == 0 else { throw arguments.refusal("a correction is not taken, only 0") }
    let (input, last) = (try first(arguments), try reduction(arguments))
    var kept = last
    kept["keepdims"] = .integer(1)
    let names = ["mean", "difference", "square", "variance"].map { "\(arguments.node.name).\($0)" }
    guard self.names.isDisjoint(with: names) else { throw arguments.refusal("has a name that is taken") }
    add("ReduceMean", [input], kept, making: names[0], arguments)
    add("Sub", [input, names[0]], [:], making: names[1], arguments)
    add("Mul", [names[1], names[1]], [:], making: names[2], arguments)
    if base == "var" { return add("ReduceMean", [names[2]], last, arguments) }
    add("ReduceMean", [names[2]], last, making: names[3], arguments)
    add("Sqrt", [names[3]], arguments)
  }

  private mutating func translateUpsampling(_ base: String, _ arguments: ATenArguments) throws {
    let old = try sizes(original(arguments), arguments)
    let new = try sizes(arguments.node.outputs[0], arguments)
    guard !arguments.bool("align_corners", false) else { throw arguments.refusal("align_corners is not taken") }
    guard old.count == 4, new.count == 4, !old.contains(0) else { throw arguments.refusal("enlarges no images") }
    let isNearest = base == "upsample_nearest2d"
    add(
      "Resize", [try first(arguments)],
      [
        "scales": .floats(zip(new, old).map { Float($0) / Float($1) }), "mode": .text(isNearest ? "nearest" : "linear"),
        "coordinate_transformation_mode": .text(isNearest ? "asymmetric" : "half_pixel"),
        "nearest_mode": .text("floor"),
      ], arguments)
  }

  private mutating func translateDropout(_ base: String, _ arguments: ATenArguments) throws {
    guard base != "alpha_dropout" else { throw arguments.refusal("is not taken") }
    let rate = Float(arguments.number("p", 0.5))
    add(
      "Dropout", [try first(arguments)], ["ratio": .float(rate), "channels": .integer(base == "dropout" ? 0 : 1)],
      domain: Self.domain, arguments)
  }

  // MARK: - Shapes

  /// Parts of one axis, as in `x[:, :, places]`.
  private mutating func translateIndex(_ arguments: ATenArguments) throws {
    let places = try arguments.tensors("indices")
    let axes = places.indices.filter { !places[$0].isEmpty }
    guard axes.count == 1, let axis = axes.first else {
      throw arguments.refusal("indices of \(axes.count) axes at once are not taken, only of one")
    }
    let indices = try name(places[axis], arguments)
    add("Gather", [try first(arguments), indices], ["axis": .integer(axis)], arguments)
  }

  private mutating func translateShape(_ base: String, _ arguments: ATenArguments) throws {
    if base == "cat" {
      let parts = try arguments.tensors("tensors")
      guard let first = parts.first else { throw arguments.refusal("joins nothing") }
      let axis = try axis(arguments.integer("dim", 0), of: first, arguments)
      return add("Concat", try parts.map { try name($0, arguments) }, ["axis": .integer(axis)], arguments)
    }
    let (input, old) = (try first(arguments), try sizes(original(arguments), arguments))
    func place(_ name: String, _ usual: Int) throws -> Int {
      try axis(arguments.integer(name, usual), of: original(arguments), arguments)
    }
    switch base {
    case "permute":
      add(
        "Transpose", [input],
        ["perm": .integers(try arguments.integers("dims", []).map { $0 < 0 ? $0 + old.count : $0 })], arguments)
    case "transpose":
      var order = Array(old.indices)
      order.swapAt(try place("dim0", 0), try place("dim1", 1))
      add("Transpose", [input], ["perm": .integers(order)], arguments)
    case "slice":
      let lists = [
        "axes": [try place("dim", 0)], "starts": [try arguments.integer("start", 0)],
        "ends": [try arguments.integer("end", .max)], "steps": [try arguments.integer("step", 1)],
      ]
      add("Slice", [input], lists.mapValues { .integers($0) }, arguments)
    case "chunk", "split", "split_with_sizes", "tensor_split":
      let axis = try place("dim", 0)
      let parts = try arguments.node.outputs.map { try sizes($0, arguments) }
      guard parts.allSatisfy({ $0.indices.contains(axis) }) else {
        throw arguments.refusal("gives what has no axis \(axis)")
      }
      add("Split", [input], ["axis": .integer(axis), "split": .integers(parts.map { $0[axis] })], arguments)
    case "pad", "constant_pad_nd":
      let given = try arguments.integers("pad", [])
      guard given.count.isMultiple(of: 2), given.count <= 2 * old.count else {
        throw arguments.refusal("pad \(given) does not fit")
      }
      var pads = [Int](repeating: 0, count: 2 * old.count)
      for (place, count) in given.enumerated() {
        pads[old.count - 1 - place / 2 + (place.isMultiple(of: 2) ? 0 : old.count)] = count
      }
      let attributes: [String: ONNXAttribute] = [
        "pads": .integers(pads), "mode": .text(arguments.text("mode", "constant")),
        "value": .float(Float(arguments.number("value", 0))),
      ]
      add("Pad", [input], attributes, arguments)
    case "expand", "expand_as":
      let shape = try constant(sizes(arguments.node.outputs[0], arguments).map(Double.init), arguments)
      add("Expand", [input, shape], arguments)
    case "channel_shuffle":
      add(
        "ChannelShuffle", [input], ["groups": .integer(try arguments.integer("groups", 1))], domain: Self.domain,
        arguments)
    default:
      add(
        "Reshape", [input],
        ["shape": .integers(try sizes(arguments.node.outputs[0], arguments)), "allowzero": .integer(1)], arguments)
    }
  }
}

extension [String] {
  /// The list without empty ones at its end.
  fileprivate func dropping(_ empty: String) -> [String] {
    Array(self[..<(lastIndex { $0 != empty }.map { $0 + 1 } ?? 0)])
  }
}
