import Networks
import Symmetry
import Tensors

/// Draws a small network from every kind of layer, with the settings that engines get wrong: odd channel counts, strides
/// past the kernel, padding as wide as it, oblong images, values read several times.
struct RandomDefinition {
  private var dice: Generator
  private var nodes: [Node] = []
  /// What later nodes may read.
  private var values: [Value]

  private struct Value {
    let name: String
    /// `[c, h, w]` or `[features]`.
    let shape: [Int]
  }

  /// The definition that `seed` stands for.
  static func make(seed: Int) -> NetworkDefinition {
    var draft = RandomDefinition(seed: seed)
    return draft.definition(seed: seed)
  }

  private init(seed: Int) {
    dice = Generator(seed: UInt64(seed), purpose: .sample)
    values = []
    let shape = [pick([1, 2, 3, 5]), 3 + dice.integer(below: 9), 3 + dice.integer(below: 9)]
    values = [Value(name: Node.image, shape: shape)]
  }

  private mutating func definition(seed: Int) -> NetworkDefinition {
    let image = values[0].shape
    let classes = 2 + dice.integer(below: 9)
    for _ in 0..<3 + dice.integer(below: 5) { grow() }
    finish(classes: classes)
    let deviations = (0..<image[0]).map { _ in 0.5 + dice.uniform() }
    let means = deviations.map { _ in dice.uniform() }
    return NetworkDefinition(
      architecture: "random-\(seed)", imageShape: image, classCount: classes,
      preprocessing: chance(50) ? Preprocessing(mean: means, standardDeviation: deviations) : .none, nodes: nodes)
  }

  private mutating func pick<Option>(_ options: [Option]) -> Option { options[dice.integer(below: options.count)] }

  private mutating func chance(_ percent: Int) -> Bool { dice.integer(below: 100) < percent }

  /// Something read often by the next layer, more rarely by a later one.
  private mutating func input() -> Value { chance(60) ? values[values.count - 1] : pick(values) }

  @discardableResult
  private mutating func add(_ layer: Layer, _ inputs: [Value], _ shape: [Int]) -> Value {
    let value = Value(name: "\(layer.name)\(nodes.count)", shape: shape)
    nodes.append(Node(name: value.name, inputs: inputs.map(\.name), layer: layer))
    values.append(value)
    return value
  }

  private mutating func grow() {
    let x = input()
    switch dice.integer(below: 15) {
    case 13...14: standardize(x)
    case 10: rearrange(x)
    case 11...12: _ = bend(x)
    case 0...2:
      let y = convolve(x)
      if chance(50) { sameShape(y) }
    case 3: pool(x)
    case 4...6: join(x)
    case 7: concatenate(x)
    case 8: commute(x)
    default: sameShape(x)
    }
  }

  private mutating func convolve(_ x: Value) -> Value {
    let kernel = 1 + dice.integer(below: min(5, x.shape[1], x.shape[2]))
    let groups = pick([1, 1, x.shape[0]])
    var settings = Convolution(
      outputChannels: groups == 1 ? pick([1, 3, 5, 8, 16, 17]) : groups * pick([1, 2]), kernelSize: kernel,
      stride: pick([1, 1, 1, 2, 3]), padding: pick([0, kernel / 2, kernel / 2, kernel]), groups: groups,
      bias: chance(50))
    if chance(30) { distort(&settings, x) }
    let (padding, reach) = (settings.padding, settings.reach)
    let height = (x.shape[1] + padding.top + padding.bottom - reach.height) / settings.stride.height + 1
    let width = (x.shape[2] + padding.left + padding.right - reach.width) / settings.stride.width + 1
    return add(.convolution(settings), [x], [settings.outputChannels, height, width])
  }

