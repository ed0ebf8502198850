extension NetworkDefinition {
  /// The name of the dense layer that makes the logits; nil where something with numbers for each class comes after it, or
  /// they come from no such layer.
  public var head: String? {
    let named = Dictionary(nodes.map { ($0.name, $0) }) { first, _ in first }
    var next = nodes.last
    // A name that reads itself is refused by the graph, and ends here after all nodes.
    for _ in nodes {
      guard let node = next else { return nil }
      switch node.layer {
      case .dense(let dense): return dense.outputs == classCount ? node.name : nil
      case .activation, .dropout, .flatten, .softmax: next = node.inputs.count == 1 ? named[node.inputs[0]] : nil
      default: return nil
      }
    }
    return nil
  }

  /// The same network, its head made for `classCount` classes; nil where it has no head.
  public func classifying(_ classCount: Int) -> NetworkDefinition? {
    guard let head, let index = nodes.firstIndex(where: { $0.name == head }),
      case .dense(var dense) = nodes[index].layer
    else { return nil }
    var other = self
    dense.outputs = classCount
    (other.classCount, other.nodes[index].layer) = (classCount, .dense(dense))
    return other
  }
}
