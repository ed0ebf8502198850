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
    switch dice.integer(below: 10) {
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
    let settings = Convolution(
      outputChannels: groups == 1 ? pick([1, 3, 5, 8, 16, 17]) : groups * pick([1, 2]), kernelSize: kernel,
      stride: pick([1, 1, 1, 2, 3]), padding: pick([0, kernel / 2, kernel / 2, kernel]), groups: groups,
      bias: chance(50))
    func side(_ length: Int) -> Int { (length + 2 * settings.padding - kernel) / settings.stride + 1 }
    return add(.convolution(settings), [x], [settings.outputChannels, side(x.shape[1]), side(x.shape[2])])
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
    let kernel = 1 + dice.integer(below: min(4, x.shape[1], x.shape[2]))
    let settings = Pooling(
      kernelSize: kernel, stride: 1 + dice.integer(below: 3), padding: pick([0, kernel / 2]))
    func side(_ length: Int) -> Int { (length + 2 * settings.padding - kernel) / settings.stride + 1 }
    let shape = [x.shape[0], side(x.shape[1]), side(x.shape[2])]
    add(chance(50) ? .maxPooling(settings) : .averagePooling(settings), [x], shape)
  }

  /// A layer that keeps its input's shape.
  @discardableResult
  private mutating func sameShape(_ x: Value) -> Value {
    switch dice.integer(below: 5) {
    case 0: return add(.relu, [x], x.shape)
    case 1: return add(.dropout(Dropout(rate: pick([0, 0.25, 0.5]), channelwise: chance(50))), [x], x.shape)
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
