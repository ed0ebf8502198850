import Failures
import Networks
import Symmetry
import Tensors

// Windows, and what is pooled or enlarged.

/// The windows of a convolution or a pooling.
struct Window {
  let kernel, stride, dilation: Extent
  /// The padding that the node names.
  let explicit: Margins
  /// What decides the padding otherwise: `SAME_UPPER`, `SAME_LOWER` or `VALID`.
  let automatic: String?
  /// The shape of the weights; empty for a pooling.
  let weights: [Int]

  init(_ arguments: ONNXArguments, weights: [Int] = []) throws {
    guard weights.isEmpty || weights.count == 4 else {
      throw arguments.refusal("has weights \(weights.prefix(8)); only images in two dimensions are taken")
    }
    let size =
      try weights.isEmpty
      ? arguments.integers("kernel_shape") ?? [] : arguments.integers("kernel_shape", Array(weights[2...]))
    guard size.count == 2, weights.isEmpty || size == Array(weights[2...]) else {
      throw arguments.refusal("kernel_shape \(size.prefix(8)) is not taken; only images in two dimensions are")
    }
    let (step, apart) = (try arguments.integers("strides", [1, 1]), try arguments.integers("dilations", [1, 1]))
    guard (size + step + apart).allSatisfy({ (1...1 << 20).contains($0) }) else {
      throw arguments.refusal("kernel_shape \(size), strides \(step) and dilations \(apart) are no windows")
    }
    kernel = Extent(height: size[0], width: size[1])
    stride = Extent(height: step[0], width: step[1])
    dilation = Extent(height: apart[0], width: apart[1])
    let pads = try arguments.integers("pads", [0, 0, 0, 0])
    explicit = Margins(top: pads[0], left: pads[1], bottom: pads[2], right: pads[3])
    let mode = try arguments.text("auto_pad", "NOTSET")
    guard ["NOTSET", "VALID", "SAME_UPPER", "SAME_LOWER"].contains(mode) else {
      throw arguments.refusal("auto_pad \(mode) is not taken")
    }
    automatic = mode == "NOTSET" ? nil : mode
    self.weights = weights
  }

  /// The padding on images of `shape`.
  func padding(on shape: Shape, _ arguments: ONNXArguments) throws -> Margins {
    switch automatic {
    case nil: return explicit
    case "VALID"?: return Margins(0)
    default:
      let (rows, columns) = (
        both(shape[1], kernel.height, stride.height, dilation.height),
        both(shape[2], kernel.width, stride.width, dilation.width)
      )
      let isUpper = automatic == "SAME_UPPER"
      func less(_ total: Int) -> Int { isUpper ? total / 2 : total - total / 2 }
      return Margins(
        top: less(rows), left: less(columns), bottom: rows - less(rows), right: columns - less(columns))
    }
  }

  /// What both sides of an axis need so that there is a window for every `stride` pixels.
  private func both(_ size: Int, _ kernel: Int, _ stride: Int, _ dilation: Int) -> Int {
    max(0, ((size + stride - 1) / stride - 1) * stride + (kernel - 1) * dilation + 1 - size)
  }
}

extension ONNXImporter {
  mutating func pooling(_ arguments: ONNXArguments) throws -> Feature {
    let input = try image(feature(arguments), arguments)
    let window = try Window(arguments)
    guard window.dilation == Extent(1) else { throw arguments.refusal("dilations are not taken") }
    try arguments.refuseOutput(1, "the places of the maxima")
    let settings = Pooling(
      kernelSize: window.kernel, stride: window.stride,
      padding: try window.padding(on: network.shape(input), arguments),
      ceilMode: try arguments.integer("ceil_mode", 0) != 0,
      countsPadding: try arguments.node.operation == "MaxPool" || arguments.integer("count_include_pad", 0) != 0)
    let isMaximum = arguments.node.operation == "MaxPool"
    // Without padding both ways of counting it are one.
    var plain = settings
    if plain.padding == Margins(0), !plain.ceilMode { plain.countsPadding = true }
    return try add(isMaximum ? .maxPooling(plain) : .averagePooling(plain), of: [input], for: arguments)
  }

  mutating func globalPooling(_ arguments: ONNXArguments) throws -> Feature {
    let input = try image(feature(arguments), arguments)
    let isMaximum = arguments.node.operation == "GlobalMaxPool"
    return try add(isMaximum ? .maxPooling(.global) : .averagePooling(.global), of: [input], for: arguments)
  }