  /// Other kernels, steps and margins along each axis, and holes between a window's pixels.
  private mutating func distort(_ settings: inout Convolution, _ x: Value) {
    settings.kernelSize = Extent(
      height: 1 + dice.integer(below: min(3, x.shape[1])), width: 1 + dice.integer(below: min(4, x.shape[2])))
    settings.stride = Extent(height: pick([1, 2]), width: pick([1, 1, 3]))
    settings.dilation = Extent(height: pick([1, 2]), width: pick([1, 1, 2]))
    let reach = settings.reach
    func margin(_ reach: Int, _ side: Int) -> [Int] {
      reach > side ? [(reach - side + 1) / 2, reach] : [0, reach / 2]
    }
    let (rows, columns) = (margin(reach.height, x.shape[1]), margin(reach.width, x.shape[2]))
    settings.padding = Margins(top: pick(rows), left: pick(columns), bottom: pick(rows), right: pick(columns))
  }

  /// Layers over a group, from an image to feature maps over it, and sometimes back.
  private mutating func commute(_ x: Value) {
    let group = pick(SymmetryGroup.allCases)
    var y = groupConvolve(group, x, lifting: true)
    // Behind a 1x1 convolution of a norm, a norm undoes that one's scale, whose gradient then is rounding alone.
    if min(x.shape[1], x.shape[2]) >= 3, y.shape[1] * y.shape[2] >= 3 {
      y = add(.groupBatchNormalization(BatchNormalization(), over: group), [y], y.shape)
      y = add(.relu, [y], y.shape)
    }
    if chance(70) { y = groupConvolve(group, y, lifting: false) }
    if chance(30) { y = add(.relu, [y], y.shape) }
    guard chance(50) else { return }
    let shape = [y.shape[0] / group.order, y.shape[1], y.shape[2]]
    add(chance(50) ? .groupMaxPooling(group) : .groupAveragePooling(group), [y], shape)
  }

  private mutating func groupConvolve(_ group: SymmetryGroup, _ x: Value, lifting: Bool) -> Value {
    let sides = (group == .p4 ? [1, 2, 3] : [1, 3]).filter { $0 <= min(x.shape[1], x.shape[2]) }
    let kernel = lifting ? sides[sides.count - 1] : pick(sides)
    let settings = GroupConvolution(
      group, lifting: lifting, outputChannels: 1 + dice.integer(below: 3), kernelSize: kernel, stride: pick([1, 1, 2]),
      padding: pick([0, kernel / 2]), bias: chance(50))
    func side(_ length: Int) -> Int { (length + 2 * settings.padding - kernel) / settings.stride + 1 }
    let shape = [settings.outputChannels * group.order, side(x.shape[1]), side(x.shape[2])]
    return add(.groupConvolution(settings), [x], shape)
  }

  private mutating func pool(_ x: Value) {
    if chance(20) {
      let size = Extent(height: 1 + dice.integer(below: x.shape[1]), width: 1 + dice.integer(below: x.shape[2]))
      add(.adaptiveAveragePooling(size), [x], [x.shape[0], size.height, size.width])
      return
    }
    let kernel = 1 + dice.integer(below: min(4, x.shape[1], x.shape[2]))
    var settings = Pooling(
      kernelSize: kernel, stride: 1 + dice.integer(below: 3), padding: pick([0, kernel / 2]))
    if chance(40) {
      settings.kernelSize.width = 1 + dice.integer(below: min(4, x.shape[2]))
      settings.padding.left = pick([0, settings.kernelSize.width / 2])
      settings.padding.right = pick([0, settings.kernelSize.width / 2])
      (settings.ceilMode, settings.countsPadding) = (chance(50), chance(50))
    }
    let (padding, size) = (settings.padding, settings.kernelSize)
    func side(_ length: Int, _ kernel: Int, _ stride: Int, _ before: Int, _ after: Int) -> Int {
      let rest = length + before + after - kernel
      let whole = rest / stride + 1
      // A last window must begin within the image or the margin before it.
      return settings.ceilMode && rest % stride > 0 && whole * stride < length + before ? whole + 1 : whole
    }
    let shape = [
      x.shape[0], side(x.shape[1], size.height, settings.stride.height, padding.top, padding.bottom),
      side(x.shape[2], size.width, settings.stride.width, padding.left, padding.right),
    ]
    add(chance(50) ? .maxPooling(settings) : .averagePooling(settings), [x], shape)
  }

