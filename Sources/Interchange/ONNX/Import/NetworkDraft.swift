import Failures
import Networks
import Tensors

/// A network while it is made of a graph, node by node.
struct NetworkDraft {
  /// A node with its parameters by their short names, as in `weight`.
  struct Item {
    var node: Node
    var parameters: [String: StoredTensor] = [:]
    /// What a `scale-shift` was told as, before it was rounded.
    var affine: Affine?
  }

  private(set) var items: [Item] = []
  /// The node that gives the logits, at the end.
  private var last = ""
  private var indices: [String: Int] = [:]
  private(set) var shapes: [String: Shape]
  /// Names that are taken: of nodes, and of what lies above and below them in a checkpoint.
  private var names: Set<String> = [Node.image]

  /// What parameters are called, which no part of a node's name is.
  private static let parameterNames: Set = ["weight", "bias", "running_mean", "running_var", "num_batches_tracked"]

  init(imageShape: [Int]) { shapes = [Node.image: Shape(imageShape)] }

  /// One image's shape as the node `name` puts it out.
  func shape(_ name: String) -> Shape { shapes[name] ?? [] }

  /// The item of the node `name`; nil for the image.
  func item(_ name: String) -> Item? { indices[name].map { items[$0] } }

  /// Adds a node that is called like `hint`; its name.
  ///
  /// - Throws: `.data` with what the layer refuses.
  mutating func add(
    _ layer: Layer, of inputs: [String], _ parameters: [String: StoredTensor] = [:], affine: Affine? = nil,
    like hint: String
  ) throws -> String {
    guard items.count < NetworkLimits.nodes else {
      throw Failure(.data, "a network of more than \(NetworkLimits.nodes) layers")
    }
    let shape = try layer.checkedShape(of: inputs.map { self.shape($0) })
    let name = unused(hint)
    indices[name] = items.count
    items.append(Item(node: Node(name: name, inputs: inputs, layer: layer), parameters: parameters, affine: affine))
    shapes[name] = shape
    return name
  }

  /// The node that computes `layer`, which has no parameters, of `input`: one that is there, or a new one.
  mutating func addOnce(
    _ layer: Layer, of input: String, affine: Affine? = nil, like hint: String
  ) throws -> String {
    if let known = items.last(where: { $0.node.inputs == [input] && $0.node.layer == layer }) { return known.node.name }
    return try add(layer, of: [input], affine: affine, like: hint)
  }

  /// A name like `hint` that is not taken: components of letters, digits, `_` and `-` between dots.
  private mutating func unused(_ hint: String) -> String {
    let components = hint.prefix(200).split(whereSeparator: { "/.:".contains($0) }).map { part -> String in
      let plain = String(part.map { $0.isASCII && ($0.isLetter || $0.isNumber || "_-".contains($0)) ? $0 : "_" })
      return Self.parameterNames.contains(plain) ? "\(plain)_" : plain
    }
    let base = components.isEmpty ? "node" : components.joined(separator: ".")
    var (name, number) = (base, 1)
    while !names.insert(name).inserted {
      number += 1
      name = "\(base)-\(number)"
    }
    return name
  }

  /// Turns the fully connected layers that lead to `name` from one pixel into convolutions, whose output is one pixel.
  ///
  /// So factors for channels are computed: the mean of a map, features of it, and as many factors as channels.
  ///
  /// - Returns: whether there are such layers and nobody else reads what they make.
  mutating func makeConvolutions(upTo name: String) -> Bool {
    var (chain, current) = ([Int](), name)
    while let index = indices[current], items[index].node.layer != .flatten {
      switch items[index].node.layer {
      case .dense, .activation, .scaleShift: chain.append(index)
      default: return false
      }
      current = items[index].node.inputs[0]
    }
    guard let flatten = item(current), let source = flatten.node.inputs.first, let first = chain.last,
      shape(source).rank == 3, shape(source).sizes.dropFirst() == [1, 1]
    else { return false }
    let (members, inner) = (Set(chain), Set(chain.map { items[$0].node.name }))
    let read = Set(items.flatMap(\.node.inputs))
    // What reads them beside, such as the sigmoid that a SiLU was made of, has to be a function that nobody reads yet.
    let beside = items.indices.filter { !members.contains($0) && !inner.isDisjoint(with: items[$0].node.inputs) }
    for index in beside {
      guard case .activation = items[index].node.layer, !read.contains(items[index].node.name) else { return false }
    }
    for index in beside { shapes[items[index].node.name] = Shape(shape(items[index].node.name).sizes + [1, 1]) }
    items[first].node.inputs = [source]
    for index in chain {
      let node = items[index].node
      shapes[node.name] = Shape(shape(node.name).sizes + [1, 1])
      guard case .dense(let dense) = node.layer, let weight = items[index].parameters["weight"] else { continue }
      items[index].node.layer = .convolution(
        Convolution(outputChannels: dense.outputs, kernelSize: 1, bias: dense.bias))
      items[index].parameters["weight"] = try? weight.reshaped(weight.shape.sizes + [1, 1], name: weight.name)
    }
    return true
  }

  // MARK: - At the end

  /// Removes what `last` does not need, and merges what training programs have as one: preprocessing, which it returns,
  /// biases, and scales of norms.
  mutating func finish(_ last: String) -> Preprocessing {
    self.last = last
    removeUnread()
    for index in items.indices.reversed() { mergeIntoInput(index) }
    removeUnread()
    return takePreprocessing()
  }

  private mutating func removeUnread() {
    var read: Set = [last]
    for item in items.reversed() where read.contains(item.node.name) { read.formUnion(item.node.inputs) }
    items.removeAll { !read.contains($0.node.name) }
    indices = Dictionary(uniqueKeysWithValues: items.enumerated().map { ($1.node.name, $0) })
  }

