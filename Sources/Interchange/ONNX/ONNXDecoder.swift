import Failures
import Files

/// Makes of the messages of an ONNX file what this package knows of them.
struct ONNXDecoder {
  private let source: ByteSource
  private var tensors: ONNXTensorDecoder
  private var model = ONNXModel()

  private static let nodeLimit = 100_000

  /// The model in `source`, which came as `input` unless it lies in memory.
  ///
  /// - Throws: `.data` if it is damaged or hostile, or its tensors lie in files that are not beside it.
  static func model(_ source: ByteSource, _ input: InputFile?) throws -> ONNXModel {
    var decoder = ONNXDecoder(source: source, tensors: ONNXTensorDecoder(source, input))
    var reader = ProtobufReader(source)
    try reader.forEachField { try decoder.readModel(&$0, $1) }
    try decoder.tensors.checkSize()
    return decoder.model
  }

  private mutating func readModel(_ reader: inout ProtobufReader, _ field: ProtobufReader.Field) throws {
    switch field.number {
    case 1: model.irVersion = try reader.integer(field)
    case 2: model.producer = try reader.text(field) + (model.producer.isEmpty ? "" : " \(model.producer)")
    case 3:
      let version = try reader.text(field)
      if !version.isEmpty { model.producer += (model.producer.isEmpty ? "" : " ") + version }
    case 7: try reader.message(field) { try readGraph(&$0, $1) }
    case 8:
      let (domain, version) = try pair(&reader, field, 1, 2)
      model.opsets[domain.text] = version.number
    case 14:
      let (key, value) = try pair(&reader, field, 1, 2)
      model.metadata[key.text] = value.text
    default: try reader.skip(field)
    }
  }

  private mutating func readGraph(_ reader: inout ProtobufReader, _ field: ProtobufReader.Field) throws {
    switch field.number {
    case 1:
      let node = try node(&reader, field)
      model.graph.nodes.append(node)
      guard model.graph.nodes.count <= Self.nodeLimit else { throw reader.damaged("more than \(Self.nodeLimit) nodes") }
    case 5: try readInitializer(&reader, field)
    case 11: model.graph.inputs.append(try value(&reader, field))
    case 12: model.graph.outputs.append(try value(&reader, field))
    case 15:
      model.graph.unread.append(.init(group: "", name: "sparse", reason: "sparse tensors are not read"))
      try reader.keep()
      try reader.skip(field)
    default: try reader.skip(field)
    }
  }

  private mutating func readInitializer(_ reader: inout ProtobufReader, _ field: ProtobufReader.Field) throws {
    switch try tensors.tensor(&reader, field) {
    case .read(let tensor): model.graph.initializers.append(tensor)
    case .unread(let name, let reason): model.graph.unread.append(.init(group: "", name: name, reason: reason))
    }
  }

  private mutating func node(_ reader: inout ProtobufReader, _ field: ProtobufReader.Field) throws -> ONNXNode {
    var node = ONNXNode()
    try reader.message(field) { reader, field in
      switch field.number {
      case 1: node.inputs.append(try reader.text(field))
      case 2: node.outputs.append(try reader.text(field))
      case 3: node.name = try reader.text(field)
      case 4: node.operation = try reader.text(field)
      case 5:
        let (name, value) = try attribute(&reader, field)
        node.attributes[name] = value
      case 7: node.domain = try reader.text(field)
      default: try reader.skip(field)
      }
    }
    if node.domain == "ai.onnx" { node.domain = "" }
    return node
  }

  private mutating func attribute(
    _ reader: inout ProtobufReader, _ field: ProtobufReader.Field
  ) throws -> (String, ONNXAttribute) {
    var (name, kind) = ("", 0)
    var (float, integer, text, tensor) = (Float(0), 0, "", ONNXTensorDecoder.Outcome?.none)
    var (floats, integers): ([UInt64], [UInt64]) = ([], [])
    try reader.keep(4)
    try reader.message(field) { reader, field in
      switch field.number {
      case 1: name = try reader.text(field)
      case 2: float = try reader.float(field)
      case 3: integer = try reader.integer(field)
      case 4: text = try reader.text(field, limit: 1 << 20)
      case 5: tensor = try tensors.tensor(&reader, field)
      case 7: try reader.numbers(field, fixed: .fixed32, into: &floats)
      case 8: try reader.numbers(field, into: &integers)
      case 20: kind = try reader.integer(field)
      default: try reader.skip(field)
      }
    }
    switch kind {
    case 1: return (name, .float(float))
    case 2: return (name, .integer(integer))
    case 3: return (name, .text(text))
    case 4: if case .read(let tensor)? = tensor { return (name, .tensor(tensor)) }
    case 6: return (name, .floats(floats.map { Float(bitPattern: UInt32(truncatingIfNeeded: $0)) }))
    case 7: return (name, .integers(integers.map { Int(truncatingIfNeeded: $0) }))
    default: break
    }
    return (name, .unread)
  }

  /// An input or output: its name, and the sizes of its type.
  private func value(_ reader: inout ProtobufReader, _ field: ProtobufReader.Field) throws -> ONNXValue {
    var value = ONNXValue()
    try reader.message(field) { reader, field in
      switch field.number {
      case 1: value.name = try reader.text(field)
      // The type, the tensor in it, and the sizes of that.
      case 2: try inner(&reader, field, 1) { try inner(&$0, $1, 2) { value.shape = try shape(&$0, $1) } }
      default: try reader.skip(field)
      }
    }
    return value
  }

  private func inner(
    _ reader: inout ProtobufReader, _ field: ProtobufReader.Field, _ number: Int,
    _ read: (inout ProtobufReader, ProtobufReader.Field) throws -> Void
  ) throws {
    try reader.message(field) { reader, field in
      if field.number == number { try read(&reader, field) } else { try reader.skip(field) }
    }
  }

  private func shape(_ reader: inout ProtobufReader, _ field: ProtobufReader.Field) throws -> [Int?] {
    var shape: [Int?] = []
    try inner(&reader, field, 1) { reader, field in
      var size: Int?
      try inner(&reader, field, 1) { size = try $0.integer($1) }
      shape.append(size.flatMap { $0 > 0 ? $0 : nil })
    }
    return shape
  }

  /// Two fields of a message, each as a text or as a number.
  private func pair(
    _ reader: inout ProtobufReader, _ field: ProtobufReader.Field, _ first: Int, _ second: Int
  ) throws -> (first: (text: String, number: Int), second: (text: String, number: Int)) {
    var values = [first: (text: "", number: 0), second: (text: "", number: 0)]
    try reader.message(field) { reader, field in
      switch field.wire {
      case .bytes where values[field.number] != nil:
        values[field.number] = (try reader.text(field, limit: 1 << 24), 0)
      case .varint where values[field.number] != nil: values[field.number] = ("", try reader.integer(field))
      default: try reader.skip(field)
      }
    }
    return (values[first] ?? ("", 0), values[second] ?? ("", 0))
  }
}
