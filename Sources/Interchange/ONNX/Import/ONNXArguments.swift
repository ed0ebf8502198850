import Failures
import HDF5

/// A node of a graph, asked for its attributes; what it cannot have is refused by name, operator and attribute.
struct ONNXArguments {
  let node: ONNXNode
  let path: String

  /// What is wrong with the node.
  func refusal(_ reason: String) -> Failure {
    let name = node.name.isEmpty ? node.outputs.first ?? "" : node.name
    return Failure(
      .data,
      "\(path): node \(printable(name)), \(printable(node.origin.isEmpty ? node.operation : node.origin)): \(reason)")
  }

  /// The input at `place`; nil if it has none there.
  func input(_ place: Int) -> String? {
    node.inputs.indices.contains(place) && !node.inputs[place].isEmpty ? node.inputs[place] : nil
  }

  /// The attribute `name` as `read` makes it; nil if the node has none.
  private func value<Value>(
    _ name: String, _ kind: String, _ read: (ONNXAttribute) -> Value?
  ) throws -> Value? {
    guard let attribute = node.attributes[name] else { return nil }
    guard let value = read(attribute) else { throw refusal("\(name) is no \(kind)") }
    return value
  }

  func integer(_ name: String, _ usual: Int) throws -> Int {
    try value(name, "integer") { if case .integer(let value) = $0 { value } else { nil } } ?? usual
  }

  func float(_ name: String, _ usual: Float) throws -> Float {
    try value(name, "number") { if case .float(let value) = $0 { value } else { nil } } ?? usual
  }

  func text(_ name: String, _ usual: String) throws -> String {
    try value(name, "text") { if case .text(let value) = $0 { value } else { nil } } ?? usual
  }

  func integers(_ name: String) throws -> [Int]? {
    try value(name, "list of integers") { if case .integers(let value) = $0 { value } else { nil } }
  }

  /// A list of as many integers as `usual` has.
  func integers(_ name: String, _ usual: [Int]) throws -> [Int] {
    let values = try integers(name) ?? usual
    guard values.count == usual.count, values.allSatisfy({ (-limit...limit).contains($0) }) else {
      throw refusal(
        "\(name) \(values.prefix(8)) is not \(usual.count) numbers; only images in two dimensions are taken")
    }
    return values
  }

  /// Whether a cast is to floating-point numbers of some size, which are all the same here.
  func isToFloat() throws -> Bool { try [1, 10, 11, 16].contains(integer("to", 1)) }

  /// Refuses any value of the attribute `name` but `value`.
  func require(_ name: String, _ value: Int) throws {
    let found = try integer(name, value)
    guard found == value else { throw refusal("\(name) \(found) is not taken, only \(value)") }
  }

  /// Refuses an output at `place` that somebody may read.
  func refuseOutput(_ place: Int, _ what: String) throws {
    guard !node.outputs.indices.contains(place) || node.outputs[place].isEmpty else {
      throw refusal("its output \(place + 1), \(what), is not taken")
    }
  }
}

/// No setting is larger.
private let limit = 1 << 20