  /// Merges a scale and shift into the layer before it, where that is its bias, or the scale and shift of its norm.
  private mutating func mergeIntoInput(_ index: Int) {
    guard let affine = items[index].affine, let before = indices[items[index].node.inputs[0]] else { return }
    let (own, name) = (items[index], items[before].node.name)
    guard items.count(where: { $0.node.inputs.contains(name) }) == 1 else { return }
    let channels = shape(name)[0]
    let (scale, shift) = (affine.scale(channels), affine.shift(channels))
    var merged = items[before]
    switch merged.node.layer {
    case .convolution(var settings) where !settings.bias && affine.isShift:
      settings.bias = true
      merged.node.layer = .convolution(settings)
    case .transposedConvolution(var settings) where !settings.bias && affine.isShift:
      settings.bias = true
      merged.node.layer = .transposedConvolution(settings)
    case .dense(var settings) where !settings.bias && affine.isShift:
      settings.bias = true
      merged.node.layer = .dense(settings)
    case .groupNormalization(var settings) where !settings.affine:
      settings.affine = true
      merged.node.layer = .groupNormalization(settings)
      merged.parameters["weight"] = try? StoredTensor(name: "weight", shape: [channels], floats: scale)
    default: return
    }
    merged.parameters["bias"] = try? StoredTensor(name: "bias", shape: [channels], floats: shift)
    // It takes the later place and name, which others read.
    merged.node.name = own.node.name
    items[index] = merged
    swapNames(before, index)
  }

  /// Gives the merged node at `index` the better name of the one at `before`, which is read no more.
  private mutating func swapNames(_ before: Int, _ index: Int) {
    let (kept, dropped) = (items[before].node.name, items[index].node.name)
    items[before].node.name = dropped
    for reader in items.indices {
      items[reader].node.inputs = items[reader].node.inputs.map { $0 == dropped ? kept : $0 }
    }
    items[index].node.name = kept
    if last == dropped { last = kept }
    (shapes[kept], shapes[dropped]) = (shapes[dropped], shapes[kept])
    indices = [:]
    for (place, item) in items.enumerated() where place != before { indices[item.node.name] = place }
  }

  /// Takes off a scale and shift that alone reads the image.
  private mutating func takePreprocessing() -> Preprocessing {
    let readers = items.indices.filter { items[$0].node.inputs.contains(Node.image) }
    guard readers.count == 1, let affine = items[readers[0]].affine, affine.deviation.allSatisfy({ $0 > 0 }),
      items.count > 1
    else { return .none }
    let (name, channels) = (items[readers[0]].node.name, shape(Node.image)[0])
    items.remove(at: readers[0])
    for reader in items.indices {
      items[reader].node.inputs = items[reader].node.inputs.map { $0 == name ? Node.image : $0 }
    }
    return Preprocessing(
      mean: affine.spread(affine.mean, channels), standardDeviation: affine.spread(affine.deviation, channels))
  }
}

/// `(x - mean) / deviation`, one of both for all channels or one for each.
struct Affine: Equatable {
  var mean, deviation: [Double]

  /// Nothing.
  static let identity = Affine(mean: [0], deviation: [1])

  /// Whether something is added alone.
  var isShift: Bool { deviation.allSatisfy { $0 == 1 } }

  func spread(_ values: [Double], _ channels: Int) -> [Float] {
    values.count == channels ? values.map { Float($0) } : .init(repeating: Float(values[0]), count: channels)
  }

  func scale(_ channels: Int) -> [Float] { spread(deviation.map { 1 / $0 }, channels) }

  func shift(_ channels: Int) -> [Float] {
    let count = max(mean.count, deviation.count)
    return spread((0..<count).map { -mean[$0 % mean.count] / deviation[$0 % deviation.count] + 0 }, channels)
  }

  /// The layer that computes it.
  var layer: Layer {
    let count = max(mean.count, deviation.count)
    return .scaleShift(ScaleShift(scale: scale(count), shift: shift(count)))
  }

  /// By how much `other` divides more, the same for all channels, where both take away the same.
  func ratio(to other: Affine) -> Double? {
    let count = max(mean.count, deviation.count, other.mean.count, other.deviation.count)
    func at(_ list: [Double], _ place: Int) -> Double { list[place % list.count] }
    let first = deviation[0] / other.deviation[0]
    let isSame = (0..<count).allSatisfy { place in
      let (own, others) = (at(mean, place), at(other.mean, place))
      let quotient = at(deviation, place) / at(other.deviation, place)
      return abs(own - others) <= 1e-5 * max(abs(others), 1) && abs(quotient - first) <= 1e-5 * abs(first)
    }
    // Constants are rounded, what they stand for is not.
    let half = (first * 2).rounded() / 2
    return isSame ? (abs(first - half) < 1e-5 ? half : first) : nil
  }

  /// It followed by the addition of `values`, or less them.
  mutating func add(_ values: [Double], sign: Double = 1) {
    let count = max(values.count, mean.count, deviation.count)
    mean = (0..<count).map {
      mean[$0 % mean.count] - sign * values[$0 % values.count] * deviation[$0 % deviation.count]
    }
  }

  /// It followed by a division by `values`.
  mutating func divide(by values: [Double]) {
    let count = max(values.count, deviation.count)
    deviation = (0..<count).map { deviation[$0 % deviation.count] * values[$0 % values.count] }
  }

  /// It followed by a product with `values`.
  mutating func multiply(by values: [Double]) {
    let count = max(values.count, deviation.count)
    deviation = (0..<count).map { deviation[$0 % deviation.count] / values[$0 % values.count] }
  }
}
