import Failures
import HDF5
import Networks
import Tensors

/// What stands for a value of the graph that depends on the image: what a node of the network puts out, and how the graph
/// sees it.
struct Feature {
  /// The node, or the image.
  var node: String
  /// The shape in the graph, the batch in front.
  var shape: [Int]
  /// In which order the graph has the node's channels, or all its numbers; nil for their own.
  var order: [Int]?
  /// What is still to be computed of it.
  var affine: Affine?
  /// Zeros that are still to be put around it.
  var padding: Margins?
  /// Where it is the error function of the node's output, a part of GELU: what that is of, times `sqrt(2)`.
  var erf: Affine?
  /// Where it is whether what it says is above a number: that number.
  var threshold: Double?
  /// Where it is a part of standardising what `affine` makes of the node's output: which.
  var statistic: ImageStatistic?
  /// Whether the graph sees images and channels in each other's place.
  var isSwapped = false
  /// Whether one pixel is repeated over an image.
  var isRepeated = false
}

/// Makes a network of an ONNX graph: constants are computed, nodes become layers, or are refused by name.
///
/// The graph is followed for one batch, of the size that it is made for or of one image; what mixes images is refused.
struct ONNXImporter {
  let file: TensorFile
  let model: ONNXModel
  var constants: [String: Constant] = [:]
  var features: [String: Feature] = [:]
  /// Lists of values, by the names of these.
  var sequences: [String: [String]] = [:]
  var network: NetworkDraft
  var notes: [String] = []
  /// The output of the graph that becomes the logits.
  let output: String
  /// How many images the graph is followed for.
  let batch: Int
  /// How many numbers of constants may still be held, and how many still be computed.
  private var allowance, work: Int
  /// How many of the nodes that are still to be followed read each value.
  private var readers: [String: Int] = [:]

  init(_ model: ONNXModel, in file: TensorFile, imageShape: [Int]?) throws {
    (self.model, self.file) = (model, file)
    for tensor in model.graph.initializers { constants[tensor.name] = Constant(tensor) }
    guard let output = model.graph.outputs.first else {
      throw Failure(.data, "\(file.path): its graph has no output; it is no classifier")
    }
    self.output = output.name
    let names = Set(model.graph.initializers.map(\.name))
    let inputs = model.graph.inputs.filter { !names.contains($0.name) }
    guard let input = inputs.first, inputs.count == 1 else {
      let list = inputs.prefix(5).map { printable($0.name) }.joined(separator: ", ")
      throw Failure(.data, "\(file.path): has \(inputs.count) inputs (\(list)); only networks of one image are taken")
    }
    let shape = try Self.inputShape(input, imageShape, file.path)
    batch = shape[0]
    network = NetworkDraft(imageShape: Array(shape.dropFirst()))
    // Filters over a group are eight times their parameter, and held once more while they are put in order.
    allowance = min(1 << 22 + 4 * min(file.byteCount, 1 << 40), 1 << 30)
    work = 8 * allowance
    features[input.name] = Feature(node: Node.image, shape: shape)
    if model.graph.outputs.count > 1 {
      let others = model.graph.outputs.dropFirst().prefix(5).map { printable($0.name) }.joined(separator: ", ")
      notes.append("took its output \(printable(output.name)) and left out \(others)")
    }
  }

  /// The sizes of a batch of images: those of the file, or of the request where the file leaves them open.
  private static func inputShape(_ input: ONNXValue, _ asked: [Int]?, _ path: String) throws -> [Int] {
    let given = input.shape ?? [nil, nil, nil, nil]
    guard given.count == 4 else {
      let sizes = given.map { $0.map(String.init) ?? "?" }.joined(separator: "x")
      throw Failure(
        .data, "\(path): its input \(printable(input.name)) is \(sizes), not images [n, c, h, w]; only these are taken")
    }
    let sizes = given.dropFirst().enumerated().map { $1 ?? asked?[$0] }
    guard let image = asked ?? (sizes.contains { $0 == nil } ? nil : sizes.compactMap { $0 }) else {
      throw Failure(.data, "\(path): leaves the sizes of its images open; cusp-convert --image CxHxW gives them")
    }
    guard zip(sizes, image).allSatisfy({ $0 == $1 }) else {
      let found = sizes.map { $0.map(String.init) ?? "?" }.joined(separator: "x")
      throw Failure(.data, "\(path): is made for images \(found), not \(Shape(image)); leave out --image")
    }
    guard (given[0] ?? 1) <= 1 << 16, image.allSatisfy({ (1...NetworkLimits.setting).contains($0) }) else {
      throw Failure(.data, "\(path): has images \(image), beyond all bounds; it is damaged or forged")
    }
    return [given[0] ?? 1] + image
  }

