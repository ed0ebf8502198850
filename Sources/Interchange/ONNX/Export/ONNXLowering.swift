import Networks
import Programs
import Tensors

/// A network as an ONNX graph of operator set 17: a few nodes for every layer, and the tensors they read.
struct ONNXLowering {
  /// A tensor that follows from the definition alone.
  struct Constant {
    let name: String
    let shape: [Int]
    /// Whether it is of 64-bit integers, not of 32-bit floats.
    let isInteger: Bool
    let values: [Double]
  }

  /// A parameter, as the graph reads it.
  struct Parameter {
    let spec: ParameterSpec
    let shape: [Int]
    /// How the graph's numbers stand in the parameter; nil for one that stays as it is.
    let expansion: FilterExpansion?
  }

  /// The version of the operators.
  static let opset = 17
  /// The version of the file format that goes with it.
  static let irVersion = 8

  var nodes: [ONNXNode] = []
  private(set) var constants: [Constant] = []
  private(set) var parameters: [Parameter] = []
  let inputs: [ONNXValue]
  let outputs: [ONNXValue]
  /// The vertex that is being lowered.
  private(set) var vertex: NetworkGraph.Vertex
  /// What the vertex puts out, and how many values lead to that.
  private var output = ""
  private var innerCount = 0

  /// The graph of `network`; its input is called `input`, its output like the last node.
  init(_ network: NetworkGraph) {
    let definition = network.definition
    let paths = Set(network.parameters.map(\.path.text))
    let names = network.vertices.map { vertex in
      paths.contains(vertex.node.name) ? "\(vertex.node.name):0" : vertex.node.name
    }
    inputs = [ONNXValue(name: Node.image, shape: [nil] + definition.imageShape)]
    outputs = [ONNXValue(name: names.last ?? "", shape: [nil, definition.classCount])]
    vertex = network.vertices[0]
    let image = preprocessed(definition)
    var values: [String] = []
    for (place, vertex) in network.vertices.enumerated() {
      let reads = vertex.inputs.map { $0.map { values[$0] } ?? image }
      if case .dropout = vertex.node.layer, place + 1 < network.vertices.count {
        // Nothing in evaluation.
        values.append(reads[0])
        continue
      }
      (self.vertex, output, innerCount) = (vertex, names[place], 0)
      lower(reads)
      values.append(output)
    }
  }

  /// What the layers read in place of the image.
  private mutating func preprocessed(_ definition: NetworkDefinition) -> String {
    let (preprocessing, channels) = (definition.preprocessing, definition.imageShape[0])
    guard !preprocessing.mean.isEmpty else { return Node.image }
    output = "preprocessing:pixels"
    let mean = floats("preprocessing:mean", [channels, 1, 1], preprocessing.mean)
    let deviation = floats("preprocessing:deviation", [channels, 1, 1], preprocessing.standardDeviation)
    innerCount = 0
    nodes.append(
      ONNXNode(
        name: "preprocessing:sub", operation: "Sub", inputs: [Node.image, mean], outputs: ["preprocessing:less"]))
    nodes.append(
      ONNXNode(
        name: "preprocessing:div", operation: "Div", inputs: ["preprocessing:less", deviation], outputs: [output]))
    return output
  }

  /// Adds a node that reads `inputs`, the last one of the vertex or one on the way; what it puts out.
  @discardableResult mutating func add(
    _ operation: String, _ inputs: [String], _ attributes: [String: ONNXAttribute] = [:], isLast: Bool = false
  ) -> String {
    innerCount += isLast ? 0 : 1
    let name = isLast ? output : "\(vertex.node.name):\(innerCount)"
    nodes.append(
      ONNXNode(
        name: isLast ? vertex.node.name : name, operation: operation, inputs: inputs, outputs: [name],
        attributes: attributes))
    return name
  }

  /// Adds a tensor of floats that only this vertex reads.
  mutating func floats(_ name: String, _ shape: [Int], _ values: [Float]) -> String {
    add(Constant(name: name, shape: shape, isInteger: false, values: values.map(Double.init)))
  }

  mutating func floats(called name: String, _ shape: [Int], _ values: [Float]) -> String {
    floats("\(vertex.node.name):\(name)", shape, values)
  }

  /// Adds a list of integers that only this vertex reads.
  mutating func integers(called name: String, _ values: [Int]) -> String {
    add(
      Constant(
        name: "\(vertex.node.name):\(name)", shape: [values.count], isInteger: true, values: values.map(Double.init)))
  }

  private mutating func add(_ constant: Constant) -> String {
    constants.append(constant)
    return constant.name
  }

  /// The names of the vertex's parameters but for its counter, which nothing reads; expanded where `expand` says how.
  mutating func parameters(_ expand: (ParameterSpec) -> (shape: [Int], expansion: FilterExpansion)? = { _ in nil })
    -> [String]
  {
    vertex.parameters.filter { $0.role != .counter }.map { spec in
      let expanded = expand(spec)
      parameters.append(
        Parameter(spec: spec, shape: expanded?.shape ?? spec.shape.sizes, expansion: expanded?.expansion))
      return spec.path.text
    }
  }
}
