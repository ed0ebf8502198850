import Foundation

/// A message of protocol buffers taken apart without knowing what it is: every field with its values, in their order.
///
/// Written apart from the package's reader, to hold its writer against.
struct ProtobufMessage {
  enum Value {
    case integer(UInt64)
    case bytes([UInt8])
    case float(Float)
  }

  private(set) var fields: [Int: [Value]] = [:]

  /// The message in `bytes`; nil if they are none.
  init?(_ bytes: [UInt8]) {
    var rest = bytes[...]
    func varint() -> UInt64? {
      var (value, shift) = (UInt64(0), UInt64(0))
      while let byte = rest.popFirst() {
        value |= UInt64(byte & 127) << shift
        if byte < 128 { return value }
        shift += 7
        if shift > 63 { return nil }
      }
      return nil
    }
    while !rest.isEmpty {
      guard let key = varint() else { return nil }
      let number = Int(key >> 3)
      switch key & 7 {
      case 0:
        guard let value = varint() else { return nil }
        fields[number, default: []].append(.integer(value))
      case 2:
        guard let count = varint(), count <= rest.count else { return nil }
        fields[number, default: []].append(.bytes(Array(rest.prefix(Int(count)))))
        rest = rest.dropFirst(Int(count))
      case 5:
        guard rest.count >= 4 else { return nil }
        let bits = rest.prefix(4).reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        fields[number, default: []].append(.float(Float(bitPattern: bits)))
        rest = rest.dropFirst(4)
      default: return nil
      }
    }
  }

  func integers(_ number: Int) -> [Int] {
    (fields[number] ?? []).compactMap {
      if case .integer(let value) = $0 { Int(Int64(bitPattern: value)) } else { nil }
    }
  }

  func texts(_ number: Int) -> [String] { data(number).map { String(decoding: $0, as: UTF8.self) } }

  func data(_ number: Int) -> [[UInt8]] {
    (fields[number] ?? []).compactMap { if case .bytes(let bytes) = $0 { bytes } else { nil } }
  }

  func floats(_ number: Int) -> [Float] {
    (fields[number] ?? []).compactMap { if case .float(let value) = $0 { value } else { nil } }
  }

  func messages(_ number: Int) -> [ProtobufMessage] { data(number).compactMap { ProtobufMessage($0) } }
}

/// An ONNX file as this package writes it, by the field numbers of `onnx.proto`.
struct ONNXDocument {
  struct Operator {
    let name, operation: String
    let inputs, outputs: [String]
    let integers: [String: [Int]]
    let floats: [String: Float]
    let texts: [String: String]
  }

  let irVersion, opset: Int
  let producer: String
  let operators: [Operator]
  /// Shapes and numbers, floats and integers alike.
  let tensors: [String: (shape: [Int], values: [Double])]
  /// The names of the tensors in the order of the file.
  let tensorNames: [String]
  let inputs, outputs: [(name: String, shape: [String])]
  let metadata: [String: String]

  /// The file of `bytes`; nil if they are none.
  init?(_ bytes: [UInt8]) {
    guard let model = ProtobufMessage(bytes), let graph = model.messages(7).first else { return nil }
    irVersion = model.integers(1).first ?? 0
    opset = model.messages(8).first?.integers(2).first ?? 0
    producer = model.texts(2).first ?? ""
    metadata = Dictionary(
      uniqueKeysWithValues: model.messages(14).map { ($0.texts(1).first ?? "", $0.texts(2).first ?? "") })
    operators = graph.messages(1).map(Operator.init)
    let pairs = graph.messages(5).map { tensor in (tensor.texts(8).first ?? "", Self.tensor(tensor)) }
    tensorNames = pairs.map(\.0)
    tensors = Dictionary(pairs) { first, _ in first }
    inputs = graph.messages(11).map(Self.value)
    outputs = graph.messages(12).map(Self.value)
  }

  private static func tensor(_ tensor: ProtobufMessage) -> (shape: [Int], values: [Double]) {
    let raw = tensor.data(9).first ?? []
    let isInteger = tensor.integers(2) == [7]
    let values = raw.withUnsafeBytes { bytes in
      stride(from: 0, to: raw.count, by: isInteger ? 8 : 4).map { start in
        isInteger
          ? Double(bytes.loadUnaligned(fromByteOffset: start, as: Int64.self))
          : Double(bytes.loadUnaligned(fromByteOffset: start, as: Float.self))
      }
    }
    return (tensor.integers(1), values)
  }

  /// Name and sizes, those without a number by the name that they have.
  private static func value(_ value: ProtobufMessage) -> (name: String, shape: [String]) {
    let tensor = value.messages(2).first?.messages(1).first
    let sizes = tensor?.messages(2).first?.messages(1) ?? []
    return (value.texts(1).first ?? "", sizes.map { $0.integers(1).first.map(String.init) ?? $0.texts(2).first ?? "" })
  }
}

extension ONNXDocument.Operator {
  init(_ node: ProtobufMessage) {
    name = node.texts(3).first ?? ""
    operation = node.texts(4).first ?? ""
    (inputs, outputs) = (node.texts(1), node.texts(2))
    var (integers, floats, texts) = ([String: [Int]](), [String: Float](), [String: String]())
    for attribute in node.messages(5) {
      let name = attribute.texts(1).first ?? ""
      switch attribute.integers(20).first {
      case 1: floats[name] = attribute.floats(2).first
      case 2: integers[name] = attribute.integers(3)
      case 3: texts[name] = attribute.texts(4).first
      case 7: integers[name] = attribute.integers(8)
      default: break
      }
    }
    (self.integers, self.floats, self.texts) = (integers, floats, texts)
  }
}