  /// Follows the graph to its end: the network and the tensors of its parameters.
  mutating func run() throws -> (definition: NetworkDefinition, tensors: [String: StoredTensor]) {
    let nodes = needed()
    for name in nodes.flatMap(\.inputs) { readers[name, default: 0] += 1 }
    for node in nodes {
      let arguments = ONNXArguments(node: node, path: file.path)
      guard node.domain.isEmpty || model.isExported && node.domain == ATenTranslation.domain else {
        throw arguments.refusal("is an operator of \(printable(node.domain)), whose operators are not taken")
      }
      do {
        try follow(arguments)
      } catch let failure as Failure where !failure.message.hasPrefix("\(file.path): ") {
        throw arguments.refusal(failure.message)
      }
      release(node)
    }
    guard let last = features[output] else {
      throw Failure(.data, "\(file.path): its output \(printable(output)) does not depend on the image")
    }
    return try finish(last)
  }

  /// The nodes that the output depends on, in their order.
  private func needed() -> [ONNXNode] {
    var wanted: Set = [output]
    var nodes: [ONNXNode] = []
    for node in model.graph.nodes.reversed() where !wanted.isDisjoint(with: node.outputs.filter { !$0.isEmpty }) {
      wanted.formUnion(node.inputs)
      nodes.append(node)
    }
    return nodes.reversed()
  }

  mutating func follow(_ arguments: ONNXArguments) throws {
    let node = arguments.node
    for name in node.inputs
    where !name.isEmpty && constants[name] == nil && features[name] == nil && sequences[name] == nil {
      throw arguments.refusal("reads \(printable(name)), which nothing before it makes")
    }
    if try followSequence(arguments) { return }
    let reads = node.inputs.compactMap { features[$0] }
    if reads.isEmpty { return try fold(arguments) }
    if ["Shape", "Size"].contains(node.operation) {
      let folding = ConstantFolding(arguments: arguments, inputs: [], limit: 0)
      let sizes = try folding.shapeOf(reads[0].shape)
      let total = Double(reads[0].shape.reduce(1, *))
      try put(node.operation == "Size" ? .init([], isInteger: true, .numbers([total])) : sizes.constant, arguments)
      return
    }
    for (name, feature) in zip(node.outputs, try apply(arguments)) where !name.isEmpty { features[name] = feature }
  }

  private mutating func put(_ constant: Constant, _ arguments: ONNXArguments, at place: Int = 0) throws {
    guard arguments.node.outputs.indices.contains(place) else { throw arguments.refusal("has no output") }
    constants[arguments.node.outputs[place]] = constant
  }

  // MARK: - Constants

  private mutating func fold(_ arguments: ONNXArguments) throws {
    let node = arguments.node
    if node.operation == "Constant" { return try put(constant(arguments), arguments) }
    if let kept = try stored(arguments) { return try put(kept, arguments) }
    var inputs = try node.inputs.map { $0.isEmpty ? nil : try numbers($0, arguments) }
    if node.operation == "ConstantOfShape", case .tensor(let value)? = node.attributes["value"] {
      inputs.append(try numbers(Constant(value), arguments))
    }
    guard let results = try ConstantFolding(arguments: arguments, inputs: inputs, limit: allowance).result() else {
      throw arguments.refusal("is not computed of constants")
    }
    for (place, result) in results.enumerated() where place < node.outputs.count {
      try charge(result.values.count, arguments)
      try put(result.constant, arguments, at: place)
    }
  }

  private func constant(_ arguments: ONNXArguments) throws -> Constant {
    for (name, value) in arguments.node.attributes {
      switch value {
      case .tensor(let tensor) where name == "value": return Constant(tensor)
      case .float(let number) where name == "value_float":
        return Constant([], isInteger: false, .numbers([Double(number)]))
      case .floats(let list) where name == "value_floats":
        return Constant([list.count], isInteger: false, .numbers(list.map(Double.init)))
      case .integer(let number) where name == "value_int":
        return Constant([], isInteger: true, .numbers([Double(number)]))
      case .integers(let list) where name == "value_ints": return Constant(integers: list)
      default: continue
      }
    }
    throw arguments.refusal("has no value that is read")
  }

