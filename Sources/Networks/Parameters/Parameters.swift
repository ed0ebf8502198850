import Failures
public import Tensors

/// The weights and buffers of a network outside a program: a tensor for every path its graph names.
public struct Parameters: Equatable, Sendable {
  /// What each tensor is, in the graph's order.
  public let specs: [ParameterSpec]
  /// The tensors, parallel to `specs`.
  public private(set) var tensors: [Tensor]
  private let indices: [ParameterPath: Int]

  /// Every parameter of `graph` at the value `value` gives for it.
  ///
  /// - Precondition: `value` returns tensors of the spec's shape.
  public init(of graph: NetworkGraph, value: (ParameterSpec) throws -> Tensor) rethrows {
    specs = graph.parameters
    tensors = try specs.map(value)
    indices = Dictionary(uniqueKeysWithValues: zip(specs.map(\.path), specs.indices))
    precondition(zip(specs, tensors).allSatisfy { $0.shape == $1.shape }, "a parameter keeps its shape")
  }

  /// The parameters of `graph` found among `tensors`.
  ///
  /// - Throws: `Failure` (`data`) listing what is missing, unexpected or of another shape, at most 10 of each.
  public init(of graph: NetworkGraph, matching tensors: [ParameterPath: Tensor]) throws {
    try graph.checkParameters(tensors.mapValues(\.shape))
    self.init(of: graph) { spec in tensors[spec.path] ?? Tensor(spec.shape) }
  }

  /// The tensor under `path`.
  ///
  /// - Precondition: the network has the path, and a new tensor the old one's shape.
  public subscript(path: ParameterPath) -> Tensor {
    get { tensors[index(path)] }
    set {
      precondition(newValue.shape == self[path].shape, "a parameter keeps its shape")
      tensors[index(path)] = newValue
    }
  }

  /// Moves every number `share` of the way to that of `other`, as an exponential moving average does; counters are taken
  /// over.
  ///
  /// - Precondition: both are of the same network.
  public mutating func move(towards other: Parameters, by share: Float) {
    precondition(specs == other.specs, "parameters of one network")
    for (index, target) in other.tensors.enumerated() {
      guard specs[index].role != .counter else {
        tensors[index] = target
        continue
      }
      target.values.withUnsafeBufferPointer { target in
        tensors[index].values.withUnsafeMutableBufferPointer { own in
          for i in own.indices { own[i] += share * (target[i] - own[i]) }
        }
      }
    }
  }

  /// How many numbers the optimiser changes.
  public var trainableCount: Int {
    specs.reduce(0) { $0 + ($1.role == .trainable ? $1.shape.count : 0) }
  }

  private func index(_ path: ParameterPath) -> Int {
    guard let index = indices[path] else { preconditionFailure("the network has no parameter \(path)") }
    return index
  }
}

extension NetworkGraph {
  /// Checks that `shapes` are those of this network's parameters, before anybody reads their numbers.
  ///
  /// - Throws: `Failure` (`data`) listing what is missing, unexpected or of another shape, at most 10 of each.
  public func checkParameters(_ shapes: [ParameterPath: Shape]) throws {
    let specs = parameters
    let expected = Set(specs.map(\.path))
    let missing = specs.filter { shapes[$0.path] == nil }.map(\.path.text)
    let unexpected = shapes.keys.filter { !expected.contains($0) }.map(\.text).sorted()
    let misshaped = specs.compactMap { spec -> String? in
      guard let shape = shapes[spec.path], shape != spec.shape else { return nil }
      return "\(spec.path) [\(shape)] for [\(spec.shape)]"
    }
    let complaints = [("missing", missing), ("unexpected", unexpected), ("of another shape", misshaped)]
      .filter { !$0.1.isEmpty }
      .map { "\($0.1.count) \($0.0): \($0.1.prefix(10).joined(separator: ", "))\($0.1.count > 10 ? ", ..." : "")" }
    guard complaints.isEmpty else {
      throw Failure(.data, "parameters do not fit \(definition.architecture): \(complaints.joined(separator: "; "))")
    }
  }
}
