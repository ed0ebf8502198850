import Checkpoints
import Failures
import Files
import Networks
import Programs
import Records
import Tensors

/// The bytes of an ONNX file but for those of tensors, which come one by one.
struct ONNXWriter {
  private let lowering: ONNXLowering
  private let model: MatchedModel
  private let texts: OutgoingTexts

  /// The most bytes that a message of protocol buffers may have.
  private static let limit = Int(Int32.max)

  init(_ lowering: ONNXLowering, of model: MatchedModel, _ texts: OutgoingTexts) {
    (self.lowering, self.model, self.texts) = (lowering, model, texts)
  }

  /// Writes the file at `temporary`, which messages call `path`.
  func write(to temporary: String, named path: String) throws {
    let (nodes, values) = (nodeBytes, valueBytes)
    let heads = initializerHeads
    let graphSize = heads.reduce(nodes.count + values.count) { $0 + $1.bytes.count + $1.size }
    guard graphSize < Self.limit - 1 << 24 else {
      throw Failure(
        .data, "\(path): a graph of \(graphSize) bytes, but an ONNX file has at most 2 GiB; choose another format")
    }
    var file = try FileWriter(path: temporary, named: path)
    try file.write(
      ProtobufWriter.bytes { writer in
        writer.add(1, ONNXLowering.irVersion)
        writer.add(2, "cusp")
        writer.begin(7, count: graphSize)
      })
    try file.write(nodes)
    try writeTensors(heads, to: &file)
    try file.write(values)
    let metadata = try texts.complete()
    try file.write(
      ProtobufWriter.bytes { writer in
        writer.add(8) { $0.add(2, ONNXLowering.opset) }
        for (key, value) in metadata.sorted(by: { $0.key < $1.key }) {
          writer.add(14) { pair in
            pair.add(1, key)
            pair.add(2, value)
          }
        }
      })
  }

  private var nodeBytes: [UInt8] {
    ProtobufWriter.bytes { writer in
      for node in lowering.nodes { writer.add(1) { Self.write(node, to: &$0) } }
      writer.add(2, "cusp")
    }
  }

  private static func write(_ node: ONNXNode, to writer: inout ProtobufWriter) {
    for name in node.inputs { writer.add(1, name) }
    for name in node.outputs { writer.add(2, name) }
    writer.add(3, node.name)
    writer.add(4, node.operation)
    for (name, value) in node.attributes.sorted(by: { $0.key < $1.key }) {
      writer.add(5) { attribute in
        attribute.add(1, name)
        switch value {
        case .float(let number):
          attribute.add(2, number)
          attribute.add(20, 1)
        case .integer(let number):
          attribute.add(3, number)
          attribute.add(20, 2)
        case .text(let text):
          attribute.add(4, text)
          attribute.add(20, 3)
        case .integers(let numbers):
          for number in numbers { attribute.add(8, number) }
          attribute.add(20, 7)
        // The lowering has no others.
        case .tensor, .floats, .unread: break
        }
      }
    }
  }

  /// The graph's inputs and outputs, images in batches of any size.
  private var valueBytes: [UInt8] {
    ProtobufWriter.bytes { writer in
      for (field, values) in [(11, lowering.inputs), (12, lowering.outputs)] {
        for value in values {
          writer.add(field) { info in
            info.add(1, value.name)
            info.add(2) { type in
              type.add(1) { tensor in
                tensor.add(1, 1)
                tensor.add(2) { shape in
                  for size in value.shape ?? [] {
                    shape.add(1) { if let size { $0.add(1, size) } else { $0.add(2, "N") } }
                  }
                }
              }
            }
          }
        }
      }
    }
  }

  /// What stands before the bytes of each tensor, and how many these are: parameters first.
  private var initializerHeads: [(bytes: [UInt8], size: Int)] {
    lowering.parameters.map { Self.head($0.spec.path.text, $0.shape, isInteger: false) }
      + lowering.constants.map { Self.head($0.name, $0.shape, isInteger: $0.isInteger) }
  }

  private static func head(_ name: String, _ shape: [Int], isInteger: Bool) -> (bytes: [UInt8], size: Int) {
    let size = shape.reduce(1, *) * (isInteger ? 8 : 4)
    let fields = ProtobufWriter.bytes { tensor in
      for size in shape { tensor.add(1, size) }
      tensor.add(2, isInteger ? 7 : 1)
      tensor.add(8, name)
      tensor.begin(9, count: size)
    }
    let bytes = ProtobufWriter.bytes { $0.begin(5, count: fields.count + size) } + fields
    return (bytes, size)
  }

  private func writeTensors(_ heads: [(bytes: [UInt8], size: Int)], to file: inout FileWriter) throws {
    let stored = Dictionary(uniqueKeysWithValues: zip(model.graph.parameters.map(\.path), model.tensors))
    for (head, parameter) in zip(heads, lowering.parameters) {
      let tensor = try model.read(stored[parameter.spec.path] ?? nil, as: parameter.spec)
      let values = parameter.expansion?.expanded(tensor.values) ?? tensor.values
      try file.write(head.bytes)
      try values.withUnsafeBytes { try file.write($0) }
    }
    for (head, constant) in zip(heads.dropFirst(lowering.parameters.count), lowering.constants) {
      try file.write(head.bytes)
      if constant.isInteger {
        try constant.values.map { Int64($0).littleEndian }.withUnsafeBytes { try file.write($0) }
      } else {
        try constant.values.map { Float($0) }.withUnsafeBytes { try file.write($0) }
      }
    }
  }
}

extension Conversion {
  /// Writes the network as an ONNX file at `path`.
  func writeONNX(to path: String) throws -> Result {
    let model = try file.model(request)
    var description = model.description
    description.definition = model.graph.definition
    let texts = try metadata(description, counters: counters(of: model))
    let writer = ONNXWriter(ONNXLowering(model.graph), of: model, texts)
    try replaceFile(at: path) { try writer.write(to: $0, named: path) }
    return Result(checkpoint: nil, data: data, notes: model.notes)
  }

  /// How many batches statistics have seen, as a JSON object; nil where none has seen any.
  func counters(of model: MatchedModel) throws -> String? {
    var members: [JSON.Member] = []
    for (spec, tensor) in zip(model.graph.parameters, model.tensors) where spec.role == .counter && tensor != nil {
      let count = try model.read(tensor, as: spec).values[0]
      if count != 0, count.isFinite { members.append(.init(spec.path.text, .number(Double(count)))) }
    }
    return members.isEmpty ? nil : JSON.object(members).text
  }
}