  /// A constant of the file that keeps its numbers, under another shape at most.
  private func stored(_ arguments: ONNXArguments) throws -> Constant? {
    let node = arguments.node
    guard let name = arguments.input(0), var constant = constants[name], case .stored(let tensor) = constant.storage
    else {
      return nil
    }
    switch node.operation {
    case "Identity", "Dropout": return constant
    case "Cast":
      return try tensor.element.isFloatingPoint && arguments.isToFloat() ? constant : nil
    case "Reshape", "Flatten", "Squeeze", "Unsqueeze":
      guard constant.count > 1 << 16 else { return nil }
      let rest = try node.inputs.dropFirst().map { $0.isEmpty ? nil : try smallNumbers($0, arguments) }
      constant.shape = try ConstantFolding(arguments: arguments, inputs: [nil] + rest, limit: 0).reshaped(
        constant.shape)
      return constant
    default: return nil
    }
  }

  private func smallNumbers(_ name: String, _ arguments: ONNXArguments) throws -> NumberArray {
    guard let constant = constants[name], constant.count <= 1 << 16 else {
      throw arguments.refusal("\(printable(name)) is no short list of numbers")
    }
    return try read(constant)
  }

  private func read(_ constant: Constant) throws -> NumberArray {
    let values: [Double]
    switch constant.storage {
    case .numbers(let numbers): values = numbers
    case .stored(let tensor):
      var read: [Double] = []
      if tensor.element == .int64 {
        try file.forEachPart(of: tensor) { bytes in
          for start in stride(from: 0, to: bytes.count, by: 8) {
            read.append(Double(Int64(littleEndian: bytes.loadUnaligned(fromByteOffset: start, as: Int64.self))))
          }
        }
      } else {
        try file.forEachPart(ofFloats: tensor) { read += $0.map(Double.init) }
      }
      values = read
    }
    return NumberArray(shape: constant.shape, isInteger: constant.isInteger, values: values)
  }

  /// The numbers of the constant `name`.
  mutating func numbers(_ name: String, _ arguments: ONNXArguments) throws -> NumberArray {
    guard let constant = constants[name] else {
      throw arguments.refusal("\(printable(name)) is no constant, which it has to be")
    }
    return try numbers(constant, arguments)
  }

  private mutating func numbers(_ constant: Constant, _ arguments: ONNXArguments) throws -> NumberArray {
    if case .stored = constant.storage { try charge(constant.count, arguments) }
    return try read(constant)
  }

  /// Forgets large constants that were computed and that no node after `node` reads.
  private mutating func release(_ node: ONNXNode) {
    for name in node.inputs {
      guard let left = readers[name] else { continue }
      readers[name] = left - 1
      guard left == 1, let constant = constants[name], constant.count > 1 << 16, case .numbers = constant.storage else {
        continue
      }
      constants[name] = nil
      allowance += constant.count
    }
  }

  /// Takes account of `count` more numbers.
  mutating func charge(_ count: Int, _ arguments: ONNXArguments) throws {
    (allowance, work) = (allowance - count, work - count)
    guard allowance >= 0, work >= 0 else { throw arguments.refusal("computes more constants than any network has") }
  }

  // MARK: - The end

  private mutating func finish(
    _ last: Feature
  ) throws -> (definition: NetworkDefinition, tensors: [String: StoredTensor]) {
    let end = ONNXArguments(
      node: ONNXNode(name: output, operation: "output", inputs: [output]), path: file.path)
    var last = last
    let count = last.shape.reduce(1, *) / max(batch, 1)
    guard last.shape.first == batch, last.shape.dropFirst(2).allSatisfy({ $0 == 1 }), count > 0 else {
      throw end.refusal("is \(last.shape), not logits [n, classes]; only classifiers are taken")
    }
    last.shape = [batch, count]
    let name = try vector(last, end)
    let imageShape = network.shape(Node.image).sizes
    let preprocessing = network.finish(name)
    var tensors: [String: StoredTensor] = [:]
    for item in network.items {
      for (short, tensor) in item.parameters {
        let path = "\(item.node.name).\(short)"
        tensors[path] = tensor.renamed(group: "", name: path)
      }
    }
    let bytes = tensors.values.reduce(0) { $0 + min($1.byteCount, 1 << 48) }
    guard bytes / 16 <= file.tensors.reduce(1 << 16 + file.byteCount, { $0 + $1.byteCount }) else {
      throw Failure(.data, "\(file.path): a network of \(bytes) bytes in \(file.byteCount); it is forged")
    }
    let definition = NetworkDefinition(
      architecture: "onnx", imageShape: imageShape, classCount: count, preprocessing: preprocessing,
      nodes: network.items.map(\.node))
    return (definition, tensors)
  }
}
