import Files
import Interchange

/// ONNX files made in a test: a few nodes between an image `x` and logits `y`.
///
/// Written apart from the package's writer, field by field.
struct ONNXBuilder {
  enum Attribute {
    case float(Float)
    case integer(Int)
    case text(String)
    case integers([Int])
    case floats([Float])
    case graph
  }

  enum Element {
    case floats([Float])
    case integers([Int])
  }

  var image: [Int] = [0, 2, 4, 4]
  var output = "y"
  var inputs = ["x"]
  var opset = 17
  private var nodes: [[UInt8]] = []
  private var tensors: [[UInt8]] = []
  private var outputs: [String] = []

  static func varint(_ value: UInt64) -> [UInt8] {
    value < 128 ? [UInt8(value)] : [UInt8(value & 127) | 128] + varint(value >> 7)
  }

  static func field(_ number: Int, _ value: Int) -> [UInt8] {
    varint(UInt64(number) << 3) + varint(UInt64(bitPattern: Int64(value)))
  }

  static func field(_ number: Int, _ bytes: [UInt8]) -> [UInt8] {
    varint(UInt64(number) << 3 | 2) + varint(UInt64(bytes.count)) + bytes
  }

  static func field(_ number: Int, _ text: String) -> [UInt8] { field(number, Array(text.utf8)) }

  static func field(_ number: Int, _ value: Float) -> [UInt8] {
    varint(UInt64(number) << 3 | 5) + withUnsafeBytes(of: value.bitPattern.littleEndian) { Array($0) }
  }

  static func value(_ name: String, _ shape: [Int]) -> [UInt8] {
    let sizes = shape.flatMap { field(1, $0 > 0 ? field(1, $0) : field(2, "any")) }
    return field(1, name) + field(2, field(1, field(1, 1) + field(2, sizes)))
  }

  static func tensor(_ name: String, _ shape: [Int], _ element: Element) -> [UInt8] {
    let head = shape.flatMap { field(1, $0) } + field(8, name)
    switch element {
    case .floats(let values):
      return head + field(2, 1) + field(9, values.withUnsafeBytes { Array($0) })
    case .integers(let values):
      return head + field(2, 7) + field(9, values.map { Int64($0) }.withUnsafeBytes { Array($0) })
    }
  }

  /// Adds a node that reads the values named in `inputs`, between spaces.
  mutating func add(
    _ operation: String, _ inputs: String, _ outputs: String, domain: String = "",
    _ attributes: [String: Attribute] = [:]
  ) {
    let words = inputs.split(separator: " ", omittingEmptySubsequences: true).map { $0 == "-" ? "" : String($0) }
    var bytes = words.flatMap { Self.field(1, $0) }
    bytes += outputs.split(separator: " ").flatMap { Self.field(2, String($0)) }
    bytes += Self.field(3, "the-\(operation)") + Self.field(4, operation)
    for (name, value) in attributes.sorted(by: { $0.key < $1.key }) {
      bytes += Self.field(5, Self.attribute(name, value))
    }
    if !domain.isEmpty { bytes += Self.field(7, domain) }
    nodes.append(bytes)
  }

  private static func attribute(_ name: String, _ value: Attribute) -> [UInt8] {
    let content: [UInt8]
    switch value {
    case .float(let number): content = field(2, number) + field(20, 1)
    case .integer(let number): content = field(3, number) + field(20, 2)
    case .text(let text): content = field(4, text) + field(20, 3)
    case .integers(let list): content = list.flatMap { field(8, $0) } + field(20, 7)
    case .floats(let list): content = list.flatMap { field(7, $0) } + field(20, 6)
    case .graph: content = field(6, []) + field(20, 5)
    }
    return field(1, name) + content
  }

  mutating func add(_ name: String, _ shape: [Int], _ element: Element) {
    add(tensor: Self.tensor(name, shape, element))
  }

  /// Adds a tensor whose numbers count up from `first` by `step`.
  mutating func add(_ name: String, _ shape: [Int], from first: Float = 0, by step: Float = 0.125) {
    add(name, shape, .floats((0..<shape.reduce(1, *)).map { first + Float($0) * step }))
  }

  /// Adds the bytes of a tensor's message.
  mutating func add(tensor: [UInt8]) { tensors.append(tensor) }

  mutating func add(output: String) { outputs.append(output) }

  var bytes: [UInt8] {
    var graph = nodes.flatMap { Self.field(1, $0) } + Self.field(2, "test") + tensors.flatMap { Self.field(5, $0) }
    graph += inputs.flatMap { Self.field(11, Self.value($0, image)) }
    graph += ([output] + outputs).flatMap { Self.field(12, Self.value($0, [])) }
    return Self.field(1, 8) + Self.field(2, "test") + Self.field(7, graph) + Self.field(8, Self.field(2, opset))
  }

  func file() throws -> TensorFile { try TensorFile(ByteSource(bytes, name: "x.onnx")) }

  /// The network; the one of `request`.
  func model(_ request: ModelRequest = ModelRequest()) throws -> MatchedModel { try file().model(request) }
}
