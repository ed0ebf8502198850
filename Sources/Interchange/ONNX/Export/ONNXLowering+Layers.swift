import Networks
import Programs
import Symmetry
import Tensors

extension ONNXLowering {
  /// Adds the nodes that compute the vertex of `inputs`.
  mutating func lower(_ inputs: [String]) {
    let input = inputs[0]
    func list(_ values: Int...) -> ONNXAttribute { .integers(values) }
    switch vertex.node.layer {
    case .convolution(let settings):
      add("Conv", [input] + parameters(), attributes(settings), isLast: true)
    case .groupConvolution(let settings): lowerGroup(settings, input)
    case .transposedConvolution(let settings):
      var attributes = attributes(settings.opposite(inputChannels: vertex.inputShapes[0][0]))
      attributes["output_padding"] = list(settings.outputPadding.height, settings.outputPadding.width)
      add("ConvTranspose", [input] + parameters(), attributes, isLast: true)
    case .dense: add("Gemm", [input] + parameters(), ["transB": .integer(1)], isLast: true)
    case .batchNormalization(let settings): lowerNorm(settings, input, parameters())
    case .groupBatchNormalization(let settings, let group):
      let rows = Array(repeating: [0], count: group.order)
      let names = parameters { spec in
        let count = spec.shape[0]
        return ([count * group.order], FilterExpansion(outputs: count, inputs: 1, rows: rows))
      }
      lowerNorm(settings, input, names)
    case .groupNormalization(let settings): lowerNorm(settings, input)
    case .layerNormalization(let settings): lowerNorm(settings, input)
    case .imageStandardization: lowerStandardization(input)
    case .localResponseNormalization(let settings): lowerNorm(settings, input)
    case .softmax: add("Softmax", [input], ["axis": .integer(1)], isLast: true)
    case .upsampling(let settings): lower(settings, input)
    case .activation(let activation): lower(activation, input)
    case .maxPooling(let settings): lower(settings, input, isMaximum: true)
    case .averagePooling(let settings): lower(settings, input, isMaximum: false)
    case .adaptiveAveragePooling(let size): lowerAdaptive(size, input)
    case .dropout: add("Identity", [input], isLast: true)
    case .channelSlice(let slice):
      let bounds = [("starts", slice.start), ("ends", slice.start + slice.count), ("axes", 1)]
      add("Slice", [input] + bounds.map { integers(called: $0.0, [$0.1]) }, isLast: true)
    case .channelShuffle(let groups):
      let shape = vertex.inputShapes[0].sizes
      let dealt = integers(called: "dealt", [0, groups, shape[0] / groups] + shape.dropFirst())
      let order = [0, 2, 1] + Array(3..<max(3, shape.count + 2))
      let turned = add("Transpose", [add("Reshape", [input, dealt])], ["perm": .integers(order)])
      add("Reshape", [turned, integers(called: "shape", [0] + shape)], isLast: true)
    case .channelPermutation(let order):
      add("Gather", [input, integers(called: "order", order)], ["axis": .integer(1)], isLast: true)
    case .channelPadding(let settings):
      let rest = [Int](repeating: 0, count: vertex.inputShapes[0].rank - 1)
      add(
        "Pad", [input, integers(called: "pads", [0, settings.before] + rest + [0, settings.after] + rest)], isLast: true
      )
    case .scaleShift(let settings):
      let shape = [settings.scale.count] + [Int](repeating: 1, count: vertex.inputShapes[0].rank - 1)
      let scaled = add("Mul", [input, floats(called: "scale", shape, settings.scale)])
      add("Add", [scaled, floats(called: "shift", shape, settings.shift)], isLast: true)
    case .flatten: add("Flatten", [input], ["axis": .integer(1)], isLast: true)
    case .sum: add(inputs.count == 2 ? "Add" : "Sum", inputs, isLast: true)
    case .product: add("Mul", inputs, isLast: true)
    case .concatenation: add("Concat", inputs, ["axis": .integer(1)], isLast: true)
    case .groupMaxPooling(let group): lowerGroup("ReduceMax", group.order, input)
    case .groupAveragePooling(let group): lowerGroup("ReduceMean", group.order, input)
    }
  }

  // MARK: - Convolutions and windows

  private func attributes(_ settings: Convolution) -> [String: ONNXAttribute] {
    let (kernel, stride, dilation) = (settings.kernelSize, settings.stride, settings.dilation)
    return [
      "kernel_shape": .integers([kernel.height, kernel.width]), "strides": .integers([stride.height, stride.width]),
      "dilations": .integers([dilation.height, dilation.width]), "group": .integer(settings.groups),
      "pads": pads(settings.padding),
    ]
  }

  private func pads(_ margins: Margins) -> ONNXAttribute {
    .integers([margins.top, margins.left, margins.bottom, margins.right])
  }

  private mutating func lowerGroup(_ settings: GroupConvolution, _ input: String) {
    let (order, plain, side) = (settings.group.order, settings.plain, settings.kernelSize)
    let channels = vertex.inputShapes[0][0]
    let filters = FilterExpansion(
      outputs: settings.outputChannels, inputs: channels / settings.inputOrder, rows: settings.filterTable.rows)
    let names = parameters { spec in
      spec.shape.rank == 1
        ? ([settings.outputChannels * order], filters.ofBias)
        : ([plain.outputChannels, channels, side, side], filters)
    }
    add("Conv", [input] + names, attributes(plain), isLast: true)
  }