  /// Activations with values of every size before them.
  private mutating func bend(_ x: Value) -> Value {
    let activations: [Activation] = [
      .relu, .relu6, .leakyReLU(slope: 0.1), .elu(alpha: 0.5), .gelu, .geluTanh, .silu, .sigmoid, .tanh, .hardSigmoid,
      .hardSwish, .softplus,
    ]
    let stretched = chance(50) ? add(.scaleShift(stretch(x)), [x], x.shape) : x
    return add(.activation(pick(activations)), [stretched], x.shape)
  }

  private mutating func stretch(_ x: Value) -> ScaleShift {
    let count = pick([1, x.shape[0]])
    return ScaleShift(
      scale: (0..<count).map { _ in 1 + 2 * dice.uniform() }, shift: (0..<count).map { _ in 2 * dice.uniform() - 1 })
  }

  /// Norms of every image by itself, and what changes its size.
  private mutating func standardize(_ x: Value) {
    let channels = x.shape[0]
    switch dice.integer(below: 7) {
    case 5:
      // A few are so even that the least deviation counts.
      let even = ScaleShift(scale: [pick([1, 1, 0.001])], shift: [0])
      add(.imageStandardization, [add(.scaleShift(even), [x], x.shape)], x.shape)
    case 0 where x.shape[1] * x.shape[2] >= 9:
      let groups = pick((1...channels).filter { channels.isMultiple(of: $0) })
      add(.groupNormalization(GroupNormalization(groups: groups, affine: chance(70))), [x], x.shape)
    case 1 where x.shape[1] * x.shape[2] >= 9:
      add(.layerNormalization(LayerNormalization(affine: chance(70))), [x], x.shape)
    case 2:
      let settings = LocalResponseNormalization(size: 1 + dice.integer(below: 5), alpha: 0.5, k: pick([1, 2]))
      add(.localResponseNormalization(settings), [x], x.shape)
    case 3: add(.softmax, [x], x.shape)
    case 4 where max(x.shape[1], x.shape[2]) <= 6:
      let factor = Extent(height: 1 + dice.integer(below: 3), width: 1 + dice.integer(below: 2))
      add(
        .upsampling(Upsampling(factor: factor, mode: pick([.nearest, .bilinear]))), [x],
        [channels, x.shape[1] * factor.height, x.shape[2] * factor.width])
    default: enlarge(x)
    }
  }

  private mutating func enlarge(_ x: Value) {
    guard max(x.shape[1], x.shape[2]) <= 6 else { return }
    let groups = pick([1, 1, x.shape[0]])
    let kernel = Extent(height: 1 + dice.integer(below: 3), width: 1 + dice.integer(below: 3))
    let stride = Extent(height: pick([1, 2]), width: pick([1, 2, 3]))
    let settings = TransposedConvolution(
      outputChannels: groups * pick([1, 2]), kernelSize: kernel, stride: stride,
      padding: Margins(top: 0, left: kernel.width / 2, bottom: 0, right: 0),
      outputPadding: Extent(height: stride.height - 1, width: 0), dilation: Extent(height: 1, width: pick([1, 2])),
      groups: groups, bias: chance(50))
    let height = (x.shape[1] - 1) * stride.height + kernel.height + stride.height - 1
    let reach = settings.dilation.width * (kernel.width - 1) + 1
    let width = (x.shape[2] - 1) * stride.width - settings.padding.left + reach
    guard width >= 1 else { return }
    add(.transposedConvolution(settings), [x], [settings.outputChannels, height, width])
  }

  /// Channels dealt anew, parts of them next to each other, or weighted by what they hold.
  private mutating func rearrange(_ x: Value) {
    let channels = x.shape[0]
    switch dice.integer(below: 6) {
    case 3:
      var order = Array(0..<channels)
      for i in order.indices { order.swapAt(i, dice.integer(below: i + 1)) }
      add(.channelPermutation(order: order), [x], x.shape)
    case 4:
      let settings = ChannelPadding(before: dice.integer(below: 4), after: dice.integer(below: 20))
      add(.channelPadding(settings), [x], [settings.before + channels + settings.after] + x.shape.dropFirst())
    case 0: add(.channelShuffle(groups: pick((1...channels).filter { channels.isMultiple(of: $0) })), [x], x.shape)
    case 1:
      let start = dice.integer(below: channels)
      let slice = ChannelSlice(start: start, count: 1 + dice.integer(below: channels - start))
      let part = add(.channelSlice(slice), [x], [slice.count] + x.shape.dropFirst())
      add(.concatenation, [part, x], [slice.count + channels] + x.shape.dropFirst())
    case 2: add(.product, [x, pick(values.filter { $0.shape == x.shape })], x.shape)
    default:
      let mean = add(.averagePooling(.global), [x], [channels, 1, 1])
      add(.product, [x, bend(mean)], x.shape)
    }
  }

