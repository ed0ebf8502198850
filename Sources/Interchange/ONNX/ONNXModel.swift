/// What an ONNX file says, of the parts that are read: twelve messages of `onnx.proto3`.
struct ONNXModel: Sendable {
  /// The version of the file format.
  var irVersion = 0
  /// Who wrote it, as in `pytorch 2.15.0`.
  var producer = ""
  /// The versions of the operators by domain; the usual domain is empty.
  var opsets: [String: Int] = [:]
  /// Texts beside the graph.
  var metadata: [String: String] = [:]
  /// Whether it was made of an exported program of PyTorch, whose operators it may have.
  var isExported = false
  /// The network.
  var graph = ONNXGraph()

  /// The version of the usual operators; 0 if the file names none.
  var opset: Int { opsets[""] ?? opsets["ai.onnx"] ?? 0 }
}

/// Nodes in the order of execution, and the tensors that they begin with.
struct ONNXGraph: Sendable {
  var nodes: [ONNXNode] = []
  var initializers: [StoredTensor] = []
  var inputs: [ONNXValue] = []
  var outputs: [ONNXValue] = []
  /// Tensors that are not read.
  var unread: [UnreadObject] = []
}

/// An input or output of a graph.
struct ONNXValue: Equatable, Sendable {
  var name = ""
  /// The sizes, nil for those that differ from call to call; nil where the file gives none.
  var shape: [Int?]?
}

/// One operator with its attributes.
struct ONNXNode: Sendable {
  var name = ""
  var operation = ""
  var domain = ""
  var inputs: [String] = []
  var outputs: [String] = []
  var attributes: [String: ONNXAttribute] = [:]
  /// What the file calls the operator, where it is not ONNX's; empty where it is.
  var origin = ""
}

/// The value of an attribute.
enum ONNXAttribute: Sendable {
  case float(Float)
  case integer(Int)
  case text(String)
  case tensor(StoredTensor)
  case floats([Float])
  case integers([Int])
  /// One of a kind that no operator read here has, such as a graph.
  case unread
}

extension ONNXNode: Equatable {
  /// Whether both compute the same of the same values; a tensor as attribute is never the same as another.
  static func == (left: ONNXNode, right: ONNXNode) -> Bool {
    left.operation == right.operation && left.domain == right.domain && left.inputs == right.inputs
      && left.outputs == right.outputs && left.attributes == right.attributes
  }
}

extension ONNXAttribute: Equatable {
  /// Whether both are the same numbers or texts.
  static func == (left: ONNXAttribute, right: ONNXAttribute) -> Bool {
    switch (left, right) {
    case (.float(let one), .float(let other)): one == other
    case (.integer(let one), .integer(let other)): one == other
    case (.text(let one), .text(let other)): one == other
    case (.floats(let one), .floats(let other)): one == other
    case (.integers(let one), .integers(let other)): one == other
    default: false
    }
  }
}

extension ElementType {
  /// The numbers that ONNX gives to kinds of elements.
  private static let onnxNumbers: [(ElementType, Int)] = [
    (.float32, 1), (.uint8, 2), (.int8, 3), (.uint16, 4), (.int16, 5), (.int32, 6), (.int64, 7), (.bool, 9),
    (.float16, 10), (.float64, 11), (.uint32, 12), (.uint64, 13), (.complex64, 14), (.complex128, 15),
    (.bfloat16, 16), (.float8E4M3, 17), (.float8E5M2, 19),
  ]

  /// The kind to which ONNX gives `number`; nil for one that is not read.
  init?(onnx number: Int) {
    guard let found = Self.onnxNumbers.first(where: { $0.1 == number }) else { return nil }
    self = found.0
  }
}
