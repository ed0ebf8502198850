import Failures

// Lists of values, by which exporters of PyTorch write splits whose number of parts only a run would tell. Sizes are known
// here, so a list is the names of its members, and what joins or splits is followed as `Concat` and `Split`.

extension ONNXImporter {
  /// The most members of a list.
  private static let longest = 4096

  /// Follows the node if it makes or reads a list of values; whether it does.
  mutating func followSequence(_ arguments: ONNXArguments) throws -> Bool {
    let node = arguments.node
    switch node.operation {
    case "SequenceEmpty": try put([], arguments)
    case "SequenceConstruct":
      guard node.inputs.count <= Self.longest else { throw arguments.refusal("makes too long a list") }
      try put(node.inputs, arguments)
    case "SplitToSequence": try splitToList(arguments)
    case "SequenceInsert": try insert(arguments)
    case "SequenceAt":
      let list = try list(arguments)
      guard let output = node.outputs.first, let place = try place(1, list.count, arguments), place < list.count else {
        throw arguments.refusal("takes what is not there")
      }
      (features[output], constants[output]) = (features[list[place]], constants[list[place]])
    case "SequenceLength":
      guard let output = node.outputs.first else { throw arguments.refusal("has no output") }
      constants[output] = Constant([], isInteger: true, .numbers([Double(try list(arguments).count)]))
    case "ConcatFromSequence":
      try arguments.require("new_axis", 0)
      guard let axis = node.attributes["axis"] else { throw arguments.refusal("has no axis") }
      try follow("Concat", reading: list(arguments), making: node.outputs, ["axis": axis], arguments)
    default: return false
    }
    return true
  }

  /// Follows an operator in place of the node's own.
  private mutating func follow(
    _ operation: String, reading inputs: [String], making outputs: [String], _ attributes: [String: ONNXAttribute],
    _ arguments: ONNXArguments
  ) throws {
    var node = arguments.node
    node.origin = node.operation
    (node.operation, node.inputs, node.outputs, node.attributes) = (operation, inputs, outputs, attributes)
    try follow(ONNXArguments(node: node, path: arguments.path))
  }

  private mutating func put(_ list: [String], _ arguments: ONNXArguments) throws {
    guard let output = arguments.node.outputs.first else { throw arguments.refusal("has no output") }
    try charge(list.count, arguments)
    sequences[output] = list
  }

  private func list(_ arguments: ONNXArguments) throws -> [String] {
    guard let list = arguments.input(0).flatMap({ sequences[$0] }) else {
      throw arguments.refusal("its first input is no list of values")
    }
    return list
  }

  /// The place that the input at `place` names in a list of `count`, counted from the end if it is negative; nil if there
  /// is no such input.
  private mutating func place(_ place: Int, _ count: Int, _ arguments: ONNXArguments) throws -> Int? {
    guard let name = arguments.input(place) else { return nil }
    guard let number = try numbers(name, arguments).integers.first, (-count...count).contains(number) else {
      throw arguments.refusal("takes what is not there")
    }
    return number < 0 ? number + count : number
  }

  private mutating func insert(_ arguments: ONNXArguments) throws {
    var list = try list(arguments)
    guard let value = arguments.input(1), list.count < Self.longest else {
      throw arguments.refusal("makes too long a list")
    }
    list.insert(value, at: try place(2, list.count, arguments) ?? list.count)
    try put(list, arguments)
  }

  private mutating func splitToList(_ arguments: ONNXArguments) throws {
    guard let input = arguments.input(0), let output = arguments.node.outputs.first,
      let shape = features[input]?.shape ?? constants[input]?.shape,
      let axis = normalised(try arguments.integer("axis", 0), rank: shape.count)
    else { throw arguments.refusal("axis is not there") }
    var sizes = [Int](repeating: 1, count: min(shape[axis], Self.longest + 1))
    if let name = arguments.input(1) {
      let numbers = try numbers(name, arguments)
      sizes = numbers.integers
      if numbers.shape.isEmpty, let size = sizes.first {
        guard size > 0 else { throw arguments.refusal("splits into parts of \(size)") }
        let count = min((shape[axis] + size - 1) / size, Self.longest + 1)
        sizes = (0..<count).map { min(size, shape[axis] - $0 * size) }
      }
    } else {
      // Parts of one each, which may lose the axis.
      try arguments.require("keepdims", 1)
    }
    guard sizes.count <= Self.longest else { throw arguments.refusal("makes too long a list") }
    let names = sizes.indices.map { "\(output)[\($0)]" }
    try put(names, arguments)
    try follow(
      "Split", reading: [input], making: names, ["axis": .integer(axis), "split": .integers(sizes)], arguments)
  }
}