  private mutating func lowerGroup(_ operation: String, _ order: Int, _ input: String) {
    let shape = vertex.outputShape.sizes
    let maps = integers(called: "maps", [0, shape[0], order] + shape.dropFirst())
    let attributes: [String: ONNXAttribute] = ["axes": .integers([2]), "keepdims": .integer(0)]
    add(operation, [add("Reshape", [input, maps])], attributes, isLast: true)
  }

  private mutating func lower(_ settings: Pooling, _ input: String, isMaximum: Bool) {
    if settings.isGlobal {
      add(isMaximum ? "GlobalMaxPool" : "GlobalAveragePool", [input], isLast: true)
      return
    }
    var attributes: [String: ONNXAttribute] = [
      "kernel_shape": .integers([settings.kernelSize.height, settings.kernelSize.width]),
      "strides": .integers([settings.stride.height, settings.stride.width]), "pads": pads(settings.padding),
      "ceil_mode": .integer(settings.ceilMode ? 1 : 0),
    ]
    if !isMaximum { attributes["count_include_pad"] = .integer(settings.countsPadding ? 1 : 0) }
    add(isMaximum ? "MaxPool" : "AveragePool", [input], attributes, isLast: true)
  }

  /// Means over windows of unlike sizes are products with a matrix for the rows, and one for the columns.
  private mutating func lowerAdaptive(_ size: Extent, _ input: String) {
    let shape = vertex.inputShapes[0]
    if shape[1].isMultiple(of: size.height), shape[2].isMultiple(of: size.width) {
      let window = Extent(height: shape[1] / size.height, width: shape[2] / size.width)
      return lower(Pooling(kernelSize: window, stride: window, padding: Margins(0)), input, isMaximum: false)
    }
    func means(_ outputs: Int, of inputs: Int) -> [[Float]] {
      (0..<outputs).map { place in
        let range = place * inputs / outputs..<((place + 1) * inputs + outputs - 1) / outputs
        return (0..<inputs).map { range.contains($0) ? 1 / Float(range.count) : 0 }
      }
    }
    let rows = floats(called: "rows", [size.height, shape[1]], means(size.height, of: shape[1]).flatMap { $0 })
    let turned = means(size.width, of: shape[2])
    let columns = floats(
      called: "columns", [shape[2], size.width], (0..<shape[2]).flatMap { column in turned.map { $0[column] } })
    add("MatMul", [add("MatMul", [rows, input]), columns], isLast: true)
  }

  private mutating func lower(_ settings: Upsampling, _ input: String) {
    let scales = floats(called: "scales", [4], [1, 1, Float(settings.factor.height), Float(settings.factor.width)])
    let isNearest = settings.mode == .nearest
    let attributes: [String: ONNXAttribute] = [
      "mode": .text(isNearest ? "nearest" : "linear"),
      "coordinate_transformation_mode": .text(isNearest ? "asymmetric" : "half_pixel"), "nearest_mode": .text("floor"),
    ]
    add("Resize", [input, "", scales], attributes, isLast: true)
  }

  // MARK: - Functions of single numbers

  private mutating func lower(_ activation: Activation, _ input: String) {
    func number(_ name: String, _ value: Float) -> String { floats(called: name, [], [value]) }
    switch activation {
    case .relu: add("Relu", [input], isLast: true)
    case .relu6: add("Clip", [input, number("low", 0), number("high", 6)], isLast: true)
    case .leakyReLU(let slope): add("LeakyRelu", [input], ["alpha": .float(slope)], isLast: true)
    case .elu(let alpha): add("Elu", [input], ["alpha": .float(alpha)], isLast: true)
    case .sigmoid: add("Sigmoid", [input], isLast: true)
    case .tanh: add("Tanh", [input], isLast: true)
    case .softplus: add("Softplus", [input], isLast: true)
    case .hardSwish: add("HardSwish", [input], isLast: true)
    case .hardSigmoid: add("HardSigmoid", [input], ["alpha": .float(1 / 6), "beta": .float(0.5)], isLast: true)
    case .silu: add("Mul", [input, add("Sigmoid", [input])], isLast: true)
    case .gelu:
      let share = add("Erf", [add("Div", [input, number("root", Float(2).squareRoot())])])
      let doubled = add("Mul", [input, add("Add", [share, number("one", 1)])])
      add("Mul", [doubled, number("half", 0.5)], isLast: true)
    case .geluTanh:
      let square = add("Mul", [input, input])
      let cube = add("Mul", [add("Mul", [square, input]), number("cubic", 0.044715)])
      let inner = add("Mul", [add("Add", [input, cube]), number("root", (2 / Float.pi).squareRoot())])
      let doubled = add("Mul", [input, add("Add", [add("Tanh", [inner]), number("one", 1)])])
      add("Mul", [doubled, number("half", 0.5)], isLast: true)
    }
  }
}
