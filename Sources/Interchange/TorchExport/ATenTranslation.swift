import Failures
import HDF5
import Tensors

/// Puts an exported program into ONNX's operators, so that both are read as networks in one place.
///
/// Names of parameters stay; what ONNX has no operator for is of the domain `ATenTranslation.domain`.
struct ATenTranslation {
  /// Whose operators are PyTorch's own: `AdaptiveAveragePool`, `Dropout`, `ChannelShuffle`.
  static let domain = "pytorch"

  let program: ExportedProgram
  let path: String
  private(set) var nodes: [ONNXNode] = []
  /// The file's tensors, and the numbers among arguments.
  private(set) var constants: [StoredTensor]
  /// What the file calls its tensors.
  let names: Set<String>
  /// What a tensor is since it was changed in place.
  private var current: [String: String] = [:]
  /// The tensor whose memory another one shares.
  private var owners: [String: String] = [:]
  /// The tensors that share memory with one that was changed, and are not what they were.
  private var stale: Set<String> = []

  init(_ program: ExportedProgram, in file: TensorFile) {
    (self.program, path, constants) = (program, file.path, file.tensors)
    names = Set(file.tensors.map(\.name))
  }

  /// The graph, of operators as of set 17.
  ///
  /// - Throws: `.data` naming the node, the operator and what of it is not taken.
  mutating func model() throws -> ONNXModel {
    for node in program.needed {
      let arguments = ATenArguments(node: node, path: path)
      try translate(arguments)
      noteMemory(arguments)
    }
    guard let sizes = program.sizes[program.input] else {
      throw Failure(.data, "\(path): does not tell the sizes of its images; it is damaged")
    }
    var model = ONNXModel()
    model.opsets = ["": 17, Self.domain: 1]
    model.isExported = true
    model.producer = program.version.isEmpty ? "PyTorch" : "PyTorch \(program.version)"
    model.graph.nodes = nodes
    model.graph.initializers = constants
    model.graph.inputs = [ONNXValue(name: program.input, shape: sizes)]
    model.graph.outputs = [ONNXValue(name: current[program.output] ?? program.output, shape: nil)]
    return model
  }

  // MARK: - Names

  /// What the graph calls the tensor `name` of the program.
  func name(_ name: String, _ arguments: ATenArguments) throws -> String {
    guard !stale.contains(name) else {
      throw arguments.refusal("reads \(printable(name)), whose memory was changed through another tensor")
    }
    let now = current[name] ?? name
    return program.stored[now] ?? now
  }

  /// Operators that give another view of the same memory.
  private static let views: Set = [
    "view", "reshape", "flatten", "unflatten", "squeeze", "unsqueeze", "permute", "transpose", "slice", "chunk",
    "split", "split_with_sizes", "tensor_split", "contiguous", "detach", "alias", "dropout", "feature_dropout",
    "expand", "expand_as",
  ]

  /// Keeps account of which tensors share memory, and of those that are changed in place.
  private mutating func noteMemory(_ arguments: ATenArguments) {
    let base = arguments.base
    guard let first = (try? arguments.tensor("self")) ?? (try? arguments.tensor("input")) else { return }
    let owner = owners[first] ?? first
    if base.hasSuffix("_"), let made = arguments.node.outputs.first {
      for (tensor, other) in owners where other == owner && tensor != first { stale.insert(tensor) }
      if owner != first { stale.insert(owner) }
      current[first] = made
      owners[made] = first
    } else if Self.views.contains(base) {
      for made in arguments.node.outputs { owners[made] = owner }
    }
  }

  // MARK: - Nodes

  /// Adds a node without attributes of what `arguments` makes.
  mutating func add(_ operation: String, _ inputs: [String], _ arguments: ATenArguments) {
    add(operation, inputs, [:], arguments)
  }

  /// Adds a node of what `arguments` makes.
  mutating func add(
    _ operation: String, _ inputs: [String], _ attributes: [String: ONNXAttribute], domain: String = "",
    making output: String? = nil, _ arguments: ATenArguments
  ) {
    nodes.append(
      ONNXNode(
        name: arguments.node.name, operation: operation, domain: domain, inputs: inputs,
        outputs: output.map { [$0] } ?? arguments.node.outputs, attributes: attributes, origin: arguments.node.target))
  }

  /// The name of a constant that is one number, or a list.
  mutating func constant(_ values: [Double], scalar: Bool = false, _ arguments: ATenArguments) throws -> String {
    let name = "\(arguments.node.name).\(constants.count)"
    guard !names.contains(name) else { throw arguments.refusal("has a name that is taken") }
    constants.append(
      try StoredTensor(name: name, shape: scalar ? [] : [values.count], floats: values.map { Float($0) }))
    return name
  }

  /// The sizes of the tensor `name` of the program.
  func sizes(_ name: String, _ arguments: ATenArguments) throws -> [Int] {
    guard let sizes = program.sizes[name] else {
      throw arguments.refusal("the sizes of \(printable(name)) are not told")
    }
    return sizes
  }

  /// The axis `axis` of the tensor `name`, counted from the first.
  func axis(_ axis: Int, of name: String, _ arguments: ATenArguments) throws -> Int {
    let rank = try sizes(name, arguments).count
    guard let place = normalised(axis, rank: rank) else { throw arguments.refusal("axis \(axis) is not there") }
    return place
  }
}

extension ATenArguments {
  /// The operator without its overload, as in `relu_` of `relu_.default`.
  var base: String { String(node.target.prefix { $0 != "." }) }
}

extension ExportedProgram {
  /// The nodes that the output depends on, and those that change a tensor in place.
  fileprivate var needed: [Node] {
    var read: Set = [output]
    let needed = nodes.reversed().filter { node in
      guard node.target.contains("_.") || !read.isDisjoint(with: node.outputs) else { return false }
      for argument in node.arguments.values { read.formUnion(argument.tensors) }
      return !node.outputs.isEmpty
    }
    return needed.reversed()
  }

  /// The network that the program computes, its norms, dropouts and names as they were.
  ///
  /// - Throws: `.data` naming the node, the operator and what of it is not taken.
  func network(in file: TensorFile, _ request: ModelRequest) throws -> MatchedModel {
    var translation = ATenTranslation(self, in: file)
    let model = try translation.model()
    return try model.network(in: file, request)
  }
}