  /// The mean or maximum over rows, columns, or the maps of a group.
  mutating func reduced(_ arguments: ONNXArguments) throws -> Feature {
    let feature = try feature(arguments)
    guard let axes = try folding(arguments).axes(rank: feature.shape.count) else {
      throw arguments.refusal("reduces all axes; only rows and columns are taken")
    }
    let isMaximum = arguments.node.operation == "ReduceMax"
    var result: Feature
    if feature.shape.count == 5, axes == [2], feature.order == nil {
      result = try overGroup(feature, isMaximum, arguments)
    } else {
      guard !axes.isEmpty, axes.allSatisfy({ $0 > 1 }), feature.shape.count <= 4 else {
        throw arguments.refusal("axes \(axes) are not taken, only those of rows and columns")
      }
      let node = try image(Feature(feature, shape: [batch] + network.shape(feature.node).sizes), arguments)
      let shape = network.shape(node)
      // An axis that was reduced before, and left out, is one pixel.
      let kept = [shape[1], shape[2]].enumerated().filter { feature.shape.count == 4 || $1 > 1 }.map(\.offset)
      guard feature.shape == [batch, shape[0]] + kept.map({ shape[1 + $0] }),
        axes.allSatisfy({ kept.indices.contains($0 - 2) })
      else {
        throw arguments.refusal("reads \(feature.shape), which is not taken")
      }
      let reduced = Set(axes.map { kept[$0 - 2] })
      let window = Extent(height: reduced.contains(0) ? shape[1] : 1, width: reduced.contains(1) ? shape[2] : 1)
      let isGlobal = window == Extent(height: shape[1], width: shape[2])
      let pooling = isGlobal ? .global : Pooling(kernelSize: window, stride: window, padding: Margins(0))
      result = try add(isMaximum ? .maxPooling(pooling) : .averagePooling(pooling), of: [node], for: arguments)
    }
    let keeps = try arguments.integer("keepdims", 1) != 0
    result.shape = feature.shape.indices.compactMap { axis in
      axes.contains(axis) ? (keeps ? 1 : nil) : feature.shape[axis]
    }
    return result
  }

  /// The maps of a group, which lie side by side, to one.
  private mutating func overGroup(_ feature: Feature, _ isMaximum: Bool, _ arguments: ONNXArguments) throws -> Feature {
    let group = try group(feature, arguments)
    return try add(
      isMaximum ? .groupMaxPooling(group) : .groupAveragePooling(group), of: [feature.node], for: arguments)
  }

  /// The group whose maps `feature`, seen as `[n, c, o, h, w]`, has side by side.
  func group(_ feature: Feature, _ arguments: ONNXArguments) throws -> SymmetryGroup {
    let shape = network.shape(feature.node).sizes
    guard feature.shape.count == 5, feature.order == nil, feature.affine == nil, feature.padding == nil,
      shape.count == 3, feature.shape[1] * feature.shape[2] == shape[0],
      Array(feature.shape[3...]) == Array(shape[1...]),
      let group = [SymmetryGroup.p4, .p4m].first(where: { $0.order == feature.shape[2] })
    else { throw arguments.refusal("reads \(feature.shape), which is not taken") }
    return group
  }

  mutating func resized(_ arguments: ONNXArguments) throws -> Feature {
    let input = try image(feature(arguments), arguments)
    let shape = network.shape(input)
    let isOld = model.opset < 11 || arguments.node.operation == "Upsample"
    var factors = try arguments.input(isOld ? 1 : 2).map { try numbers($0, arguments).values } ?? []
    if case .floats(let list)? = arguments.node.attributes["scales"] { factors = list.map(Double.init) }
    if factors.isEmpty, let name = arguments.input(3) {
      let sizes = try numbers(name, arguments).values
      factors = zip(sizes, [Double(batch)] + shape.sizes.map(Double.init)).map { $0 / $1 }
    }
    guard factors.count == 4, factors[0] == 1, factors[1] == 1, arguments.node.attributes["axes"] == nil,
      factors.allSatisfy({ $0 >= 1 && $0 <= 4096 && $0 == $0.rounded() })
    else { throw arguments.refusal("scales \(factors) are not taken, only whole numbers for rows and columns") }
    let mode = try arguments.text("mode", "nearest")
    let place = try arguments.text("coordinate_transformation_mode", isOld ? "asymmetric" : "half_pixel")
    let rounding = try arguments.text("nearest_mode", isOld ? "floor" : "round_prefer_floor")
    let extent = Extent(height: Int(factors[2]), width: Int(factors[3]))
    let isCentred = place.hasSuffix("half_pixel")
    switch mode {
    case "nearest"
    where isCentred == rounding.hasPrefix("round") && (isCentred || place == "asymmetric" && rounding == "floor"):
      return try add(.upsampling(Upsampling(factor: extent, mode: .nearest)), of: [input], for: arguments)
    case "linear" where isCentred:
      return try add(.upsampling(Upsampling(factor: extent, mode: .bilinear)), of: [input], for: arguments)
    default: throw arguments.refusal("mode \(mode) with \(place) and \(rounding) is not taken")
    }
  }
}

extension Feature {
  /// What is seen under another shape.
  fileprivate init(_ feature: Feature, shape: [Int]) {
    self = feature
    self.shape = shape
  }
}
