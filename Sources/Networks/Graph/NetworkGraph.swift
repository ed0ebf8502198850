import Failures
public import Tensors

/// A checked network: nodes in execution order with inferred shapes and a table of parameters.
public struct NetworkGraph: Sendable {
  /// One node with what is known about it.
  public struct Vertex: Sendable {
    /// The node as defined.
    public let node: Node
    /// The indices of the vertices it reads, in order; `nil` stands for the image.
    public let inputs: [Int?]
    /// One image's input shapes, in the order of `inputs`.
    public let inputShapes: [Shape]
    /// One image's output shape: `[c, h, w]` or `[features]`.
    public let outputShape: Shape
    /// Its parameters, in PyTorch's order.
    public let parameters: [ParameterSpec]

    /// The multiply-adds of one image's forward pass.
    public var multiplyAdds: Int { node.layer.multiplyAdds(input: inputShapes[0], output: outputShape) }
  }

  /// The definition it was made from.
  public let definition: NetworkDefinition
  /// The nodes, each after its inputs; the last one gives the logits.
  public let vertices: [Vertex]

  /// One image's shape, `[c, h, w]`.
  public var imageShape: Shape { Shape(definition.imageShape) }
  /// How many classes there are.
  public var classCount: Int { definition.classCount }
  /// All parameters in the order of the nodes, then those that none of them reads.
  public var parameters: [ParameterSpec] {
    vertices.flatMap(\.parameters) + definition.unusedParameters.map(ParameterSpec.init)
  }
  /// The multiply-adds of one image's forward pass.
  public var multiplyAdds: Int { vertices.reduce(0) { $0 + $1.multiplyAdds } }

  /// Checks `definition` and infers its shapes.
  ///
  /// - Throws: `Failure` (`data`) naming the node and the shapes that clash.
  public init(_ definition: NetworkDefinition) throws {
    try check(definition)
    var indices: [String: Int] = [:]
    var vertices: [Vertex] = []
    for node in definition.nodes {
      let vertex = try Vertex(node, of: definition, after: vertices, indices)
      guard node.name != Node.image, indices.updateValue(vertices.count, forKey: node.name) == nil else {
        throw refusal(definition, node, "has the name of an earlier node: rename it")
      }
      vertices.append(vertex)
    }
    guard let last = vertices.last, last.outputShape == [definition.classCount] else {
      let output = vertices.last?.outputShape.description ?? ""
      throw refusal(definition, "ends in [\(output)], not in \(definition.classCount) logits")
    }
    let read = Set(vertices.flatMap(\.inputs).compactMap { $0 })
    if let unread = vertices.indices.dropLast().first(where: { !read.contains($0) }) {
      throw refusal(definition, vertices[unread].node, "is read by no later node: remove it")
    }
    try check(definition.unusedParameters, of: definition, beside: vertices)
    self.definition = definition
    self.vertices = vertices
  }
}

extension NetworkGraph.Vertex {
  fileprivate init(
    _ node: Node, of definition: NetworkDefinition, after vertices: [Self], _ indices: [String: Int]
  ) throws {
    let inputs: [Int?] = try node.inputs.map { name in
      if name == Node.image { return nil }
      guard let index = indices[name] else {
        let isThere = definition.nodes.contains { $0.name == name }
        let reason = isThere ? "which does not stand before it: reorder, or break the cycle" : "which no node is"
        throw refusal(definition, node, "reads \(name), \(reason)")
      }
      return index
    }
    let shapes = inputs.map { $0.map { vertices[$0].outputShape } ?? Shape(definition.imageShape) }
    do {
      let output = try node.layer.outputShape(shapes)
      let parameters = node.layer.parameters(node: node.name, input: shapes[0])
      // In that order: the cost of bounded sizes cannot overflow, nor can its sum over all nodes.
      guard isBounded(output.sizes), parameters.allSatisfy({ isBounded($0.shape.sizes) }),
        node.layer.multiplyAdds(input: shapes[0], output: output) <= NetworkLimits.multiplyAdds
      else {
        throw ShapeMismatch("is too large: [\(shapes[0])] to [\(output)]")
      }
      self.init(node: node, inputs: inputs, inputShapes: shapes, outputShape: output, parameters: parameters)
    } catch let mismatch as ShapeMismatch {
      throw refusal(definition, node, mismatch.reason)
    }
  }
}

/// Checks what concerns the network as a whole.
private func check(_ definition: NetworkDefinition) throws {
  let (sizes, preprocessing, limit) = (definition.imageShape, definition.preprocessing, NetworkLimits.setting)
  guard sizes.count == 3, sizes.allSatisfy({ (1...limit).contains($0) }), isBounded(sizes) else {
    throw refusal(definition, "has the image shape \(sizes), which is not [c, h, w]")
  }
  guard (2...limit).contains(definition.classCount) else {
    throw refusal(definition, "has \(definition.classCount) classes, needs 2 or more")
  }
  guard (1...NetworkLimits.nodes).contains(definition.nodes.count) else {
    throw refusal(definition, "has \(definition.nodes.count) nodes, needs 1...\(NetworkLimits.nodes)")
  }
  let counts = [preprocessing.mean.count, preprocessing.standardDeviation.count]
  guard counts == [0, 0] || counts == [sizes[0], sizes[0]], preprocessing.mean.allSatisfy(\.isFinite),
    preprocessing.standardDeviation.allSatisfy({ $0 > 0 && $0.isFinite })
  else {
    throw refusal(definition, "needs \(sizes[0]) finite means and as many positive deviations as preprocessing")
  }
}

/// Checks the parameters that no layer of `vertices` reads.
private func check(
  _ unused: [UnusedParameter], of definition: NetworkDefinition, beside vertices: [NetworkGraph.Vertex]
) throws {
  guard unused.count <= NetworkLimits.nodes else {
    throw refusal(definition, "has \(unused.count) unused parameters, takes 0...\(NetworkLimits.nodes)")
  }
  var names = Set(vertices.flatMap(\.parameters).map(\.path.text))
  for parameter in unused {
    guard names.insert(parameter.name).inserted else {
      throw refusal(definition, "has two parameters \(parameter.name): an unused one needs a name of its own")
    }
    guard parameter.shape.allSatisfy({ $0 >= 1 }), isBounded(parameter.shape) else {
      throw refusal(
        definition,
        "has the unused parameter \(parameter.name) of \(parameter.shape), needs sizes of 1 or more, "
          + "\(NetworkLimits.elements) elements at most")
    }
  }
}

/// Whether a tensor of `sizes` is small enough to be made.
func isBounded(_ sizes: [Int]) -> Bool {
  var product = 1
  for size in sizes {
    let (next, overflow) = product.multipliedReportingOverflow(by: size)
    if overflow || next > NetworkLimits.elements { return false }
    product = next
  }
  return true
}

private func refusal(_ definition: NetworkDefinition, _ reason: String) -> Failure {
  Failure(.data, "network \(definition.architecture): \(reason)")
}

private func refusal(_ definition: NetworkDefinition, _ node: Node, _ reason: String) -> Failure {
  Failure(.data, "network \(definition.architecture), \(node.layer.name) \(node.name): \(reason)")
}