  /// A layer that keeps its input's shape.
  @discardableResult
  private mutating func sameShape(_ x: Value) -> Value {
    switch dice.integer(below: 5) {
    case 0: return add(.relu, [x], x.shape)
    case 1:
      let settings = Dropout(rate: pick([0, 0.25, 0.5]), scope: pick([.element, .channel, .image]))
      return add(.dropout(settings), [x], x.shape)
    case 2:
      let settings = Convolution(
        outputChannels: x.shape[0], kernelSize: 3, padding: 1, groups: chance(25) ? x.shape[0] : 1, bias: chance(50))
      return add(.convolution(settings), [x], x.shape)
    default:
      // A norm over few numbers blows rounding up.
      guard x.shape[1] * x.shape[2] >= 9 else { return add(.relu, [x], x.shape) }
      let y = add(.batchNormalization(BatchNormalization(momentum: pick([0.1, 0.3]))), [x], x.shape)
      return chance(50) ? add(.relu, [y], x.shape) : y
    }
  }

  /// A sum of two or three, of branches from `x`, of `x` itself, of one value twice, or of anything of that shape.
  private mutating func join(_ x: Value) {
    var parts: [Value] = []
    for _ in 0..<pick([2, 2, 3]) {
      let others = values.filter { $0.shape == x.shape }
      parts.append(chance(60) ? sameShape(x) : pick(others))
    }
    let sum = add(.sum, parts, x.shape)
    if chance(60) { add(.relu, [sum], x.shape) }
  }

  private mutating func concatenate(_ x: Value) {
    let others = values.filter { $0.shape[1...] == x.shape[1...] }
    let parts = (0..<pick([2, 2, 3])).map { _ in pick(others) }
    let channels = parts.reduce(0) { $0 + $1.shape[0] }
    if channels <= 40 { add(.concatenation, parts, [channels] + x.shape[1...]) }
  }

  /// Brings everything that nothing reads to features, joins them, and ends in logits.
  private mutating func finish(classes: Int) {
    let read = Set(nodes.flatMap(\.inputs))
    var features = values.filter { !read.contains($0.name) }.map { x in
      let small = x.shape[1] * x.shape[2] <= 30 && chance(50) ? x : globalPool(x)
      return add(.flatten, [small], [small.shape.reduce(1, *)])
    }
    if features.count > 1 {
      features = [add(.concatenation, features, [features.reduce(0) { $0 + $1.shape[0] }])]
    }
    var last = features[0]
    if chance(50) { last = hidden(last) }
    let dense = Layer.dense(Dense(outputs: classes, bias: chance(70)))
    if chance(70) {
      add(dense, [last], [classes])
    } else {
      let parts = [add(dense, [last], [classes]), add(dense, [last], [classes])]
      add(.sum, parts, [classes])
    }
  }

  private mutating func globalPool(_ x: Value) -> Value {
    add(chance(50) ? .averagePooling(.global) : .maxPooling(.global), [x], [x.shape[0], 1, 1])
  }

  private mutating func hidden(_ x: Value) -> Value {
    let count = pick([1, 7, 16, 33])
    let y = add(.relu, [add(.dense(Dense(outputs: count)), [x], [count])], [count])
    return chance(50) ? add(.dropout(Dropout(rate: 0.5)), [y], [count]) : y
  }
}

extension Convolution {
  /// How many pixels a window spans.
  fileprivate var reach: Extent {
    Extent(
      height: dilation.height * (kernelSize.height - 1) + 1, width: dilation.width * (kernelSize.width - 1) + 1)
  }
}
