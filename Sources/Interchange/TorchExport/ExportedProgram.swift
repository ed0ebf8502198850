import Failures
import HDF5
import Records

/// A network as `torch.export` writes it: ATen's operators on named tensors, in JSON.
struct ExportedProgram: Sendable {
  /// One operator.
  struct Node: Sendable {
    let name: String
    /// Its operator, as in `conv2d.default`.
    let target: String
    let arguments: [String: Argument]
    /// The names of the tensors that it makes.
    let outputs: [String]
  }

  /// What an operator is given.
  enum Argument: Sendable {
    case none
    case tensor(String)
    /// An empty name for one that is left out.
    case tensors([String])
    case integer(Int)
    case integers([Int])
    case number(Double)
    case numbers([Double])
    case text(String)
    case bool(Bool)
    /// Of a kind that no operator read here has.
    case unread

    /// The names of the tensors that it gives.
    var tensors: [String] {
      switch self {
      case .tensor(let name): [name]
      case .tensors(let names): names
      default: []
      }
    }
  }

  /// The version of PyTorch that wrote it, as in `2.15.0`.
  let version: String
  let nodes: [Node]
  /// The parameter, buffer or constant under each name that the graph has for it.
  let stored: [String: String]
  /// The images, and what the network puts out.
  let input, output: String
  /// The sizes of all tensors in the graph.
  let sizes: [String: [Int]]

  /// The program in `json`, the text of `models/model.json` in the file at `path`.
  ///
  /// - Throws: `.data` for JSON that is no such program, or one of several inputs or outputs.
  init(_ json: JSON, path: String) throws {
    guard let module = json["graph_module"], let graph = module["graph"], let nodes = graph["nodes"]?.array,
      let inputs = module["signature"]?["input_specs"]?.array,
      let outputs = module["signature"]?["output_specs"]?.array, let tensors = graph["tensor_values"]?.members
    else {
      let major = json["schema_version"]?["major"]?.integer.map { ", schema \($0)" } ?? ""
      throw Failure(.data, "\(path): its models/model.json is no program that is known\(major); it is damaged or newer")
    }
    version = json["torch_version"]?.string ?? ""
    let named = Self.named(graph["sym_int_values"])
    var sizes: [String: [Int]] = [:]
    for tensor in tensors {
      let axes = tensor.value["sizes"]?.array?.map { Self.size($0, named) }
      if let axes, !axes.contains(nil) { sizes[tensor.key] = axes.compactMap { $0 } }
    }
    self.sizes = sizes
    self.nodes = try nodes.map { try Self.node($0, named, path) }
    var (stored, images) = ([String: String](), [String]())
    for spec in inputs.compactMap({ $0.members?.first }) {
      let argument = spec.value["arg"]
      if spec.key == "user_input" {
        images.append(argument?["as_tensor"]?["name"]?.string ?? "")
      } else if let name = argument?["name"]?.string {
        stored[name] =
          ["parameter_name", "buffer_name", "tensor_constant_name"].lazy
          .compactMap { spec.value[$0]?.string }.first
      }
    }
    self.stored = stored
    let results = outputs.compactMap { $0["user_output"]?["arg"]?["as_tensor"]?["name"]?.string }
    guard images.count == 1, let image = images.first, results.count == 1, let result = results.first else {
      throw Failure(
        .data,
        "\(path): a program of \(images.count) inputs and \(results.count) outputs; "
          + "only networks from one image to its logits are taken")
    }
    (input, output) = (image, result)
  }

  /// The sizes that have names, as they were in the images that the network was exported with.
  private static func named(_ json: JSON?) -> [String: Int] {
    var named: [String: Int] = [:]
    for member in json?.members ?? [] { named[member.key] = size(member.value, [:]) }
    return named
  }

  /// One size: as it is, or as it was in the images that the network was exported with.
  private static func size(_ json: JSON, _ named: [String: Int]) -> Int? {
    if let name = json["as_name"]?.string { return named[name] }
    return json["as_int"]?.integer ?? json["as_expr"]?["hint"]?["as_int"]?.integer
  }

