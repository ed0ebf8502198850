/// Nodes under construction: each new one reads the last one unless told otherwise.
struct NodeList {
  private(set) var nodes: [Node] = []

  /// The name of the last node, or of the image.
  var last: String { nodes.last?.name ?? Node.image }

  mutating func add(_ name: String, _ layer: Layer, reading inputs: [String]? = nil) {
    nodes.append(Node(name: name, inputs: inputs ?? [last], layer: layer))
  }

  /// A convolution without bias and its batch norm, as residual networks have them.
  mutating func addNormalized(
    _ convolution: (name: String, settings: Convolution), norm: String, reading input: String? = nil
  ) {
    add(convolution.name, .convolution(convolution.settings), reading: input.map { [$0] })
    add(norm, .batchNormalization(BatchNormalization()))
  }
}