  private static func node(_ json: JSON, _ named: [String: Int], _ path: String) throws -> Node {
    guard let target = json["target"]?.string, let inputs = json["inputs"]?.array, let outputs = json["outputs"]?.array
    else { throw Failure(.data, "\(path): an operator without target, inputs or outputs; it is damaged") }
    var arguments: [String: Argument] = [:]
    for (place, input) in inputs.enumerated() {
      let name = input["name"]?.string ?? ""
      arguments[name.isEmpty ? "\(place)" : name] = input["arg"].map { argument($0, named) } ?? .unread
    }
    let made = outputs.flatMap { output -> [String] in
      if let name = output["as_tensor"]?["name"]?.string { return [name] }
      return (output["as_tensors"]?.array ?? []).map { $0["name"]?.string ?? "" }
    }
    let prefix = "torch.ops.aten."
    return Node(
      name: json["name"]?.string ?? made.first ?? "",
      target: target.hasPrefix(prefix) ? String(target.dropFirst(prefix.count)) : target, arguments: arguments,
      outputs: made)
  }

  private static func argument(_ json: JSON, _ named: [String: Int]) -> Argument {
    guard let member = json.members?.first else { return .unread }
    let value = member.value
    switch member.key {
    case "as_none": return .none
    case "as_tensor": return value["name"]?.string.map { .tensor($0) } ?? .unread
    case "as_tensors": return .tensors((value.array ?? []).map { $0["name"]?.string ?? "" })
    case "as_optional_tensors": return .tensors((value.array ?? []).map { $0["as_tensor"]?["name"]?.string ?? "" })
    case "as_int", "as_scalar_type": return value.integer.map { .integer($0) } ?? .unread
    case "as_sym_int": return size(value, named).map { .integer($0) } ?? .unread
    case "as_ints", "as_sym_ints":
      let sizes = (value.array ?? []).map { $0.integer ?? size($0, named) }
      return sizes.contains(nil) ? .unread : .integers(sizes.compactMap { $0 })
    case "as_float": return value.number.map { .number($0) } ?? .unread
    case "as_floats": return .numbers((value.array ?? []).compactMap(\.number))
    case "as_string": return value.string.map { .text($0) } ?? .unread
    case "as_bool": return value.bool.map { .bool($0) } ?? .unread
    default: return .unread
    }
  }
}

/// A node of an exported program, asked for its arguments; what it cannot have is refused by name and operator.
struct ATenArguments {
  let node: ExportedProgram.Node
  let path: String

  /// What is wrong with the node.
  func refusal(_ reason: String) -> Failure {
    Failure(.data, "\(path): node \(printable(node.name)), \(printable(node.target)): \(reason)")
  }

  func tensor(_ name: String) throws -> String {
    guard case .tensor(let tensor)? = node.arguments[name] else { throw refusal("\(name) is no tensor") }
    return tensor
  }

  /// The tensor `name`; nil where it is left out.
  func optionalTensor(_ name: String) throws -> String? {
    switch node.arguments[name] {
    case nil, ExportedProgram.Argument.none?: return nil
    default: return try tensor(name)
    }
  }

  func tensors(_ name: String) throws -> [String] {
    guard case .tensors(let tensors)? = node.arguments[name] else { throw refusal("\(name) is no list of tensors") }
    return tensors
  }

  func integer(_ name: String, _ usual: Int) throws -> Int {
    switch node.arguments[name] {
    case nil, ExportedProgram.Argument.none?: return usual
    case .integer(let value)?: return value
    default: throw refusal("\(name) is no integer")
    }
  }

  /// The integers `name`; `usual` where they are left out.
  func integers(_ name: String, _ usual: [Int]) throws -> [Int] {
    switch node.arguments[name] {
    case nil, ExportedProgram.Argument.none?: return usual
    case .integers(let values)?: return values
    case .integer(let value)?: return [value]
    default: throw refusal("\(name) is no list of integers")
    }
  }

  /// A height and a width: two integers, or one for both.
  func extent(_ name: String, _ usual: [Int]) throws -> [Int] {
    let values = try integers(name, usual)
    let both = values.isEmpty ? usual : values.count == 1 ? [values[0], values[0]] : values
    guard both.count == 2, both.allSatisfy({ (-1...1 << 20).contains($0) }) else {
      throw refusal("\(name) \(values.prefix(8)) is no height and width; only images in two dimensions are taken")
    }
    return both
  }

  /// The number `name`, whole or not; nil where it is left out, or is a tensor.
  func optionalNumber(_ name: String) -> Double? {
    switch node.arguments[name] {
    case .number(let value)?: value
    case .integer(let value)?: Double(value)
    default: nil
    }
  }

  func number(_ name: String, _ usual: Double) -> Double { optionalNumber(name) ?? usual }

  func bool(_ name: String, _ usual: Bool) -> Bool {
    guard case .bool(let value)? = node.arguments[name] else { return usual }
    return value
  }

  func text(_ name: String, _ usual: String) -> String {
    guard case .text(let value)? = node.arguments[name] else { return usual }
    return value
  }
}
